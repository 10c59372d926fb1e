package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/page"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
)

const account = "111122223333"

func now() time.Time { return time.Date(2024, 9, 1, 12, 0, 0, 0, time.UTC) }

// hostile returns texts that a page must not take for markup, style or script.
func hostile() []string {
	return []string{
		`<script>document.title='pwned'</script>`,
		`"><img src=x onerror="document.title='pwned'">`,
		`'><svg onload=document.title='pwned'>`,
		`</title><script>document.title='pwned'</script>`,
		`</style><style>*{background:url(http://192.0.2.1/pwned)}</style>`,
		"javascript:document.title='pwned'",
		`{{printf "pwned"}}`,
		`--><iframe srcdoc="<script>top.document.title='pwned'</script>">`,
		`" autofocus onfocus="document.title='pwned'`,
	}
}

// A record is an event as a log file has it.
type record map[string]any

func call(at time.Time, name, level string, changed record) record {
	r := record{
		"eventVersion": "1.08", "eventTime": at.Format(time.RFC3339), "eventSource": "supportplans.amazonaws.com",
		"eventName": name, "eventID": fmt.Sprint(name, at.UnixNano()), "awsRegion": "us-west-2", "sourceIPAddress": "192.0.2.10",
		"userAgent": "Mozilla/5.0", "readOnly": name == "GetSupportPlan", "recipientAccountId": account,
		"userIdentity":      record{"type": "IAMUser", "userName": "janedoe"},
		"requestParameters": record{"update": record{"supportLevel": level}},
	}
	for field, value := range changed {
		r[field] = value
	}
	return r
}

// records returns calls of all kinds, and each hostile text in every field that
// a page shows.
func records() (all []record) {
	at := time.Date(2023, 1, 1, 10, 0, 0, 0, time.UTC)
	for i, level := range []string{"BASIC", "DEVELOPER", "BUSINESS", "BUSINESS_SUPPORT_PLUS", "ENTERPRISE_ON_RAMP", "ENTERPRISE", "UNIFIED_OPERATIONS"} {
		at := at.AddDate(0, 2*i, 0)
		all = append(all, call(at, "StartSupportPlanUpdate", level, nil), call(at.AddDate(0, 1, 0), "GetSupportPlan", "", nil),
			call(at.AddDate(0, 0, 9), "StartSupportPlanUpdate", level, record{"errorCode": []string{"AccessDenied", "ConflictException"}[i%2], "errorMessage": "not now"}))
	}
	all = append(all, call(at.AddDate(1, 7, 0), "CreateSupportPlanSchedule", "", record{"requestParameters": record{"scheduleCreationDetails": record{
		"startLevel": "ENTERPRISE", "startTimestamp": "2024-10-01T00:00:00Z", "endLevel": "BUSINESS", "endTimestamp": "2025-01-01T00:00:00Z",
	}}}))
	for i, text := range hostile() {
		fields := record{
			"eventID": text, "recipientAccountId": text, "userAgent": text, "sourceIPAddress": text,
			"userIdentity": record{"type": "IAMUser", "userName": text}, "responseElements": record{"supportPlanUpdateArn": text},
			"requestParameters": record{"update": record{"supportLevel": text}, "scheduleCreationDetails": record{"startLevel": text, "startTimestamp": "2024-10-01T00:00:00Z"}},
		}
		at := at.AddDate(0, i, 5)
		all = append(all, call(at, text, text, fields), call(at.Add(time.Hour), "GetSupportPlan", text, fields))
		fields["errorCode"], fields["errorMessage"] = text, text
		all = append(all, call(at.Add(2*time.Hour), text, text, fields))
	}
	return all
}

// write makes a table of the records and returns the page of it.
func write(t *testing.T, records []record) string {
	t.Helper()
	text, err := json.Marshal(record{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	source := t.TempDir()
	for name, text := range map[string][]byte{"20240801T0000Z_good": text, "20240801T0005Z_broken": text[:len(text)/2]} {
		folder := filepath.Join(source, "AWSLogs", account, "CloudTrail", "us-west-2", "2024", "08", "01")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, account+"_CloudTrail_us-west-2_"+name+".json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := pipeline.DefaultConfig()
	c.Log, c.Now = slog.New(slog.NewTextHandler(io.Discard, nil)), now
	c.Selection.To = trail.DayOf(now())
	if c.Table, err = store.ParseURL(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	u, err := store.ParseURL(source)
	if err != nil {
		t.Fatal(err)
	}
	c.Sources = []store.URL{u}
	if _, err := pipeline.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	location, err := store.Open(t.Context(), c.Table, true, new(store.Shared))
	if err != nil {
		t.Fatal(err)
	}
	reader, err := table.OpenReader(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	config := page.DefaultConfig()
	config.Table, config.Version, config.Now = hostile()[0], "v0.0.0", now()
	p, err := page.Read(t.Context(), reader, config)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
