package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"plantrail/schema"
)

// What a strict reader of JSON may refuse is never in a row. The other engines'
// readers see the same rows in the bench module.
func TestJSONForEveryReader(t *testing.T) {
	nested := func(depth int) string { return strings.Repeat(`{"a":[`, depth/2) + strings.Repeat(`]}`, depth/2) }
	for _, test := range []struct{ name, in, want string }{
		{"a pair", `"\ud83d\ude00"`, `"\ud83d\ude00"`},
		{"a high surrogate", `"a\ud800b"`, `"a\ufffdb"`},
		{"a high surrogate at the end", `"a\ud800"`, `"a\ufffd"`},
		{"a low surrogate", `"a\udc00b"`, `"a\ufffdb"`},
		{"a pair in upper case", `"\uD83D\uDE00"`, `"\uD83D\uDE00"`},
		{"two high ones and a low one", `"\ud800\ud83d\ude00"`, `"\ufffd\ud83d\ude00"`},
		{"low before high", `"\ude00\ud83d"`, `"\ufffd\ufffd"`},
		{"high before another escape", `"\ud800\n"`, `"\ufffd\n"`},
		{"an escaped backslash before what looks like one", `"\\ud800"`, `"\\ud800"`},
		{"in a name", `{"\udc00":1}`, `{"\ufffd":1}`},
		{"surrogates in UTF-8", "\"\xed\xa0\x80\"", "\"\uFFFD\uFFFD\uFFFD\""},
		{"too long a form in UTF-8", "\"\xc0\x80\"", "\"\uFFFD\uFFFD\""},
		{"half a character", "\"\xe2\x80\"", "\"\uFFFD\uFFFD\""},
		{"invalid UTF-8 in a name", "{\"\xff\":1}", "{\"\uFFFD\":1}"},
		{"control characters", "\"\x00\x1f\t\"", `"\u0000\u001f\u0009"`},
		{"white space", "{ \"a\" :\t[ 1 ,\r\n2 ] }", `{"a":[1,2]}`},
		{"white space in a string", `" a  b "`, `" a  b "`},
		{"numbers stay as they are", `[1.10,-0,1E400,9007199254740993]`, `[1.10,-0,1E400,9007199254740993]`},
		{"separators of lines", "\"\u2028\u2029\"", "\"\u2028\u2029\""},
		{"a number of 900 digits", strings.Repeat("7", 900), strings.Repeat("7", 900)},
		{"a number of 2,000 digits", `[` + strings.Repeat("7", 2000) + `]`, `["` + strings.Repeat("7", 2000) + `"]`},
		{"nested 800 deep", nested(800), nested(800)},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := decodeOne(t, with(`"requestParameters":`+test.in))
			if got := show(e.RequestParameters); got != test.want {
				t.Errorf("got %.200q, want %.200q", got, test.want)
			}
			checkReadable(t, string(e.RawEvent))
			if !strings.Contains(string(e.RawEvent), test.want) {
				t.Errorf("rawevent has something else: %.200s", e.RawEvent)
			}
		})
	}
}

// checkReadable fails the test unless a text is JSON within the limits of Jackson,
// with strings of whole characters.
func checkReadable(t *testing.T, text string) {
	t.Helper()
	if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
		t.Errorf("not valid: %.200q", text)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	depth := 0
	for decoder.More() || depth > 0 {
		token, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case json.Delim:
			if depth++; token == '}' || token == ']' {
				depth -= 2
			}
			if depth > 1000 {
				t.Fatal("nested over 1,000 deep")
			}
		case json.Number:
			if len(token) > 1000 {
				t.Fatalf("a number of %d characters", len(token))
			}
		}
	}
}

// What nests too deep becomes a string, which has all of it.
func TestDeepJSON(t *testing.T) {
	deep := `{"s":"\"\\ \ud800}]","n":` + strings.Repeat(`[{"a":`, 2000) + `"x\ty"` + strings.Repeat(`}]`, 2000) + `}`
	e := decodeOne(t, with(`"requestParameters":`+deep))
	checkReadable(t, string(e.RawEvent))
	checkReadable(t, show(e.RequestParameters))
	level := e.RequestParameters
	var text string
	for range 100 { // strings within strings, if it took that
		var value any
		if err := json.Unmarshal([]byte(*level), &value); err != nil {
			t.Fatal(err)
		}
		if text = innermost(value); !strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "{") {
			break
		}
		inner := schema.JSON(text)
		level = &inner
	}
	if text != "x\ty" {
		t.Errorf("at the bottom is %.100q", text)
	}
}

// innermost returns the string at the end of arrays and objects of one.
func innermost(value any) string {
	for {
		switch v := value.(type) {
		case map[string]any:
			if value = v["n"]; value == nil {
				value = v["a"]
			}
		case []any:
			value = v[0]
		case string:
			return v
		default:
			return ""
		}
	}
}

// Names of JSON are compared exactly, and what has a name twice loses nothing.
func TestRecordsByName(t *testing.T) {
	one, two := with(`"eventID":"one"`), with(`"eventID":"two"`)
	for _, test := range []struct {
		name, text string
		want       []string // event IDs; nil: no log file
	}{
		{"another case after it", `{"Records":[` + one + `],"records":[]}`, []string{"one"}},
		{"another case before it", `{"records":[],"Records":[` + one + `]}`, []string{"one"}},
		{"another case that is no array", `{"Records":[` + one + `],"RECORDS":5}`, []string{"one"}},
		{"twice", `{"Records":[` + one + `],"Records":[` + two + `]}`, []string{"one", "two"}},
		{"twice, then empty", `{"Records":[` + one + `],"Records":[]}`, []string{"one"}},
		{"escaped", `{"\u0052ecords":[` + one + `]}`, []string{"one"}},
		{"only in another case", `{"records":[` + one + `]}`, nil},
		{"a letter that folds to another", `{"Record` + "\u017f" + `":[` + one + `]}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if schema.Dismiss([]byte(test.text)) {
				t.Fatal("dismissed")
			}
			events, _, err := schema.Decode([]byte(test.text), logFile)
			var got []string
			for _, e := range events {
				got = append(got, show(e.EventID))
			}
			if !reflect.DeepEqual(got, test.want) || (err == nil) != (test.want != nil) {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
	e := decodeOne(t, with(`"EventName":"x","eventname":"y","USERIDENTITY":{"type":"z"},"requestParameters":{"SupportLevel":"BASIC"}`))
	if e.EventName != nil || e.UserIdentity != nil || e.SupportLevel != nil {
		t.Errorf("fields of another case fill columns: %v, %v, %v", show(e.EventName), e.UserIdentity, show(e.SupportLevel))
	}
}

// A value of a derived column that is there and cannot be read is named.
func TestUnread(t *testing.T) {
	const details = "requestParameters.scheduleCreationDetails"
	for _, test := range []struct {
		name, fields string
		want         []string
	}{
		{"nothing there", ``, nil},
		{"all read", `"requestParameters":{"update":{"supportLevel":"BASIC"},"supportPlanUpdateArn":"a","scheduleCreationDetails":{"startTimestamp":"Jun 3, 2023, 5:23:56 PM"}}`, nil},
		{"null and empty", `"requestParameters":{"supportLevel":null,"supportPlanUpdateArn":null,"scheduleCreationDetails":{"startTimestamp":"","endTimestamp":null}}`, nil},
		{"a time", `"requestParameters":{"scheduleCreationDetails":{"startTimestamp":"6/3/23, 5:23 PM","endTimestamp":1685813036}}`, []string{details + ".startTimestamp"}},
		{"both times", `"requestParameters":{"scheduleCreationDetails":{"startTimestamp":"soon","endTimestamp":{}}}`, []string{details + ".startTimestamp", details + ".endTimestamp"}},
		{"a level", `"requestParameters":{"scheduleCreationDetails":{"startLevel":{"a":1},"endOffer":[]}}`, []string{details + ".startLevel", details + ".endOffer"}},
		{"no schedule at all", `"requestParameters":{"scheduleCreationDetails":"later"}`, []string{details}},
		{"the level asked for", `"requestParameters":{"update":{"supportLevel":["BASIC"]}}`, []string{"requestParameters.update.supportLevel"}},
		{"the level, but the response has it", `"requestParameters":{"supportLevel":{}},"responseElements":{"supportLevel":"BASIC"}`, nil},
		{"the update of the response", `"responseElements":{"supportPlanUpdateArn":{}}`, []string{"responseElements.supportPlanUpdateArn"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := decodeOne(t, with(test.fields))
			if got := e.Unread(); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
