package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline"
)

// runCommand is plantrail run.
type runCommand struct {
	selectFlags
	Partition  string        `help:"How the table is partitioned: day, month or year. Fixed when it is first written (default ${default})." placeholder:"BY" default:"month"`
	Workers    int           `help:"Log files decoded at once (default ${default}: one a core)." placeholder:"N" default:"${workers}"`
	Memory     size          `help:"Bound on bytes between fetch and decode (default ${default})." placeholder:"SIZE" default:"256MiB"`
	Checkpoint time.Duration `help:"Commit at least this often in a long run (default ${default})." placeholder:"TIME" default:"5m"`
	Report     string        `help:"Write what the run did to this file, as JSON." placeholder:"FILE"`
}

// Help is shown by plantrail run --help.
func (runCommand) Help() string {
	return `Reads the log files that the selection names and no earlier run has read, keeps the Support Plans events and merges them into the table. A run can be repeated at any time.

Example:

  plantrail run --source s3://my-trail --table s3://my-tables/support-plans --from 2024-01-01

Exit codes: 0 all done. 1 could not run, or gave up. 2 wrong usage. 3 finished, but some log files are quarantined or could not be reached; each is named. 130 interrupted; what was finished is in the table.`
}

// Run carries out the command.
func (r *runCommand) Run(ctx context.Context) error {
	c, err := r.config()
	if err != nil {
		return err
	}
	if c.Partition, err = parseScheme(r.Partition); err != nil {
		return err
	}
	if r.Table == "" {
		return usage(errors.New("no table: name where it is, or shall be, as in --table s3://my-tables/support-plans"))
	}
	c.Workers, c.Memory, c.Checkpoint = r.Workers, int64(r.Memory), r.Checkpoint
	if err := usage(c.Check()); err != nil {
		return err
	}
	if err := r.checkReport(); err != nil {
		return err
	}
	report, err := pipeline.Run(ctx, c)
	if err == nil || report.Listed > 0 {
		summarize(os.Stderr, report)
	}
	if r.Report != "" {
		err = errors.Join(err, writeReport(r.Report, report))
	}
	if err == nil && !report.Complete() {
		return errIncomplete
	}
	return err
}

// checkReport refuses a report that could not be written at the end.
func (r *runCommand) checkReport() error {
	if r.Report == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(r.Report)); err != nil || !info.IsDir() {
		return usage(fmt.Errorf("--report %s: no such directory: make it first", filepath.Dir(r.Report)))
	}
	info, err := os.Stat(r.Report)
	switch {
	case err == nil && info.IsDir():
		return usage(fmt.Errorf("--report %s: a directory: name a file", r.Report))
	case err == nil && !info.Mode().IsRegular():
		return nil
	}
	temp, err := os.Create(r.Report + tempSuffix)
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return errors.Join(temp.Close(), os.Remove(temp.Name()))
}

// tempSuffix marks a report that is not whole yet.
const tempSuffix = ".tmp"

// writeReport replaces the report file as a whole, so that a reader never sees
// half of it.
func writeReport(name string, report *pipeline.Report) error {
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	text = append(text, '\n')
	temp := name + tempSuffix
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		temp = name // a pipe or a device: it must stay what it is
	}
	if err := os.WriteFile(temp, text, 0o644); err != nil { //nolint:gosec // for others to read
		return fmt.Errorf("write report: %w", err)
	}
	if temp == name {
		return nil
	}
	if err := os.Rename(temp, name); err != nil {
		return errors.Join(fmt.Errorf("write report: %w", err), os.Remove(temp))
	}
	return nil
}

// summarize tells a person what the run did.
func summarize(w io.Writer, r *pipeline.Report) {
	out := &lines{to: w}                                                // that stderr is closed is no reason to fail
	bytes := func(n int64) string { return humanize.IBytes(uint64(n)) } //nolint:gosec // never negative
	out.printf("\nread %s log files (%s, %s inflated) in %.1fs\n",
		humanize.Comma(r.Read), bytes(r.BytesRead), bytes(r.BytesInflated), r.ElapsedSeconds)
	if r.AlreadyDone > 0 {
		out.printf("passed over %s that an earlier run has read\n", humanize.Comma(r.AlreadyDone))
	}
	out.printf("found %s Support Plans events in %s of them\n", humanize.Comma(r.Events), humanize.Comma(r.Matched))
	for _, name := range sortedKeys(r.EventsByName) {
		out.printf("  %-36s %8s\n", printable(name), humanize.Comma(r.EventsByName[name]))
	}
	out.printf("table: %s rows added, %s duplicates, %s partitions written\n",
		humanize.Comma(r.RowsAdded), humanize.Comma(r.Duplicates), humanize.Comma(r.PartitionsWritten))
	if r.Skipped > 0 {
		out.printf("skipped: %s objects that are no log files\n", humanize.Comma(r.Skipped))
	}
	for _, q := range r.Quarantined {
		out.printf("quarantined: %s: %s\n", printable(q.Key), printable(q.Error))
	}
	for _, u := range r.Unreachable {
		out.printf("unreachable: %s: %s\n", printable(u.Unit), printable(u.Error))
	}
}
