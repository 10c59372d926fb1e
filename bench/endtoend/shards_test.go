package endtoend_test

import (
	"fmt"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/s3server"
	"plantrail/bench/soak"
	"plantrail/pipeline"
)

// trailOf puts a corpus into a bucket, and returns its log files.
func trailOf(t *testing.T, server *s3server.Server, bucket string, change func(*corpus.Config)) int {
	t.Helper()
	config, dir := corpus.DefaultConfig(), t.TempDir()
	change(&config)
	stats, err := corpus.WriteDir(config, dir)
	if err != nil {
		t.Fatal(err)
	}
	server.PutTree(t, bucket, "", dir)
	return stats.LogFiles
}

// Processes that share the work, one of them killed on the way and run again,
// make the table that one makes, and none reads what another does.
func TestShardProcesses(t *testing.T) {
	const shards, days = 4, 40
	program, err := soak.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := s3server.Start(t)
	for _, bucket := range []string{"trail", "tables"} {
		server.CreateBucket(t, bucket)
	}
	first := time.Now().UTC().AddDate(0, 0, -days)
	busy := trailOf(t, server, "trail", func(c *corpus.Config) {
		c.Accounts, c.FirstDay, c.Days, c.FilesPerDay = 1, first, days, 3
	})
	logFiles := busy + trailOf(t, server, "trail", func(c *corpus.Config) {
		c.Seed, c.Accounts, c.FirstDay, c.Days, c.FilesPerDay = 2, 3, first, days, 1
	})
	job := func(table string) soak.Job {
		return soak.Job{Source: server.URL("trail", ""), Table: server.URL("tables", table), Env: server.Env()}
	}
	whole, err := program.Run(t.Context(), job("whole"))
	if err != nil || whole.Exit != 0 {
		t.Fatalf("exit code %d, error %v: %s", whole.Exit, err, whole.Said)
	}
	sharded := func(shards int, killed map[int]int) []soak.Share {
		shares, err := program.RunSharded(t.Context(), soak.Sharded{Job: job("table"), Endpoint: server.Endpoint(), Shards: shards, Killed: killed})
		if err != nil {
			t.Fatal(err)
		}
		if twice := soak.Overlap(shares); len(twice) > 0 {
			t.Errorf("read by two shards: %q", twice)
		}
		sameTables(t, server, "whole", "table")
		return shares
	}
	read, bytes, busiest := soak.Read(sharded(shards, map[int]int{1: logFiles / shards / 3}))
	if read != int64(logFiles) || bytes != whole.Report.BytesRead {
		t.Errorf("%d shards read %d log files, %d bytes; one run %d of %d, %d", shards, read, bytes, whole.Report.Read, logFiles, whole.Report.BytesRead)
	}
	t.Logf("the busiest of %d shards has %.2f times the mean", shards, busiest)
	if read, _, _ := soak.Read(sharded(3, nil)); read != 0 {
		t.Errorf("3 other shards read %d log files again", read)
	}
}

// sameTables compares two tables in the bucket tables, their state too.
func sameTables(t *testing.T, server *s3server.Server, want, got string) {
	t.Helper()
	var tables [2]soak.Files
	for i, prefix := range []string{want, got} {
		files, err := soak.BucketFiles(t.Context(), server.Client(), "tables", prefix)
		if err != nil {
			t.Fatal(err)
		}
		tables[i] = files
	}
	for _, line := range tables[1].Diff(tables[0]) {
		t.Errorf("%s and %s: %s", want, got, line)
	}
}

// What a plan says, the run after it does: before a backfill, before a night,
// and in shards.
func TestPlanS3(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	for _, bucket := range []string{"trail", "tables"} {
		server.CreateBucket(t, bucket)
	}
	const days = 60
	deliver := func(seed uint64, ago, days, filesPerDay int) int64 {
		return int64(trailOf(t, server, "trail", func(c *corpus.Config) {
			// The accounts are the seed's.
			c.Seed, c.Accounts, c.FirstDay, c.Days, c.FilesPerDay = seed, 2, time.Now().UTC().AddDate(0, 0, -ago), days, filesPerDay
		}))
	}
	compare := func(name, table string, shard pipeline.Shard) (read int64) {
		t.Helper()
		c := config(t, server.URL("trail", ""), server.URL("tables", table))
		c.Shard = shard
		plan, err := pipeline.MakePlan(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		report, err := pipeline.Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		planned := fmt.Sprintf("%d log files, %d bytes, %d done, %d list requests", plan.LogFiles, plan.Bytes, plan.AlreadyDone, plan.Requests.List)
		done := fmt.Sprintf("%d log files, %d bytes, %d done, %d list requests", report.Read, report.BytesRead, report.AlreadyDone, report.Requests.List)
		if planned != done {
			t.Errorf("%s, shard %v: planned %s; done %s", name, shard, planned, done)
		}
		// Partitions are not planned, nor what a shard remembers of an account of
		// which it had nothing to read.
		put := report.Requests.Put - report.PartitionsWritten
		if report.PartitionsWritten > 0 {
			put-- // what the table consists of
		}
		if shard == (pipeline.Shard{}) && put != plan.Requests.Put {
			t.Errorf("%s: planned %+v, made %+v, %d partitions written", name, plan.Requests, report.Requests, report.PartitionsWritten)
		}
		return report.Read
	}
	total := deliver(1, days, days, 3)
	if read := compare("backfill", "whole", pipeline.Shard{}); read != total {
		t.Errorf("backfill read %d log files of %d", read, total)
	}
	if read := compare("nothing new", "whole", pipeline.Shard{}); read != 0 {
		t.Errorf("read %d log files again", read)
	}
	late := deliver(1, 4, 4, 4) // other names in the same folders, among those that are there
	if read := compare("night", "whole", pipeline.Shard{}); read < late {
		t.Errorf("night read %d log files of %d", read, late)
	}
	var read int64
	for index := range 4 {
		read += compare("backfill in shards", "sharded", pipeline.Shard{Index: index, Count: 4})
	}
	if read != total+late {
		t.Errorf("4 shards read %d log files of %d", read, total+late)
	}
	newer := deliver(1, 0, 1, 2)
	read = 0
	for index := range 4 {
		read += compare("night in shards", "sharded", pipeline.Shard{Index: index, Count: 4})
	}
	if read != newer {
		t.Errorf("4 shards read %d log files of a night's %d", read, newer)
	}
}
