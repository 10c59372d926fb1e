package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline/page"
	"plantrail/pipeline/trail"
)

// nothingFound says of a selection of which nothing is there what was looked for
// and where, and which of the flags that were given may be the reason.
func (f *selectFlags) nothingFound(sources []string, s trail.Selection) string {
	var of, given []string
	some := func(flag, one, many string, names []string) string {
		if len(names) == 0 {
			return strings.ToUpper(one)
		}
		given = append(given, flag)
		if len(names) == 1 {
			of = append(of, one+" "+names[0])
			return names[0]
		}
		of = append(of, fmt.Sprintf("%d %s", len(names), many))
		return strings.ToUpper(one)
	}
	account := some("--account", "account", "accounts", s.Accounts)
	region := some("--region", "region", "regions", s.Regions)
	if f.From != "" {
		of, given = append(of, "days from "+s.From.String()), append(given, "--from")
	}
	if f.To != "" {
		of, given = append(of, "days to "+s.To.String()), append(given, "--to")
	}
	where := sources[0]
	if more := len(sources) - 1; more > 0 {
		where += " and " + counted(int64(more), "other source", "other sources")
	}
	text := "nothing found: no log files"
	if len(of) > 0 {
		text += " of " + strings.Join(of, ", ")
	}
	text += fmt.Sprintf(" below %s. Looked for AWSLogs/%s/CloudTrail/%s/YYYY/MM/DD/, and for log files by name.", where, account, region)
	if len(given) > 0 {
		return page.Visible(text) + " Change or leave out " + either(given) + "."
	}
	return page.Visible(text) + " Look whether a trail delivers there."
}

// either joins names of which one may be chosen: a, b or c.
func either(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// counted writes a number of things, of which there are words for one and for
// many.
func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(n) + " " + many
}

func sourceNames[T fmt.Stringer](sources []T) []string {
	return slices.Collect(func(yield func(string) bool) {
		for _, s := range sources {
			if !yield(s.String()) {
				return
			}
		}
	})
}

// capital has a sentence begin with a capital letter.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
