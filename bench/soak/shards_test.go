package soak_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/soak"
)

// shardDays is how many days the trails of these tests have, until yesterday.
const shardDays = 90

// uneven makes log files of which one account of six has half. scale multiplies
// them.
func (tr *trial) uneven(scale int) []logFile {
	tr.Helper()
	shape := func(accounts, filesPerDay int) func(*corpus.Config) {
		return func(c *corpus.Config) {
			c.Accounts, c.FilesPerDay = accounts, filesPerDay*scale
			c.FirstDay, c.Days = time.Now().UTC().AddDate(0, 0, -shardDays), shardDays
			c.Planted, c.Duplicates = 200, 50
		}
	}
	return append(tr.generate(shape(1, 5)), tr.generate(shape(5, 1))...)
}

// sharded is a job in shards.
func (tr *trial) sharded(table string, shards int, flags ...string) soak.Sharded {
	return soak.Sharded{Job: tr.job(table, "", flags...), Endpoint: tr.server.Endpoint(), Shards: shards}
}

// runSharded runs all shards at once, and all must go well.
func (tr *trial) runSharded(s soak.Sharded) []soak.Share {
	tr.Helper()
	shares, err := tr.program.RunSharded(tr.Context(), s)
	if err != nil {
		tr.Fatal(err)
	}
	if twice := soak.Overlap(shares); len(twice) > 0 {
		tr.Errorf("%d log files were read by two shards: %q", len(twice), twice[:min(len(twice), 3)])
	}
	return shares
}

// idle runs all shards of a table that is finished: they read and write nothing.
func (tr *trial) idle(table string, shards int, flags ...string) {
	tr.Helper()
	before := tr.files(table)
	for index, share := range tr.runSharded(tr.sharded(table, shards, flags...)) {
		if r := share.Report; r.Read > 0 || r.PartitionsWritten > 0 || len(share.Reads) > 0 {
			tr.Errorf("shard %d of %d read %d log files and wrote %d partitions of a finished table", index, shards, r.Read, r.PartitionsWritten)
		}
	}
	if lines := tr.files(table).Diff(before); len(lines) > 0 {
		tr.Errorf("%d shards changed a finished table: %s", shards, lines[0])
	}
}

// Eight processes at once, two of them killed on the way and run again, make the
// bytes that one makes. Each log file is read by one of them, and none has much
// more to do than others, though one account has half the log files.
func TestShards(t *testing.T) {
	t.Parallel()
	const shards, bound = 8, 1.3
	tr := newTrial(t, true)
	logs := tr.uneven(number(t, "PLANTRAIL_SHARD_SCALE", 1))
	tr.deliver(logs...)
	whole := tr.clean("reference").Report
	job := tr.sharded("table", shards)
	// They have read a part when they are killed, and committed nothing.
	job.Killed = map[int]int{2: len(logs) / shards / 3, 5: len(logs) / shards / 2}
	shares := tr.runSharded(job)
	tr.equal("table", "reference")

	files, bytes, busiest := soak.Read(shares)
	if files != int64(len(logs)) || files != whole.Read || bytes != whole.BytesRead {
		t.Errorf("shards read %d log files, %d bytes; one run %d, %d, of %d", files, bytes, whole.Read, whole.BytesRead, len(logs))
	}
	if busiest > bound {
		t.Errorf("the busiest shard has %.2f times the mean", busiest)
	}
	lists := int64(0)
	for _, share := range shares {
		lists += share.Report.Requests.List
	}
	t.Logf("%d log files, %d bytes; the busiest of %d shards has %.2f times the mean; list requests: %d, of one run %d",
		files, bytes, shards, busiest, lists, whole.Requests.List)
	tr.idle("table", 3)
	tr.idle("table", 3, "--recheck=all")
	tr.equal("table", "reference")
}

// Shards commit all the time, to the same state of one account and the same
// partitions: what one writes, others wait for, and all get through.
func TestShardsContend(t *testing.T) {
	t.Parallel()
	const shards = 16
	tr := newTrial(t, true)
	tr.deliver(tr.generate(func(c *corpus.Config) {
		c.Accounts, c.Days, c.FilesPerDay = 1, shardDays, 4
		c.FirstDay = time.Now().UTC().AddDate(0, 0, -shardDays)
		c.Planted, c.Duplicates = 200, 50
	})...)
	tr.clean("reference")
	for _, checkpoint := range []string{"5m", "1s", "20ms"} {
		table := "table-" + checkpoint
		shares := tr.runSharded(tr.sharded(table, shards, "--checkpoint="+checkpoint))
		tr.equal(table, "reference")
		refused, puts, most := map[string]int{}, int64(0), 0
		for _, share := range shares {
			puts += share.Report.Requests.Put
			for key, times := range share.Refused {
				refused[key] += times
				most = max(most, times)
			}
		}
		sum := 0
		for _, times := range refused {
			sum += times
		}
		t.Logf("checkpoint %s: %d puts, %d refused, at most %d of one shard for one object", checkpoint, puts, sum, most)
		for _, key := range slices.Sorted(maps.Keys(refused)) {
			t.Logf("  %s: %d refused", key, refused[key])
		}
	}
}

// The number of shards may change in the middle of a backfill, with shards
// killed between two commits, and a shard may begin when others have ended.
func TestShardsChange(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, true)
	logs := tr.uneven(1)
	tr.deliver(logs...)
	tr.clean("reference")
	read := map[string]bool{}
	for _, index := range []int{6, 1, 3, 4} {
		o := tr.run(tr.job("table", "", "--shard", []string{"0/8", "1/8", "2/8", "3/8", "4/8", "5/8", "6/8", "7/8"}[index]))
		if o.Exit != 0 || o.Report.Read == 0 {
			t.Fatalf("shard %d: exit code %d: %s", index, o.Exit, o.Said)
		}
	}
	job := tr.sharded("table", 5, "--checkpoint=20ms")
	job.Killed = map[int]int{0: 50, 3: 20}
	shares := tr.runSharded(job)
	for _, share := range shares {
		for key := range share.Reads {
			read[key] = true
		}
	}
	tr.equal("table", "reference")
	if len(read) == 0 || len(read) > len(logs)*2/3 {
		t.Errorf("5 shards read %d log files of %d, of which 4 of 8 had read about half", len(read), len(logs))
	}
	t.Logf("4 of 8 shards, then 5 of 5: these read %d of %d log files", len(read), len(logs))
	tr.idle("table", 8)
	tr.idle("table", 2, "--recheck=all", "--checkpoint=1s")
}
