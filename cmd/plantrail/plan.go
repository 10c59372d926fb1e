package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
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
func (p *planCommand) Run(ctx context.Context, v *voice) error {
	c, err := p.config(v)
	if err != nil {
		return err
	}
	stop := p.watch(ctx, &c, v)
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
		err = printPlan(os.Stdout, plan, terminalColumns(os.Stdout))
	}
	if err == nil && len(plan.Units) == 0 && plan.Lookups.Units == 0 && len(plan.Unreachable) == 0 && !p.JSON {
		fmt.Println(wrap(capital(p.nothingFound(sourceNames(c.Sources), c.Selection)), terminalColumns(os.Stdout), ""))
	}
	if err == nil && len(plan.Unreachable) > 0 {
		return errIncomplete
	}
	return err
}

// mostUnits is how many units are printed, the largest: more nobody reads.
const mostUnits = 20

// printPlan prints a plan for people, in lines of at most limit, if it is not 0.
func printPlan(w io.Writer, p *pipeline.Plan, limit int) error {
	units := slices.Clone(p.Units)
	slices.SortStableFunc(units, func(a, b pipeline.PlanUnit) int { return cmp.Compare(b.Bytes, a.Bytes) })
	units = units[:min(len(units), mostUnits)]
	if err := writeGrid(w, units, limit, unitColumns()); err != nil {
		return err
	}
	out := &lines{to: w}
	if more := len(p.Units) - len(units); more > 0 {
		out.printf("and %s: see --json\n", counted(int64(more), "smaller one", "smaller ones"))
	}
	if len(p.Units) > 0 {
		out.printf("\n")
	}
	if len(p.Units) == 0 && p.Lookups.Units > 0 {
		return cmp.Or(out.err, printSentences(out, p, limit)) // there is nothing to list
	}
	regions := append(slices.Clone(p.Regions), pipeline.PlanRegion{Region: "all", Units: int64(len(p.Units)), PlanSum: p.PlanSum})
	if err := cmp.Or(out.err, writeGrid(w, regions, limit, regionColumns())); err != nil {
		return err
	}
	out.printf("\n")
	return printSentences(out, p, limit)
}

// printSentences prints what there is to say of a plan in words.
func printSentences(out *lines, p *pipeline.Plan, limit int) error {
	for _, sentence := range planSentences(p) {
		out.printf("%s\n", wrap(sentence, limit, ""))
	}
	for _, u := range p.Unreachable {
		out.printf("unreachable: %s: %s\n", page.Visible(u.Unit), page.Visible(u.Error))
	}
	return out.err
}

// planSentences says in words what the numbers come to.
func planSentences(p *pipeline.Plan) []string {
	var say []string
	if l := p.Lookups; l.Units > 0 {
		say = append(say, fmt.Sprintf("Event history of %s: about %s, which cost nothing and take about %s at two a second for each account and region.",
			counted(l.Units, "account and region", "accounts and regions"), counted(l.Requests, "LookupEvents request", "LookupEvents requests"), minutes(l.Minutes)))
	}
	say = append(say,
		fmt.Sprintf("A run makes about %s LIST, %s GET and %s PUT requests, %s with those that find the units and remember what is done.",
			humanize.Comma(p.Requests.List), humanize.Comma(p.Requests.Get), humanize.Comma(p.Requests.Put), dollars(p.Dollars)),
		"Prices are S3's published ones (us-east-1: LIST and PUT $0.005, GET $0.0004 per 1,000), without transfer and KMS.",
	)
	if p.NewTable {
		say = append(say, "There is no table yet, so nothing counts as already done.")
	}
	if p.Settled > 0 {
		say = append(say, counted(p.Settled, "log file", "log files")+" of settled days, which earlier runs have read or named, need no listing any more.")
	}
	if n := p.Narrowed; n != nil {
		say = append(say, fmt.Sprintf("Support Plans events are known from %s. With --region for these only, a run would read %s, %s: %s saved.",
			strings.Join(n.Regions, ", "), counted(n.LogFiles, "log file", "log files"), bytesOf(n.Bytes), dollars(p.Price-n.Price)))
	}
	if p.Archived > 0 {
		say = append(say, "In archive storage: "+counted(p.Archived, "log file", "log files")+", to be restored before a run can read them.")
	}
	if p.Skipped > 0 {
		say = append(say, "skipped: "+skipped(p.Skipped, p.SkippedKinds))
	}
	return say
}

// unitColumns returns the columns of a plan's accounts and regions. Those go first
// that the others imply.
func unitColumns() []column[pipeline.PlanUnit] {
	type unit = pipeline.PlanUnit
	return []column[unit]{
		{name: "account", text: func(u *unit) string { return cmp.Or(u.Account, "exports") }},
		{name: "region", text: func(u *unit) string { return u.Region }},
		{name: "first day", text: func(u *unit) string { return u.FirstDay }, leaves: 2},
		{name: "last day", text: func(u *unit) string { return u.LastDay }, leaves: 3},
		{name: "days", text: func(u *unit) string { return humanize.Comma(u.Days) }, right: true, leaves: 1},
		{name: "log files", text: func(u *unit) string { return humanize.Comma(u.LogFiles) }, right: true},
		{name: "bytes", text: func(u *unit) string { return bytesOf(u.Bytes) }, right: true, leaves: 5},
		{name: "already done", text: func(u *unit) string { return humanize.Comma(u.AlreadyDone) }, right: true, leaves: 4},
	}
}

// regionColumns returns the columns of a plan's regions.
func regionColumns() []column[pipeline.PlanRegion] {
	type region = pipeline.PlanRegion
	return []column[region]{
		{name: "region", text: func(r *region) string { return cmp.Or(r.Region, "exports") }},
		{name: "units", text: func(r *region) string { return humanize.Comma(r.Units) }, right: true, leaves: 2},
		{name: "days", text: func(r *region) string { return humanize.Comma(r.Days) }, right: true, leaves: 1},
		{name: "log files", text: func(r *region) string { return humanize.Comma(r.LogFiles) }, right: true},
		{name: "bytes", text: func(r *region) string { return bytesOf(r.Bytes) }, right: true, leaves: 5},
		{name: "already done", text: func(r *region) string { return humanize.Comma(r.AlreadyDone) }, right: true, leaves: 4},
		{name: "LIST", text: func(r *region) string { return humanize.Comma(r.List) }, right: true, leaves: 3},
		{name: "price", text: func(r *region) string { return dollars(r.Price) }, right: true},
	}
}

// minutes writes a time that is known roughly.
func minutes(m float64) string {
	if m < 1 {
		return "a minute"
	}
	return counted(int64(math.Round(m)), "minute", "minutes")
}

// dollars writes an amount with as many digits as make it more than nothing.
func dollars(amount float64) string {
	if amount > 0 && amount < 0.01 {
		return fmt.Sprintf("$%.6f", amount)
	}
	return "$" + humanize.FormatFloat("#,###.##", amount)
}

func dash(s string) string { return cmp.Or(s, "-") }
