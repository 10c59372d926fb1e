package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"plantrail/pipeline"
)

// runCommand is plantrail run.
type runCommand struct {
	selectFlags
	Partition  string   `help:"How the table is partitioned: day, month or year. Fixed when it is first written (default ${default})." placeholder:"BY" default:"month"`
	Workers    number   `help:"Log files decoded at once (default: one per core)." placeholder:"N" default:"${workers}"`
	Memory     size     `help:"Bound on what is held: log files, events and rows (default ${default})." placeholder:"SIZE" default:"256MiB"`
	Checkpoint duration `help:"Commit at least this often in a long run (default ${default})." placeholder:"TIME" default:"5m"`
	Repair     bool     `help:"Read the log files again whose rows the table has lost."`
	KnownBad   string   `help:"A file of log files that are known to be broken, a URI a line as the report has them; lines that begin with # are comments. They are tried, and that they fail does not make the run incomplete." placeholder:"FILE"`
	Changes    string   `help:"Write the plan changes that this run adds to the table to this file, a JSON object a line; - is standard output. The file is replaced, also by nothing." placeholder:"FILE"`
	Report     string   `help:"Write what the run did to this file, as JSON." placeholder:"FILE"`
	Metrics    string   `help:"Write the same to this file as Prometheus text: NAME.prom in node_exporter's textfile directory." placeholder:"FILE"`
}

// Help is shown by plantrail run --help.
func (runCommand) Help() string {
	return `Reads the log files that the selection names and no earlier run has read, keeps the Support Plans events and merges them into the table. A run can be repeated at any time.

Example:

  plantrail run --source s3://my-trail --table s3://my-tables/support-plans --from 2024-01-01

Exit codes: 0 all done. 1 could not run, or gave up. 2 wrong usage. 3 finished, but some log files are quarantined or could not be reached; each is named. 130 interrupted; what was finished is in the table.`
}

// Run carries out the command.
func (r *runCommand) Run(ctx context.Context, v *voice) error {
	if r.KnownBad == "-" && r.Sources == "-" {
		return usage(errors.New("--known-bad - and --sources -: standard input can be only one of them"))
	}
	c, err := r.config(v)
	if err != nil {
		return err
	}
	if c.Partition, err = parseScheme(r.Partition); err != nil {
		return err
	}
	if r.Table == "" {
		return usage(errors.New("no table: name where it is, or shall be, as in --table s3://my-tables/support-plans"))
	}
	if c.KnownBad, err = r.knownBad(); err != nil {
		return usage(err)
	}
	c.Repair = r.Repair
	c.Workers, c.Memory, c.Checkpoint = int(r.Workers), int64(r.Memory), time.Duration(r.Checkpoint)
	if err := usage(c.Check()); err != nil {
		return err
	}
	if err := r.checkOutputs(); err != nil {
		return err
	}
	if r.Changes != "" {
		c.Changes = &changesOutput{output: r.changes()}
	}
	limitHeap(c.Memory)
	began := time.Now()
	stop := r.watch(ctx, &c, v, slog.String("run", c.RunID))
	report, err := pipeline.Run(ctx, c)
	stop()
	if (err == nil || report.Listed > 0) && !r.Quiet {
		r.summary(report, &c, began, err).tell(v)
	}
	if errors.Is(err, context.Canceled) {
		err = errors.Join(&interruptedError{kept(report)}, uninterrupted(err))
	}
	err = errors.Join(err, r.writeReport(report))
	outcome := err
	if err == nil && !report.Complete() {
		outcome = errIncomplete
	}
	return cmp.Or(errors.Join(err, r.writeMetrics(report, exitCode(ctx, outcome))), outcome)
}

// kept says what an interrupted run leaves behind.
func kept(r *pipeline.Report) string {
	const next = "the same command goes on from there"
	if r.RowsAdded == 0 {
		return "no row was added to the table; what was finished is remembered, and " + next
	}
	return counted(r.RowsAdded, "row is", "rows are") + " in the table, and " + next
}

// limitHeap has the collector work harder before the heap is much larger than what a
// run holds, unless the environment says where.
func limitHeap(memory int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory / 4 * 7)
	}
}

// checkOutputs refuses files that could not be written at the end.
func (r *runCommand) checkOutputs() error {
	byName := map[string]string{}
	for _, out := range []output{r.changes(), r.report(), r.metrics()} {
		if err := out.check(); err != nil {
			return err
		}
		name, err := filepath.Abs(out.name)
		if out.name == "" || err != nil {
			continue
		}
		if info, err := os.Stat(out.name); err == nil && !info.Mode().IsRegular() {
			continue // /dev/null takes them all
		}
		if other := byName[name]; other != "" {
			return usage(fmt.Errorf("%s and %s name the same file: give each its own", other, out.flag))
		}
		byName[name] = out.flag
	}
	return nil
}

func (r *runCommand) changes() output {
	return output{flag: "--changes", name: r.Changes, stdout: true}
}

func (r *runCommand) report() output { return output{flag: "--report", name: r.Report} }

func (r *runCommand) metrics() output {
	return output{flag: "--metrics", name: r.Metrics, public: true}
}

// writeReport replaces the report file.
func (r *runCommand) writeReport(report *pipeline.Report) error {
	out := r.report()
	if out.name == "" {
		return nil
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", out.flag, err)
	}
	return out.write(append(text, '\n'))
}
