package main

import (
	"context"
	"encoding/json"
	"io"
	"os"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline"
)

// planCommand is plantrail plan.
type planCommand struct {
	selectFlags
	JSON bool `help:"Print the plan as JSON."`
}

// Help is shown by plantrail plan --help.
func (planCommand) Help() string {
	return `Lists what the selection names and says how many log files and bytes a run would read, and the requests it would make. Reads no log file and writes nothing.

Example:

  plantrail plan --source s3://my-trail --from 30d --region us-west-2 --region us-east-1`
}

// Run carries out the command.
func (p *planCommand) Run(ctx context.Context) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	stop := p.watch(&c)
	plan, err := pipeline.MakePlan(ctx, c)
	stop()
	if err != nil {
		return err
	}
	if p.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(plan)
	} else {
		err = printPlan(os.Stdout, plan)
	}
	if err == nil && len(plan.Unreachable) > 0 {
		return errIncomplete
	}
	return err
}

// printPlan prints a plan as a table, a unit a line.
func printPlan(w io.Writer, p *pipeline.Plan) error {
	out := &lines{to: w}
	out.printf("%-12s  %-16s  %-10s  %-10s  %6s  %10s  %10s\n", "account", "region", "first day", "last day", "days", "log files", "bytes")
	for _, u := range p.Units {
		out.printf("%-12s  %-16s  %-10s  %-10s  %6d  %10s  %10s\n",
			u.Account, u.Region, u.FirstDay, u.LastDay, u.Days, humanize.Comma(u.LogFiles), humanize.IBytes(uint64(u.Bytes))) //nolint:gosec // never negative
	}
	out.printf("\n%s log files, %s in %d units\n", humanize.Comma(p.LogFiles), humanize.IBytes(uint64(p.Bytes)), len(p.Units)) //nolint:gosec // never negative
	out.printf("a run makes about %s LIST and %s GET requests: $%.4f at S3's standard prices\n",
		humanize.Comma(p.Requests.List), humanize.Comma(p.Requests.Get), p.Dollars)
	if p.Skipped > 0 {
		out.printf("skipped: %s objects that are no log files\n", humanize.Comma(p.Skipped))
	}
	for _, u := range p.Unreachable {
		out.printf("unreachable: %s: %s\n", printable(u.Unit), printable(u.Error))
	}
	return out.err
}
