package soak_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/s3server"
	"plantrail/bench/soak"
)

// nightDays is how many days of history there are before the night.
const nightDays = 31

// A night over many accounts costs what is new, and a fixed number of requests
// an account and a region, however long the history.
func TestNight(t *testing.T) {
	t.Parallel()
	accounts := number(t, "PLANTRAIL_ACCOUNTS", 50)
	units := accounts * 2
	tr, place := newNight(t)
	var today, late []logFile
	now := time.Now().UTC()
	logs := tr.generate(func(c *corpus.Config) {
		c.Accounts, c.Days, c.FilesPerDay = accounts, nightDays+1, 1
		c.FirstDay = now.AddDate(0, 0, -nightDays)
		c.Planted, c.Duplicates = 2*accounts, accounts/2
	})
	const lateFiles = 5
	for i, file := range logs {
		switch {
		case strings.Contains(file.key, now.Format("/2006/01/02/")):
			today = append(today, file)
		case strings.Contains(file.key, now.AddDate(0, 0, -3).Format("/2006/01/02/")) && len(late) < lateFiles && i%7 == 0:
			late = append(late, file)
		default:
			place(file)
		}
	}
	backfill := tr.clean("table")
	tr.logUsage("backfill", accounts, backfill)
	for _, file := range append(today, late...) {
		place(file)
	}
	night := tr.clean("table")
	tr.logUsage("night", accounts, night)
	tr.clean("reference")
	tr.equal("table", "reference")

	fresh := int64(len(today) + len(late))
	r := night.Report
	if r.Read != fresh {
		t.Errorf("read %d log files, want %d", r.Read, fresh)
	}
	// The table's description and each account's state; a list request to find
	// the accounts, one for each account's regions, one for each region's days.
	const few = 10
	partitions := int64(4)
	for kind, requests := range map[string][2]int64{
		"list": {r.Requests.List, int64(1+accounts+units) + few},
		"get":  {r.Requests.Get, fresh + 2*int64(accounts) + partitions + few},
		"put":  {r.Requests.Put, int64(accounts) + partitions + few},
		"head": {r.Requests.Head, few},
	} {
		if requests[0] > requests[1] {
			t.Errorf("%d %s requests, want at most %d", requests[0], kind, requests[1])
		}
	}
}

// newNight returns a trial, and what places log files by hand: to put a year of
// them would take longer than all the rest. The server gives them empty ETags.
func newNight(t *testing.T) (tr *trial, place func(logFile)) {
	t.Helper()
	tr = newTrial(t, false)
	dir := t.TempDir()
	trail := filepath.Join(dir, bucket, "trail")
	if err := os.MkdirAll(trail, 0o755); err != nil {
		t.Fatal(err)
	}
	server, err := s3server.StartDir(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	tr.server, tr.env = server, server.Env()
	return tr, func(file logFile) {
		name := filepath.Join(trail, filepath.FromSlash(file.key))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, file.body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// logUsage logs what a run took.
func (tr *trial) logUsage(name string, accounts int, o soak.Outcome) {
	tr.Helper()
	r := o.Report.Requests
	perAccount := func(n int64) string { return fmt.Sprintf("%d (%.2f an account)", n, float64(n)/float64(accounts)) }
	tr.Logf("%s: %d log files read, %d rows added, %d partitions written; list %s, get %s of which %d of log files, put %s, head %d; %.1f s, %.1f s CPU, %d MiB at most",
		name, o.Report.Read, o.Report.RowsAdded, o.Report.PartitionsWritten, perAccount(r.List), perAccount(r.Get), o.Report.Read,
		perAccount(r.Put), r.Head, o.Elapsed.Seconds(), o.Usage.CPU.Seconds(), o.Usage.Peak>>20)
}
