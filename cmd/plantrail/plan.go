package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline"
	"plantrail/pipeline/page"
)

// planCommand is plantrail plan.
type planCommand struct {
	selectFlags
	JSON bool `help:"Print the plan as JSON."`
}

// Help is shown by plantrail plan --help.
func (planCommand) Help() string {
	return `Lists what the selection names and says how many log files and bytes a run would read, and the requests it would make. Reads no log file and writes nothing. With --table, it leaves out what earlier runs have read.

Example:

  plantrail plan --source s3://my-trail --table s3://my-tables/support-plans`
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

// mostUnits is how many units are printed, the largest: more nobody reads.
const mostUnits = 20

// printPlan prints a plan for people.
func printPlan(w io.Writer, p *pipeline.Plan) error {
	out := &lines{to: w}
	units := slices.Clone(p.Units)
	slices.SortStableFunc(units, func(a, b pipeline.PlanUnit) int { return cmp.Compare(b.Bytes, a.Bytes) })
	units = units[:min(len(units), mostUnits)]
	out.printf("%-12s  %-14s  %-10s  %-10s %6s %12s %10s %12s\n", "account", "region", "first day", "last day", "days", "log files", "bytes", "already done")
	for _, u := range units {
		out.printf("%-12s  %-14s  %-10s  %-10s %6s %12s %10s %12s\n", page.Visible(u.Account), page.Visible(u.Region), dash(u.FirstDay), dash(u.LastDay),
			humanize.Comma(u.Days), humanize.Comma(u.LogFiles), bytesOf(u.Bytes), humanize.Comma(u.AlreadyDone))
	}
	if more := len(p.Units) - len(units); more > 0 {
		out.printf("and %s smaller ones: see --json\n", humanize.Comma(int64(more)))
	}
	out.printf("\n%-14s %8s %10s %12s %10s %12s %8s %10s\n", "region", "units", "days", "log files", "bytes", "already done", "LIST", "price")
	for _, r := range p.Regions {
		printSum(out, page.Visible(r.Region), r.Units, r.PlanSum)
	}
	printSum(out, "all", int64(len(p.Units)), p.PlanSum)

	out.printf("\nA run makes about %s LIST, %s GET and %s PUT requests, %s with those that find the units and remember what is done.\n"+
		"Prices are S3's published ones (us-east-1: LIST and PUT $0.005, GET $0.0004 per 1,000), without transfer and KMS.\n",
		humanize.Comma(p.Requests.List), humanize.Comma(p.Requests.Get), humanize.Comma(p.Requests.Put), dollars(p.Dollars))
	if len(p.Units) == 0 && len(p.Unreachable) == 0 {
		out.printf("Nothing is there of what is selected: check --account and --region.\n")
	}
	if p.NewTable {
		out.printf("There is no table yet, so nothing counts as already done.\n")
	}
	if p.Settled > 0 {
		out.printf("%s log files of settled days, which earlier runs have read or named, are not listed any more.\n", humanize.Comma(p.Settled))
	}
	if n := p.Narrowed; n != nil {
		out.printf("Support Plans events are known from %s. With --region for these only, a run would read %s log files, %s: %s saved.\n",
			strings.Join(n.Regions, ", "), humanize.Comma(n.LogFiles), bytesOf(n.Bytes), dollars(p.Price-n.Price))
	}
	if p.Archived > 0 {
		out.printf("%s of the log files are archived and must be restored before they can be read.\n", humanize.Comma(p.Archived))
	}
	if p.Skipped > 0 {
		out.printf("skipped: %s objects that are no log files\n", humanize.Comma(p.Skipped))
	}
	for _, u := range p.Unreachable {
		out.printf("unreachable: %s: %s\n", page.Visible(u.Unit), page.Visible(u.Error))
	}
	return out.err
}

func printSum(out *lines, name string, units int64, s pipeline.PlanSum) {
	out.printf("%-14s %8s %10s %12s %10s %12s %8s %10s\n", name, humanize.Comma(units), humanize.Comma(s.Days), humanize.Comma(s.LogFiles),
		bytesOf(s.Bytes), humanize.Comma(s.AlreadyDone), humanize.Comma(s.List), dollars(s.Price))
}

// dollars writes an amount with as many digits as make it more than nothing.
func dollars(amount float64) string {
	if amount > 0 && amount < 0.01 {
		return fmt.Sprintf("$%.6f", amount)
	}
	return "$" + humanize.FormatFloat("#,###.##", amount)
}

func dash(s string) string { return cmp.Or(s, "-") }
