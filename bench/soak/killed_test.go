package soak_test

import (
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/soak"
)

// recent is how many days of log files come while runs are killed. They are
// within the days that every run lists.
const recent = 5

// Killed again and again while log files come, late ones among them: one clean
// run later the table is as if nothing had happened.
func TestKilledDirectory(t *testing.T) {
	t.Parallel()
	killed(newTrial(t, false), number(t, "PLANTRAIL_KILLS", 20))
}

func TestKilledS3(t *testing.T) {
	t.Parallel()
	killed(newTrial(t, true), number(t, "PLANTRAIL_KILLS", 10))
}

func killed(tr *trial, kills int) {
	tr.Helper()
	// As many files and commits as can be.
	const byDay, often = "--partition=day", "--checkpoint=10ms"
	tr.deliver(tr.generate(func(c *corpus.Config) { c.FilesPerDay = 10 })...)
	whole := tr.clean("timed", byDay, often).Elapsed * 5 / 4
	coming := tr.shuffle(tr.generate(func(c *corpus.Config) {
		c.FirstDay, c.Days, c.FilesPerDay = time.Now().UTC().AddDate(0, 0, -recent), recent, 20
		c.Planted, c.Duplicates = 200, 50
	}))

	var done, ended, changed, strayed int
	last := soak.Files{}
	for i := 0; done < kills; i++ {
		if batch := min(max(len(coming)/(kills-done), 1), len(coming)); i > 0 {
			tr.deliver(coming[:batch]...)
			coming = coming[batch:]
		}
		job := tr.job("table", "", byDay, often)
		job.Kill = time.Duration(1 + tr.rng.Int64N(int64(whole)))
		o := tr.run(job)
		if !o.Killed && o.Exit != 0 {
			tr.Fatalf("run %d: exit code %d: %s", i, o.Exit, o.Said)
		}
		if !o.Killed {
			ended++
			whole -= whole / 5
			continue
		}
		// About one run in five shall end, so that kills meet every part of one.
		done++
		whole += whole / 20
		now := tr.files("table")
		if len(now.Diff(last)) > 0 {
			changed++
		}
		if len(now.Strays()) > 0 {
			strayed++
		}
		last = now
	}
	tr.deliver(coming...)
	before := tr.files("table").Strays()
	final := tr.clean("table", byDay)
	tr.clean("reference", byDay)
	lost, doubled := tr.equal("table", "reference")
	count, bytes := tr.temporary()
	tr.Logf("%d runs killed, %d of them when they had changed the table, %d of them within a put; %d ended before", done, changed, strayed, ended)
	tr.Logf("strays before the clean run: %q; it added %d rows of %d; events lost %d, doubled %d; temporary files left %d, %d bytes",
		before, final.Report.RowsAdded, len(tr.want), lost, doubled, count, bytes)
}
