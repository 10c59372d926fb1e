package schema_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/schema"
)

const logFile = "s3://trail/AWSLogs/111122223333/CloudTrail/us-west-2/2022/06/29/a.json.gz"

// file wraps records as a log file does.
func file(records ...string) []byte {
	return []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
}

// sample returns a documented event as AWS prints it.
func sample(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// with returns a small wanted record that has the given fields too.
func with(fields string) string {
	if fields != "" {
		fields = "," + fields
	}
	return `{"eventSource":"supportplans.amazonaws.com","eventTime":"2024-03-01T10:00:00Z"` + fields + `}`
}

// decodeOne decodes a record that must become one row.
func decodeOne(t *testing.T, record string) schema.Event {
	t.Helper()
	text := file(record)
	if schema.Dismiss(text) {
		t.Fatalf("dismissed: %s", record)
	}
	events, odd, err := schema.Decode(text, logFile)
	if err != nil || len(odd) > 0 || len(events) != 1 {
		t.Fatalf("Decode(%s) = %d events, odd %v, error %v", record, len(events), odd, err)
	}
	return events[0]
}

// show returns what a column holds, "null" for nil.
func show(value any) string {
	switch v := value.(type) {
	case *string:
		if v != nil {
			return *v
		}
	case *schema.JSON:
		if v != nil {
			return string(*v)
		}
	case *bool:
		if v != nil {
			text, _ := json.Marshal(*v)
			return string(text)
		}
	case *time.Time:
		if v != nil {
			return v.Format(time.RFC3339Nano)
		}
	}
	return "null"
}

func TestDecodeDocumentedEvents(t *testing.T) {
	const update = "arn:aws:supportplans::111122223333:supportplanupdate/7f03b7a233a0e87ebc79e56d4d2bcaf19e976c37a2756181cec1b17f95da4310"
	const schedule = "arn:aws:supportplans::111122223333:supportplanschedule/b9a9a4336a3974950a6e670f7dab79b77a4b104db548a0d57050ce4544721d4b"
	tests := []struct {
		name, time, source, level, update, readOnly, mfa string
	}{
		{"CreateSupportPlanSchedule", "2023-05-09T16:30:04Z", "supportplans.amazonaws.com", "null", schedule, "false", "false"},
		{"DescribeSupportLevelSummary", "2021-01-07T22:08:07Z", "support-subscription.amazonaws.com", "null", "null", "true", "false"},
		{"GetSupportPlan", "2022-06-29T16:39:11Z", "supportplans.amazonaws.com", "null", "null", "true", "false"},
		{"GetSupportPlanUpdateStatus", "2022-06-29T16:39:02Z", "supportplans.amazonaws.com", "null", update, "true", "false"},
		{"ListSupportPlanModifiers", "2024-08-15T16:29:59Z", "supportplans.amazonaws.com", "null", "null", "true", "false"},
		{"StartSupportPlanUpdate", "2022-06-29T16:38:55Z", "supportplans.amazonaws.com", "BASIC", update, "false", "false"},
		{"UpdateProbationAutoCancellation", "2021-01-07T23:28:43Z", "support-subscription.amazonaws.com", "null", "null", "false", "no session"},
		{"UpdateSupportLevel", "2021-01-07T22:08:43Z", "support-subscription.amazonaws.com", "new_developer", "null", "false", "false"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := decodeOne(t, sample(t, test.name))
			mfa := "no session"
			if e.UserIdentity.SessionContext != nil {
				mfa = show(e.UserIdentity.SessionContext.Attributes.MFAAuthenticated)
			}
			got := []string{show(e.EventName), show(&e.EventTime), e.EventSource, show(e.SupportLevel), show(e.SupportPlanUpdateARN), show(e.ReadOnly), mfa, show(e.RecipientAccountID), e.LogFile}
			want := []string{test.name, test.time, test.source, test.level, test.update, test.readOnly, test.mfa, "111122223333", logFile}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("got %q, want %q", got[i], want[i])
				}
			}
			var delivered, kept any
			if err := json.Unmarshal([]byte(sample(t, test.name)), &delivered); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(e.RawEvent), &kept); err != nil {
				t.Fatal(err)
			}
			if a, b := mustJSON(t, delivered), mustJSON(t, kept); a != b {
				t.Errorf("rawevent is %s, want %s", b, a)
			}
		})
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDecodeSchedule(t *testing.T) {
	s := decodeOne(t, sample(t, "CreateSupportPlanSchedule")).Schedule
	got := []string{show(s.StartLevel), show(s.StartOffer), show(s.StartTimestamp), show(s.EndLevel), show(s.EndOffer), show(s.EndTimestamp)}
	want := []string{"BUSINESS", "TrialPlan7FB93B", "2023-06-03T17:23:56.109Z", "BUSINESS", "StandardPlan2074BB", "2023-09-03T17:23:55.109Z"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

// A field of a surprising type leaves its own column null and no other.
func TestDecodeTypeDrift(t *testing.T) {
	session := func(e schema.Event) *schema.SessionContext { return e.UserIdentity.SessionContext }
	tests := []struct {
		name, fields string
		column       func(schema.Event) any
		want         string
	}{
		{"number as string", `"apiVersion":20220511`, func(e schema.Event) any { return e.APIVersion }, "20220511"},
		{"large number as string", `"apiVersion":9007199254740993`, func(e schema.Event) any { return e.APIVersion }, "9007199254740993"},
		{"object for a string", `"eventName":{"a":1}`, func(e schema.Event) any { return e.EventName }, "null"},
		{"null for a string", `"eventName":null`, func(e schema.Event) any { return e.EventName }, "null"},
		{"empty string is not null", `"errorCode":""`, func(e schema.Event) any { return e.ErrorCode }, ""},
		{"boolean as string", `"readOnly":"true"`, func(e schema.Event) any { return e.ReadOnly }, "true"},
		{"boolean of another text", `"readOnly":"yes"`, func(e schema.Event) any { return e.ReadOnly }, "null"},
		{"number for a boolean", `"readOnly":1`, func(e schema.Event) any { return e.ReadOnly }, "null"},
		{"identity null", `"userIdentity":null`, func(e schema.Event) any { return e.UserIdentity == nil }, "null"},
		{"identity a string", `"userIdentity":"root"`, func(e schema.Event) any { return e.UserIdentity == nil }, "null"},
		{"identity an array", `"userIdentity":[1]`, func(e schema.Event) any { return e.UserIdentity == nil }, "null"},
		{"request an object", `"requestParameters":{"b": 1, "a": [ 1 ]}`, func(e schema.Event) any { return e.RequestParameters }, `{"b":1,"a":[1]}`},
		{"request a string", `"requestParameters":"a b"`, func(e schema.Event) any { return e.RequestParameters }, `"a b"`},
		{"request null", `"requestParameters":null`, func(e schema.Event) any { return e.RequestParameters }, "null"},
		{"request with 64-bit integers", `"requestParameters":{"n":9007199254740993,"m":-9223372036854775808}`, func(e schema.Event) any { return e.RequestParameters }, `{"n":9007199254740993,"m":-9223372036854775808}`},
		{"request with a decimal", `"requestParameters":{"n":1.10,"e":1E400}`, func(e schema.Event) any { return e.RequestParameters }, `{"n":1.10,"e":1E400}`},
		{"response with escapes", `"responseElements":{"a":"\u003c \\\" \/"}`, func(e schema.Event) any { return e.ResponseElements }, `{"a":"\u003c \\\" \/"}`},
		{"mfa a string", `"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":"true"}}}`, func(e schema.Event) any { return session(e).Attributes.MFAAuthenticated }, "true"},
		{"creationDate extended", `"userIdentity":{"sessionContext":{"attributes":{"creationDate":"2023-05-09T16:30:04Z"}}}`, func(e schema.Event) any { return session(e).Attributes.CreationDate }, "2023-05-09T16:30:04Z"},
		{"creationDate basic", `"userIdentity":{"sessionContext":{"attributes":{"creationDate":"20131102T010628Z"}}}`, func(e schema.Event) any { return session(e).Attributes.CreationDate }, "2013-11-02T01:06:28Z"},
		{"creationDate nonsense", `"userIdentity":{"sessionContext":{"attributes":{"creationDate":"soon"}}}`, func(e schema.Event) any { return session(e).Attributes.CreationDate }, "null"},
		{"federation data", `"userIdentity":{"sessionContext":{"webIdFederationData":{"federatedProvider":"p","attributes":{ "a": 1 }}}}`, func(e schema.Event) any { return session(e).WebIDFederationData.Attributes }, `{"a":1}`},
		{"assumedRoot a boolean", `"userIdentity":{"sessionContext":{"assumedRoot":true}}`, func(e schema.Event) any { return session(e).AssumedRoot }, "true"},
		{"level in the update", `"requestParameters":{"update":{"supportLevel":"BASIC"},"supportLevel":"X"}`, func(e schema.Event) any { return e.SupportLevel }, "BASIC"},
		{"level in the response only", `"requestParameters":"x","responseElements":{"supportLevel":"new_business"}`, func(e schema.Event) any { return e.SupportLevel }, "new_business"},
		{"level of a wrong type", `"requestParameters":{"supportLevel":{}}`, func(e schema.Event) any { return e.SupportLevel }, "null"},
		{"update in the request", `"requestParameters":{"supportPlanUpdateArn":"a"},"responseElements":{"supportPlanUpdateArn":"b"}`, func(e schema.Event) any { return e.SupportPlanUpdateARN }, "a"},
		{"schedule with Java times", `"requestParameters":{"scheduleCreationDetails":{"startTimestamp":"Jun 3, 2023 5:23:56 PM"}}`, func(e schema.Event) any { return e.Schedule.StartTimestamp }, "2023-06-03T17:23:56Z"},
		{"schedule in seconds", `"requestParameters":{"scheduleCreationDetails":{"startTimestamp":1685813036.109}}`, func(e schema.Event) any { return e.Schedule.StartTimestamp }, "2023-06-03T17:23:56.109Z"},
		{"schedule in milliseconds", `"requestParameters":{"scheduleCreationDetails":{"startTimestamp":1685813036109}}`, func(e schema.Event) any { return e.Schedule.StartTimestamp }, "2023-06-03T17:23:56.109Z"},
		{"invalid UTF-8", "\"userAgent\":\"a\xffb\"", func(e schema.Event) any { return e.UserAgent }, "a\uFFFDb"},
		{"NUL", `"userAgent":"a\u0000b"`, func(e schema.Event) any { return e.UserAgent }, "a\x00b"},
		{"lone surrogate", `"userAgent":"a\ud800b"`, func(e schema.Event) any { return e.UserAgent }, "a\uFFFDb"},
		{"duplicate key: the last counts", `"eventName":"a","eventName":"b"`, func(e schema.Event) any { return e.EventName }, "b"},
		{"a field named like no column", `"-":"x","logFile":"y"`, func(e schema.Event) any { return e.SupportLevel }, "null"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := decodeOne(t, with(test.fields+`,"eventID":"kept"`))
			got := show(test.column(e))
			if null, ok := test.column(e).(bool); ok && !null {
				got = "not null"
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if show(e.EventID) != "kept" {
				t.Errorf("another column was lost")
			}
		})
	}
}

func TestDecodeResources(t *testing.T) {
	tests := []struct {
		name, fields string
		null         bool
		arns         []string // ARN, else ARNPrefix
	}{
		{"absent", ``, true, nil},
		{"null", `"resources":null`, true, nil},
		{"an object", `"resources":{"ARN":"a"}`, true, nil},
		{"empty", `"resources":[]`, false, nil},
		{"ARN and ARNPrefix", `"resources":[{"ARN":"a"},{"ARNPrefix":"b","accountId":"1"}]`, false, []string{"a", "b"}},
		{"an element that is no object", `"resources":["x",{"ARN":"a"}]`, false, []string{"null", "a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := decodeOne(t, with(test.fields)).Resources
			if (got == nil) != test.null || len(got) != len(test.arns) {
				t.Fatalf("got %v", got)
			}
			for i, want := range test.arns {
				arn := got[i].ARN
				if arn == nil {
					arn = got[i].ARNPrefix
				}
				if show(arn) != want {
					t.Errorf("element %d is %s, want %s", i, show(arn), want)
				}
			}
		})
	}
}

func TestDecodeKeepsOnlyWanted(t *testing.T) {
	text := file(
		`{"eventSource":"ec2.amazonaws.com","eventTime":"2024-03-01T10:00:00Z"}`,
		`{"eventSource":"iam.amazonaws.com","requestParameters":{"service":"supportplans.amazonaws.com"}}`,
		`{"eventSource":"Supportplans.amazonaws.com"}`,
		`{"eventSource":"supportplans.amazonaws.com.cn"}`,
		`{"eventSource":"ec2.amazonaws.com","eventSource":"iam.amazonaws.com","x":"supportplans.amazonaws.com"}`,
		`{"eventSource":"ec2.amazonaws.com","x":{"eventSource":"supportplans.amazonaws.com"}}`,
		`null`, `5`, `{}`, `[]`, `"ec2.amazonaws.com"`, `{"eventSource":null}`,
		with(`"eventID":"one"`),
		`{"eventSource":"support\u0070lans.amazonaws.com","eventTime":"2024-03-01T10:00:00Z","eventID":"two"}`,
		`{"eventSource":"support-subscription.amazonaws.com","eventTime":"2021-03-01T10:00:00Z","eventID":"three"}`,
	)
	events, odd, err := schema.Decode(text, logFile)
	if err != nil || len(odd) > 0 {
		t.Fatal(odd, err)
	}
	var ids []string
	for _, e := range events {
		ids = append(ids, show(e.EventID))
	}
	if got := strings.Join(ids, " "); got != "one two three" {
		t.Errorf("kept %s", got)
	}
}

// What may be a wanted event and does not say so is named, and never dropped in silence.
func TestDecodeUntold(t *testing.T) {
	for record, want := range map[string]error{
		`"supportplans.amazonaws.com"`:                                                       schema.ErrNoSource,
		`["supportplans.amazonaws.com"]`:                                                     schema.ErrNoSource,
		`[{"eventSource":"supportplans.amazonaws.com"}]`:                                     schema.ErrNoSource,
		`{"event":{"eventSource":"supportplans.amazonaws.com"}}`:                             schema.ErrNoSource,
		`{"EventSource":"supportplans.amazonaws.com"}`:                                       schema.ErrNoSource,
		`{"eventSource":["supportplans.amazonaws.com"]}`:                                     schema.ErrNoSource,
		`{"eventSource":{"name":"support-subscription.amazonaws.com"}}`:                      schema.ErrNoSource,
		`{"eventSource":"supportplans.amazonaws.com","eventSource":null}`:                    schema.ErrNoSource,
		`{"eventSource":"supportplans.amazonaws.com","eventSource":"ec2.amazonaws.com"}`:     schema.ErrTwoSources,
		`{"a":[1],"eventSource":"supportplan\u0073.amazonaws.com","b":{},"eventSource":"x"}`: schema.ErrTwoSources,
	} {
		text := file(with(``), record, with(``))
		events, odd, err := schema.Decode(text, logFile)
		if err != nil || len(events) != 2 || len(odd) != 1 || !errors.Is(odd[0], want) || odd[0].Record != 1 {
			t.Errorf("%s: got %d events, odd %v, error %v", record, len(events), odd, err)
		}
		if schema.Dismiss(text) {
			t.Errorf("%s: dismissed", record)
		}
	}
}

// A wanted record that cannot become a row is named; the others are kept.
func TestDecodeWithoutTime(t *testing.T) {
	for name, field := range map[string]string{
		"absent": ``, "null": `,"eventTime":null`, "an object": `,"eventTime":{}`, "nonsense": `,"eventTime":"yesterday"`,
		"year 10000": `,"eventTime":"10000-01-01T00:00:00Z"`, "year 1 begins": `,"eventTime":"0001-01-01T00:00:00.0004Z"`, "year 0": `,"eventTime":"0000-01-01T00:00:00Z"`, "digits": `,"eventTime":20240301`, "a year": `,"eventTime":"2024"`, "negative": `,"eventTime":-1`,
	} {
		t.Run(name, func(t *testing.T) {
			events, odd, err := schema.Decode(file(with(``), `{"eventSource":"supportplans.amazonaws.com"`+field+`}`, with(``)), logFile)
			if err != nil || len(events) != 2 || len(odd) != 1 {
				t.Fatalf("got %d events, odd %v, error %v", len(events), odd, err)
			}
			if !errors.Is(odd[0], schema.ErrNoTime) || odd[0].Record != 1 {
				t.Errorf("got %v", odd[0])
			}
		})
	}
}

func TestDecodeNoLogFile(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       error // nil: another error
	}{
		{"no Records", `{"digestS3Object":"x"}`, schema.ErrNoRecords},
		{"Records null", `{"Records":null}`, schema.ErrNoRecords},
		{"Records an object", `{"Records":{}}`, schema.ErrNoRecords},
		{"an array", `[]`, schema.ErrNoRecords},
		{"a number", `5`, schema.ErrNoRecords},
		{"nothing", ``, nil},
		{"cut off", `{"Records":[{"eventSource":"supportplans.amazonaws.com"`, nil},
		{"a second document without Records", `{"Records":["supportplans.amazonaws.com"]} {"x":[]}`, schema.ErrNoRecords},
		{"a first document without Records", `{"x":[]} {"Records":["supportplans.amazonaws.com"]}`, schema.ErrNoRecords},
		{"two values", `{"Records":[]} ["supportplans.amazonaws.com"]`, nil},
		{"not JSON", `<html>supportplans.amazonaws.com</html>`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if schema.Dismiss([]byte(test.text)) {
				t.Fatal("dismissed")
			}
			events, _, err := schema.Decode([]byte(test.text), logFile)
			if err == nil || len(events) > 0 || (test.want != nil && !errors.Is(err, test.want)) {
				t.Fatalf("got %d events, error %v", len(events), err)
			}
			if strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "supportplans") {
				t.Errorf("the error quotes the text: %v", err)
			}
		})
	}
}

// rawevent is always JSON that strict readers take.
func TestDecodeInvalidJSON(t *testing.T) {
	e := decodeOne(t, with("\"userAgent\":\"a\tb\x01\""))
	if !json.Valid([]byte(e.RawEvent)) || show(e.UserAgent) != "a\tb\x01" {
		t.Errorf("control characters: %s, %q", e.RawEvent, show(e.UserAgent))
	}
	events, odd, err := schema.Decode(file(with(``), with(`"userAgent":"\q"`)), logFile)
	if err == nil && (len(events) != 1 || len(odd) != 1 || !errors.Is(odd[0], schema.ErrNotJSON)) {
		t.Errorf("a bad escape: %d events, odd %v", len(events), odd)
	}
}

// Odd records do not take their log file with them.
func TestDecodeOddNeighbours(t *testing.T) {
	deep := `{"a":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`
	long := `{"a":"` + strings.Repeat("x", 8<<20) + `"}`
	for name, odd := range map[string]string{
		"deep nesting": deep, "a gigantic string": long, "a NUL": `{"a":"\u0000"}`, "invalid UTF-8": "{\"a\":\"\xff\"}",
		"a raw tab in a string": "{\"a\":\"\t\"}", "a time of digits": `{"eventTime":20240301}`, "an empty object": `{}`, "an empty key": `{"":{"":[]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			events, _, err := schema.Decode(file(odd, with(`"requestParameters":`+odd), odd), logFile)
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, error %v", len(events), err)
			}
		})
	}
}
