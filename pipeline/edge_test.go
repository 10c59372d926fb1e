package pipeline_test

import (
	"fmt"
	"testing"

	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// Days and clocks at their ends: nothing is read that is not selected, and
// nothing is claimed for it.
func TestEdgesOfTime(t *testing.T) {
	day := func(s string) trail.Day {
		var d trail.Day
		if err := d.UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
		return d
	}
	n := newNightly(t)
	for _, at := range []string{"1969/12/31", "2012/01/01", "2023/12/31", "2024/01/01", "2024/02/29", "2024/03/01", "2024/03/02", "9999/12/31"} {
		n.deliver(at, "a")
	}
	for _, step := range []struct {
		from, to string
		read     int64
	}{
		{"2024-06-01", "2024-07-01", 0},
		{"1960-01-01", "1965-01-01", 0},
		{"2023-12-31", "2023-12-31", 1},
		{"1970-01-01", "2013-01-01", 1},
		{"1960-01-01", "2024-03-01", 3},
		{"1970-01-01", "2024-03-02", 1},
		{"1970-01-01", "9999-12-31", 1},
	} {
		c := n.config()
		c.Selection.From, c.Selection.To = day(step.from), day(step.to)
		p := plan(t, c)
		if report := run(t, c); report.Read != step.read || p.LogFiles != step.read || !report.Complete() {
			t.Errorf("%v: read %d, planned %d, want %d", step, report.Read, p.LogFiles, step.read)
		}
	}
	// A clock that goes back costs work, never a row: nobody can tell it from one that
	// was ahead before, so two log files of days that it takes for the future are
	// read again when it is right again, with the two that came meanwhile.
	n.deliver("2024/03/02", "b")
	n.deliver("2024/03/03", "a")
	n.now = n.now.AddDate(-1, 0, 0)
	n.run(0)
	n.now = n.now.AddDate(1, 0, 2)
	n.run(4)
	n.run(0)
}

// A day of which more failed than is remembered by name does not settle, and
// heals by itself; then nothing is left to read.
func TestHealsAfterMany(t *testing.T) {
	bucket := newBucket()
	for i := range 250 {
		o := bucket.put(key("111122223333", "us-west-2", "2024/01/10", fmt.Sprint(i)+".json"), logFile(record(fmt.Sprint(i), noon)), "1")
		if i%2 == 0 {
			o.err = store.ErrDenied
		}
	}
	bucket.put(key("111122223333", "us-west-2", "2024/01/11", "a.json"), logFile(), "1")
	c := config(t, t.TempDir(), t.TempDir())
	c.Sources = []store.URL{{Bucket: "trail"}}
	openBucket(&c, bucket)
	for _, read := range []int64{126, 125} {
		if report := run(t, c); report.Read != read || len(report.Unreachable) != 125 {
			t.Errorf("read %d, want %d; %d unreachable", report.Read, read, len(report.Unreachable))
		}
	}
	for _, o := range bucket.objects {
		o.err = nil
	}
	c.RecheckAll = true
	for _, read := range []int64{250, 0} {
		p := plan(t, c)
		if report := run(t, c); report.Read != read || p.LogFiles != read || !report.Complete() {
			t.Errorf("healed: read %d, planned %d, want %d", report.Read, p.LogFiles, read)
		}
	}
	c.RecheckAll = false
	if report := run(t, c); report.Listed != 0 {
		t.Errorf("listed %d log files of settled days", report.Listed)
	}
}
