package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"plantrail/schema"
)

func TestDismiss(t *testing.T) {
	other := `{"eventSource":"ec2.amazonaws.com","userAgent":"zzz zonaws.com\""}`
	tests := []struct {
		name, text string
		want       bool
	}{
		{"ordinary records", string(file(other, other)), true},
		{"no records", `{"Records":[]}`, true},
		{"white space", " {\n\"Records\" : [ ] }\r\n", true},
		{"another field behind", `{"Records":[],"x":{}}`, false},
		{"the name quoted in a string", string(file(`{"a":"\"supportplans.amazonaws.com\""}`)), true},
		{"a longer name", string(file(`{"eventSource":"xsupportplans.amazonaws.com"}`)), true},
		{"a harmless escape", string(file(`{"a":"\u003c\u0026\u002f\u0022"}`)), true},

		{"the new name", string(file(`{"eventSource":"supportplans.amazonaws.com"}`)), false},
		{"the old name", string(file(`{"eventSource":"support-subscription.amazonaws.com"}`)), false},
		{"the name with spaces around", string(file(`{"eventSource" : "supportplans.amazonaws.com" }`)), false},
		{"an escaped letter", string(file(`{"eventSource":"supportplan\u0073.amazonaws.com"}`)), false},
		{"an escaped z", string(file(`{"eventSource":"supportplans.ama\u007aonaws.com"}`)), false},
		{"an escaped dot", string(file(`{"eventSource":"supportplans\u002Eamazonaws.com"}`)), false},
		{"an escaped dash", string(file(`{"eventSource":"support\u002dsubscription.amazonaws.com"}`)), false},
		{"an escape behind a harmless one", string(file(`{"a":"\u0026\u00","eventSource":"\u0073upportplans.amazonaws.com"}`)), false},
		{"no Records", `{"a":[]}`, false},
		{"nothing", ``, false},
		{"cut off", `{"Records":[{}`, false},
		{"null", `{"Records":null}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := schema.Dismiss([]byte(test.text)); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// Whatever is dismissed decodes to no event, and to no record in quarantine.
func FuzzDismiss(f *testing.F) {
	for _, name := range schema.EventSources() {
		f.Add(file(with(``), `{"eventSource":"`+name+`"}`))
		for i := range name {
			f.Add(file(fmt.Sprintf(`{"eventSource":"%s\u%04x%s","eventTime":1}`, name[:i], name[i], name[i+1:])))
			f.Add(file(fmt.Sprintf(`{"eventSource":"%s\u%04X%s"}`, name[:i], name[i], name[i+1:])))
		}
	}
	f.Add([]byte(`{"Records":[{"a":"\\u0073upportplans.amazonaws.com"}]}`))
	f.Add([]byte(`{"Records":[{"eventSource":"support\/plans.amazonaws.com"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		events, odd, err := schema.Decode(text, logFile)
		if len(events)+len(odd) > 0 && schema.Dismiss(text) {
			t.Errorf("dismissed a log file with %d events: %s", len(events)+len(odd), text)
		}
		if err == nil {
			return
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of several lines: %q", err)
		}
	})
}

// FuzzDecode looks for panics, and for rows that lack what is never null.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(sample(f, "CreateSupportPlanSchedule")))
	f.Add([]byte(with(`"userIdentity":{"sessionContext":{"attributes":{"creationDate":"20131102T010628Z"}}}`)))
	f.Add([]byte(with(`"resources":[{"ARN":"a"},{"ARNPrefix":1}],"apiVersion":1e3`)))
	f.Fuzz(func(t *testing.T, record []byte) {
		events, _, err := schema.Decode(file(string(record)), logFile)
		if err != nil {
			return
		}
		for i := range events {
			e := &events[i]
			if e.EventTime.IsZero() && e.EventTime.Year() < 1 || e.LogFile != logFile || e.RawEvent == "" {
				t.Errorf("incomplete row: %+v", e)
			}
			// The record as kept decodes to the same row.
			again, _, err := schema.Decode(file(string(e.RawEvent)), logFile)
			if err != nil || len(again) != 1 || mustJSON(t, again[0]) != mustJSON(t, *e) {
				t.Errorf("rawevent does not bring back the row: %s, error %v", e.RawEvent, err)
			}
		}
	})
}

func BenchmarkDismiss(b *testing.B) {
	record := `{"eventVersion":"1.08","eventSource":"ec2.amazonaws.com","userAgent":"aws-sdk-go/1.44","requestParameters":{"policy":"{\"Version\":\"2012-10-17\"}"},"eventID":"faff91ce-a45b-4eb9-b235-d455c700dfc3"}`
	text := file(strings.Repeat(record+",", 5000) + record)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if !schema.Dismiss(text) {
			b.Fatal("not dismissed")
		}
	}
}

// BenchmarkDecode is what a log file costs that passes the prefilter: 5,000
// records, one of them wanted.
func BenchmarkDecode(b *testing.B) {
	ordinary := `{"eventVersion":"1.08","eventSource":"ec2.amazonaws.com","userAgent":"aws-sdk-go/1.44","requestParameters":{"policy":"{\"Version\":\"2012-10-17\"}"},"eventID":"faff91ce-a45b-4eb9-b235-d455c700dfc3"}`
	records := strings.Repeat(ordinary+",", 5000)
	text := file(records + sample(b, "StartSupportPlanUpdate"))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if events, _, err := schema.Decode(text, logFile); err != nil || len(events) != 1 {
			b.Fatal(len(events), err)
		}
	}
}
