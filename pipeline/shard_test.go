package pipeline_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/trail"
)

// Shards read each log file once, in any order and with flat folders too, and
// what one of them did, none does again; nor do as many others.
func TestShards(t *testing.T) {
	files := many(t, 300)
	flat := zip(t, logFile(record("flat", noon)))
	for _, day := range []string{"20240301", "20240302", "20240311", "20240312", "20240401"} {
		files["copies/111122223333_CloudTrail_us-west-2_"+day+"T0005Z_aB3dE5fG7hI9jK1l.json.gz"] = flat
	}
	source, whole := tree(t, files), t.TempDir()
	want := run(t, config(t, source, whole))

	folder := t.TempDir()
	shard := func(index, count int, all bool) *pipeline.Report {
		c := config(t, source, folder)
		c.Shard = pipeline.Shard{Index: index, Count: count}
		c.RecheckAll = all
		return run(t, c)
	}
	var read, bytes int64
	for _, index := range []int{3, 0, 4, 1, 2} {
		report := shard(index, 5, false)
		if report.Read == 0 || report.Read > want.Read/2 {
			t.Errorf("shard %d read %d of %d", index, report.Read, want.Read)
		}
		read, bytes = read+report.Read, bytes+report.BytesRead
	}
	if read != want.Read || bytes != want.BytesRead {
		t.Errorf("shards read %d log files, %d bytes; one run %d, %d", read, bytes, want.Read, want.BytesRead)
	}
	same(t, everything(t, whole), everything(t, folder)) // the state too
	for _, again := range []struct {
		index, count int
		all          bool
	}{{3, 5, false}, {0, 2, false}, {1, 2, false}, {0, 1, false}, {0, 3, true}, {1, 3, true}, {2, 3, true}} {
		if report := shard(again.index, again.count, again.all); report.Read != 0 {
			t.Errorf("shard %d of %d, recheck all %t: read %d again", again.index, again.count, again.all, report.Read)
		}
	}
	same(t, everything(t, whole), everything(t, folder))
}

func TestShardRefuses(t *testing.T) {
	for _, shard := range []pipeline.Shard{{Index: 1}, {Index: -1, Count: 2}, {Index: 2, Count: 2}, {Count: -1}, {Count: 1 << 20}} {
		c := config(t, t.TempDir(), t.TempDir())
		c.Shard = shard
		if _, err := pipeline.Run(t.Context(), c); err == nil {
			t.Errorf("%+v was run", shard)
		}
	}
}

// Of a busy region a shard lists its own days, not all of them.
func TestShardsList(t *testing.T) {
	files := map[string][]byte{}
	for day := range 64 {
		folder := time.Date(2024, 1, 1+day, 0, 0, 0, 0, time.UTC).Format("2006/01/02")
		for i := range 125 {
			files[key("111122223333", "us-west-2", folder, fmt.Sprintf("%03d.json", i))] = logFile()
		}
	}
	source := tree(t, files)
	list := func(shard pipeline.Shard) (requests, files int64) {
		c := config(t, source, t.TempDir())
		c.Shard = shard
		plan, err := pipeline.MakePlan(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return plan.List, plan.LogFiles
	}
	whole, all := list(pipeline.Shard{})
	var sum, planned int64
	for index := range 8 {
		requests, files := list(pipeline.Shard{Index: index, Count: 8})
		sum, planned = sum+requests, planned+files
	}
	// A block of 4 days is half a page, and after it comes one more.
	if planned != all || sum > 3*whole {
		t.Errorf("8 shards list %d log files with %d requests; one lists %d with %d", planned, sum, all, whole)
	}
	t.Logf("one run: %d list requests; 8 shards together: %d", whole, sum)
}

// Clocks of shards differ, and they begin one after the other: what the slow
// ones do not see yet, and what comes late, a later run of any number reads.
func TestShardsClocks(t *testing.T) {
	n := newNightly(t)
	for back := range 12 {
		for _, name := range []string{"b", "d"} {
			n.deliver(n.now.AddDate(0, 0, -back).Format("2006/01/02"), name)
		}
	}
	night := func(count int, drift func(index int) time.Duration) (read int64) {
		for index := range count {
			c := n.config()
			c.Shard = pipeline.Shard{Index: index, Count: count}
			now := n.now.Add(drift(index))
			c.Now = func() time.Time { return now }
			c.Selection.To = trail.DayOf(now)
			read += run(t, c).Read
		}
		return read
	}
	drifting := func(index int) time.Duration { return time.Duration(index-2) * 20 * time.Hour }
	right := func(int) time.Duration { return 0 }
	first := night(5, drifting)
	for back := range 3 {
		n.deliver(n.now.AddDate(0, 0, -back).Format("2006/01/02"), "c")
	}
	second := night(3, drifting)
	third := night(4, right)
	if again := night(2, right); again != 0 {
		t.Errorf("read %d log files again", again)
	}
	whole := n.config()
	whole.Table = config(t, t.TempDir(), t.TempDir()).Table
	if all := run(t, whole); first+second+third < all.Read {
		t.Errorf("read %d + %d + %d of %d log files", first, second, third, all.Read)
	}
	// A clock that is ahead settles days earlier, so states differ.
	partitions := func(folder string) map[string][]byte {
		files := everything(t, folder)
		maps.DeleteFunc(files, func(name string, _ []byte) bool { return !strings.HasSuffix(name, ".parquet") })
		return files
	}
	same(t, partitions("/"+whole.Table.Prefix), partitions(n.table))
}
