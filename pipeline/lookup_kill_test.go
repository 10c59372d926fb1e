package pipeline_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"plantrail/pipeline"
)

// lookupChild is set where a test is the process that is to be killed: to the table.
const lookupChild = "PLANTRAIL_TEST_LOOKUP_TABLE"

// TestLookUpChild is no test: it is the process that [TestLookUpKilled] kills.
func TestLookUpChild(t *testing.T) {
	table := os.Getenv(lookupChild)
	if table == "" {
		t.Skip("it is run by another test")
	}
	accounts, err := strconv.Atoi(os.Getenv(lookupChild + "_ACCOUNTS"))
	if err != nil {
		t.Fatal(err)
	}
	l := &lookups{now: lookupNow()}
	c := l.config(t, table, l.sources(t, accounts)...)
	c.Checkpoint = 20 * time.Millisecond
	if _, err := pipeline.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// Killed at any moment, again and again, a run ends in the table that log files of the
// same events make, and never asks too fast. PLANTRAIL_LOOKUP_KILLS has it killed so
// often while it looks up 10,000 events of 40 accounts in 3 regions.
func TestLookUpKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	accounts, count, kills := 4, 800, 6
	if n, err := strconv.Atoi(os.Getenv("PLANTRAIL_LOOKUP_KILLS")); err == nil {
		accounts, count, kills = 40, 10_000, n
	}
	l := newLookups(t, accounts, 3, count)
	l.server.ExpireAfter = 11
	fromFiles, clean, killed := t.TempDir(), t.TempDir(), t.TempDir()
	run(t, l.config(t, fromFiles, place(t, tree(t, l.files))))
	run(t, l.config(t, clean, l.sources(t, accounts)...))
	child := func() *exec.Cmd {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLookUpChild$", "-test.count=1")
		c.Env = append(os.Environ(), lookupChild+"="+killed, lookupChild+"_ACCOUNTS="+strconv.Itoa(accounts))
		return c
	}
	cut := 0
	for range kills {
		c := child()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// At some request, or in what comes soon after.
		l.server.At(rand.N(6*accounts), func() { time.AfterFunc(rand.N(30*time.Millisecond), func() { c.Process.Kill() }) })
		if c.Wait() != nil {
			cut++
		}
	}
	l.server.At(-1, nil)
	if out, err := child().CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	same(t, partitions(t, clean), partitions(t, killed))
	if want, got := content(t, fromFiles), content(t, killed); want != got || len(rows(t, killed)) != count {
		t.Error("the rows are not those of the log files")
	}
	requests, throttled, expired := l.server.Counts()
	if throttled > 0 || expired == 0 || cut < kills/2 {
		t.Errorf("%d of %d requests came too fast, %d page tokens expired, %d runs were cut off", throttled, requests, expired, cut)
	}
	t.Logf("%d events, %d accounts, 3 regions, %d runs of which %d were killed: %d requests, %d too fast, %d page tokens expired",
		count, accounts, kills+3, cut, requests, throttled, expired)
}
