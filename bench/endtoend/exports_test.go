package endtoend_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"plantrail/bench/s3server"
	"plantrail/pipeline"
)

// Exports in a bucket: the documented events in three wrappings and folders make the
// trail's rows; one object can be the source; the next run reads nothing, and then
// what was added, however its key sorts.
func TestExportsInBucket(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "exports")
	records := documented(t)
	var lines, events []string
	for _, name := range slices.Sorted(maps.Keys(records)) {
		record := string(records[name])
		quoted, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		lines, events = append(lines, strings.ReplaceAll(record, "\n", " ")), append(events, `{"CloudTrailEvent":`+string(quoted)+`}`)
	}
	put := func(key, body string) {
		t.Helper()
		if err := server.Put(t.Context(), "exports", key, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	put("x/siem/2024.jsonl", strings.Join(lines, "\n"))
	put("x/lookup-events", `{"Events":[`+strings.Join(events, ",")+`]}`)
	put("x/zipped", string(zipped(t, strings.Join(lines, ","))))
	c := config(t, server.URL("exports", "x")+"&layout=export", t.TempDir())
	for i, want := range []struct{ read, done, rows int64 }{{3, 0, 8}, {0, 3, 0}, {1, 3, 0}} {
		if i == 2 {
			put("x/a new one", lines[0])
		}
		report, err := pipeline.Run(t.Context(), c)
		if err != nil || !report.Complete() || report.Read != want.read || report.AlreadyDone != want.done || report.RowsAdded != want.rows {
			t.Errorf("run %d: %v, %+v", i, err, report)
		}
	}
	wholeSample(t, c.Table.String()[len("file://"):])

	one := config(t, server.URL("exports", "x/lookup-events")+"&layout=export", t.TempDir())
	for _, read := range []int64{1, 0} {
		report, err := pipeline.Run(t.Context(), one)
		if err != nil || !report.Complete() || report.Read != read || report.Listed != 1 {
			t.Errorf("one object: %v, %+v", err, report)
		}
	}
	wholeSample(t, one.Table.String()[len("file://"):])

	report, err := pipeline.Run(t.Context(), config(t, server.URL("exports", "x/lookup-events"), t.TempDir()))
	if err != nil || len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, "layout=export") {
		t.Errorf("without the parameter: %v, %+v", err, report)
	}
}
