package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/page"
	"plantrail/pipeline/verify"
)

// A verifiedUnit is an account's region, of all sources and spans of days.
type verifiedUnit struct {
	account, region string
	files           verify.FileCounts
	digests         verify.Counts
	first, last     time.Time // proven
	hours           time.Duration
}

// worst is how bad a unit is, for the order: what is altered first.
func (u *verifiedUnit) worst() int {
	d, f := u.digests, u.files
	return 1000*(d.Altered+d.Missing+f.Altered+f.Missing+f.Unlisted) + d.Unproven + d.Unreadable + f.Unproven + f.Unreadable
}

func verifiedUnits(r *pipeline.VerifyReport) []*verifiedUnit {
	var units []*verifiedUnit
	index := map[[2]string]*verifiedUnit{}
	for _, u := range r.Units {
		key := [2]string{u.Account, u.Region}
		sum := index[key]
		if sum == nil {
			sum = &verifiedUnit{account: u.Account, region: u.Region}
			index[key] = sum
			units = append(units, sum)
		}
		sum.files.Sum(u.LogFiles)
		sum.digests.Sum(u.Digests)
		for _, span := range u.Proven {
			sum.hours += span.To.Sub(span.From)
			if sum.first.IsZero() || span.From.Before(sum.first) {
				sum.first = span.From
			}
			if span.To.After(sum.last) {
				sum.last = span.To
			}
		}
	}
	slices.SortStableFunc(units, func(a, b *verifiedUnit) int { return b.worst() - a.worst() })
	return units
}

// minute is how a time is printed.
const minute = "2006-01-02 15:04"

// printVerified tells a person what is proven and what is not. It fits 80 columns.
func printVerified(w io.Writer, r *pipeline.VerifyReport, s summary) error {
	out := &lines{to: w}
	units := verifiedUnits(r)
	out.printf("%-12s %-14s %-16s  %-16s %7s %9s\n", "account", "region", "proven from", "to", "digests", "log files")
	for _, u := range units[:min(len(units), mostUnits)] {
		first, last := "-", "-"
		if !u.first.IsZero() {
			first, last = u.first.Format(minute), u.last.Format(minute)
		}
		out.printf("%-12s %-14s %-16s  %-16s %7s %9s\n", dash(page.Visible(u.account)), dash(page.Visible(u.region)), first, last,
			humanize.Comma(int64(u.digests.Verified)), humanize.Comma(int64(u.files.Verified)))
		if bad := badOf(u); bad != "" {
			out.printf("%-12s %s\n", "", bad)
		}
	}
	if more := len(units) - mostUnits; more > 0 {
		out.printf("and %s more: see %s\n", counted(int64(more), "unit", "units"), s.all())
	}
	if len(units) == 0 {
		out.printf("nothing of the selection is there: look at --account, --region and the source\n")
	}
	d, f := r.Digests, r.LogFiles
	out.printf("\n%-10s %9s %9s %9s %9s %9s %10s\n", "", "verified", "altered", "missing", "unlisted", "unproven", "unreadable")
	out.printf("%-10s %9d %9d %9d %9s %9d %10d\n", "digests", d.Verified, d.Altered, d.Missing, "-", d.Unproven, d.Unreadable)
	out.printf("%-10s %9d %9d %9d %9d %9d %10d\n", "log files", f.Verified, f.Altered, f.Missing, f.Unlisted, f.Unproven, f.Unreadable)
	if r.Copies > 0 {
		out.printf("\n%s elsewhere than CloudTrail put them: a copy, whose places are compared from AWSLogs on.\n"+
			"It has no signatures of its own, so the newest digest of each chain cannot be proven.\n",
			counted(int64(r.Copies), "digest lies", "digests lie"))
	}
	if t := r.Table; t != nil {
		out.printf("\n%-10s %9s %9s %9s %9s %9s %10s\n", "", "verified", "missing", "extra", "different", "unproven", "expired")
		out.printf("%-10s %9d %9d %9d %9d %9d %10d\n", "table rows", t.Verified, t.Missing, t.Extra, t.Different, t.Unproven, t.Expired)
		if t.Other > 0 {
			out.printf("\n%s of log files that were not selected.\n", counted(int64(t.Other), "row of the table is", "rows of the table are"))
		}
		printTable(out, t, s)
	}
	printChains(out, r, s)
	var findings, unreachable []failure
	for _, f := range r.Findings {
		findings = append(findings, failure{f.Verdict.String() + ": " + f.Key, f.Error})
	}
	for _, u := range r.Unreachable {
		unreachable = append(unreachable, failure{u.Unit, u.Error})
	}
	s.list(out, "findings", findings, int64(len(findings)),
		"Keep what is altered as it is. Versions of the bucket, its access log and CloudTrail's data events say who did it.")
	s.list(out, "unreachable", unreachable, int64(len(unreachable)),
		"Check their names, and that these credentials may list and read there (s3:ListBucket, s3:GetObject, kms:Decrypt).")
	return out.err
}

// badOf says what is not verified in a unit.
func badOf(u *verifiedUnit) string {
	var parts []string
	add := func(v digest.Verdict, digests, files int) {
		if digests > 0 {
			parts = append(parts, counted(int64(digests), "digest ", "digests ")+v.String())
		}
		if files > 0 {
			parts = append(parts, counted(int64(files), "log file ", "log files ")+v.String())
		}
	}
	add(digest.Altered, u.digests.Altered, u.files.Altered)
	add(digest.Missing, u.digests.Missing, u.files.Missing)
	add(digest.Unlisted, 0, u.files.Unlisted)
	add(digest.Unproven, u.digests.Unproven, u.files.Unproven)
	add(digest.Unreadable, u.digests.Unreadable, u.files.Unreadable)
	return strings.Join(parts, ", ")
}

// printChains says of which hours nothing is proven.
func printChains(out *lines, r *pipeline.VerifyReport, s summary) {
	var gaps, ends, moved []failure
	for _, g := range r.Gaps {
		gaps = append(gaps, failure{g.Account + " " + g.Region + " " + g.Trail + ": " + g.From.Format(minute) + " to " + g.To.Format(minute), g.Reason})
	}
	for _, c := range r.Chains {
		if c.EndsEarly {
			ends = append(ends, failure{c.Account + " " + c.Region + " " + c.Trail, "the last proven digest is of " + c.Proven[len(c.Proven)-1].To.Format(minute)})
		}
	}
	for _, c := range r.Chains {
		for _, origin := range c.Continues {
			if !origin.Verified {
				moved = append(moved, failure{c.Account + " " + c.Region + " " + c.Trail, "the digest before its first ones here is " + origin.Key})
			}
		}
	}
	s.list(out, "gaps", gaps, int64(len(gaps)), "Of these hours nothing is proven by this trail.")
	s.list(out, "ended", ends, int64(len(ends)), "These trails, or their validation, were switched off then, or their newest digests are gone.")
	s.list(out, "moved", moved, int64(len(moved)), "These trails delivered there before, which is not of this selection: let it be a source, too.")
}

// printTable names the rows that are not what the log files say.
func printTable(out *lines, t *pipeline.TableReport, s summary) {
	var rows, unread []failure
	for _, f := range t.Findings {
		rows = append(rows, failure{f.Verdict + ": event " + f.EventID + " of " + f.Time.Format(minute) + ", " + f.LogFile, f.Error})
	}
	for _, u := range t.Unread {
		unread = append(unread, failure{u.Account + " " + u.Region, fmt.Sprintf("%d days with log files, the first %s", u.Days.Count(), u.Days.First())})
	}
	s.list(out, "table", rows, int64(t.Missing+t.Extra+t.Different), "Read these log files into a new table, with run, and compare.")
	s.list(out, "not read", unread, int64(len(unread)), "The table has not read these days: run does.")
}
