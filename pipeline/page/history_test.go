package page_test

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/history"
	"plantrail/pipeline/history/historytest"

	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
)

// An account that has a trail since some days, and Event history before, of which the
// page tells what nothing but Event history knows.
func TestEventHistory(t *testing.T) {
	server := historytest.New(t)
	server.Second = time.Millisecond
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA111122223333")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	at := time.Date(2024, 7, 10, 12, 0, 0, 0, time.UTC)
	record := fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventName":"StartSupportPlanUpdate","readOnly":false,"eventTime":%q,"eventID":"e1",
		"awsRegion":"us-west-2","recipientAccountId":"111122223333","requestParameters":{"update":{"supportLevel":"ENTERPRISE"}}}`, at.Format(time.RFC3339))
	server.Add(historytest.Place{Account: first, Region: "us-west-2"}, historytest.Event{ID: "e1", Source: "supportplans.amazonaws.com", Name: "StartSupportPlanUpdate", At: at, Text: record})

	trail := t.TempDir()
	for day := time.Date(2024, 8, 1, 0, 0, 0, 0, time.UTC); day.Before(now()); day = day.AddDate(0, 0, 1) {
		name := filepath.Join(trail, "AWSLogs", first, "CloudTrail", "us-west-2", day.Format("2006/01/02"), "a.json")
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(`{"Records":[]}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, l := begin(t)
	run := func(sources ...string) string {
		c := pipeline.DefaultConfig()
		c.Table, c.Partition, c.Now, c.Log = l.URL, table.ByYear, now, slog.New(slog.NewTextHandler(io.Discard, nil))
		c.Lookups = &history.Limits{Second: server.Second}
		for _, source := range sources {
			u, err := store.ParseURL(source)
			if err != nil {
				t.Fatal(err)
			}
			c.Sources = append(c.Sources, u)
		}
		if _, err := pipeline.Run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		return write(t, l, config())
	}
	html := run("cloudtrail://us-west-2")
	check(t, html, "91 days of Event history looked up in 1 unit. Every unit is settled from 2024-06-03 through 2024-08-24.",
		"91 days of 1 account and region known from Event history alone, which carries no signatures: 111122223333 in us-west-2, 2024-06-03 to 2024-09-01",
		">settled, from Event history alone</li>", `<div class="folder">Event history</div>`, "known from Event history alone 2024-06-03 to 2024-09-01", "!log files read in")
	html = run(trail)
	check(t, html, "91 days of Event history looked up in 1 unit. 32 log files read in 1 unit.",
		"59 days of 1 account and region known from Event history alone, which carries no signatures: 111122223333 in us-west-2, 2024-06-03 to 2024-07-31",
		"known from Event history alone 2024-06-03 to 2024-07-31")
}
