package page

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// A coverage is what the table remembers of the log files it was made from.
type coverage struct {
	units      []unit
	unreadable []string // names of state documents that make no sense
}

// A unit is what has been read of one account and region of a source.
type unit struct {
	account, region, folder string
	settled                 trail.Days
	unsettled               trail.Days // of which log files have been read
	missing                 trail.Days // that no run has finished, among others that are
	logFiles                int
	first                   trail.Day // from which on there are log files; 0 without any
	failed                  []string  // keys below the region's folder
	other                   bool      // other events were looked for: all is read again
}

// readCoverage reads the states of a table, one at a time.
func readCoverage(ctx context.Context, r *table.Reader, c Config) (coverage, error) {
	var all coverage
	for name, err := range r.Documents(ctx, "state") {
		if err != nil {
			return all, err
		}
		text, _, err := r.Document(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			continue // removed since it was listed
		}
		if err != nil {
			return all, err
		}
		a, err := state.ParseAny(text)
		if err != nil {
			all.unreadable = append(all.unreadable, path.Base(name))
			continue
		}
		for region, known := range a.Regions {
			if u := unitOf(a, region, known); c.shows(u.account) {
				all.units = append(all.units, u)
			}
		}
	}
	slices.SortFunc(all.units, func(a, b unit) int {
		return cmp.Or(-cmp.Compare(a.trouble(), b.trouble()), cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region), cmp.Compare(a.folder, b.folder))
	})
	return all, nil
}

func unitOf(a *state.Account, region string, known *state.Region) unit {
	u := unit{region: region, folder: a.Folder, settled: known.Settled, other: !slices.Equal(a.EventSources, schema.EventSources())}
	if rel, account, name := state.SplitRegion(region); account != "" {
		u.account, u.region, u.folder = account, name, a.Folder+rel
	} else {
		parts := strings.Split(a.Folder, "/") // …/111122223333/CloudTrail/
		u.account = parts[max(0, len(parts)-3)]
	}
	begins := func(day trail.Day) {
		if u.first == 0 || day < u.first {
			u.first = day
		}
	}
	for month, tally := range known.Months {
		u.logFiles += tally.Count
		if t, err := time.Parse("2006-01", month); err == nil && tally.Count > 0 {
			begins(trail.DayOf(t))
		}
	}
	done := u.settled
	for day, tally := range known.Days {
		u.logFiles += tally.Count
		begins(day)
		u.unsettled = u.unsettled.With(trail.Span{From: day, To: day})
		done = done.With(trail.Span{From: day, To: day})
	}
	if len(u.settled) > 0 {
		u.missing = trail.Days{{From: u.settled.First(), To: u.settled.Last()}}.Without(done)
	}
	for key := range known.Failed {
		u.failed = append(u.failed, key)
	}
	slices.Sort(u.failed)
	return u
}

// trouble ranks how much somebody should look at a unit.
func (u *unit) trouble() int {
	switch {
	case len(u.failed) > 0:
		return 3
	case len(u.missing) > 0:
		return 2
	case u.other || len(u.settled) == 0:
		return 1
	}
	return 0
}

// state says in a word how a unit is.
func (u *unit) state() string {
	switch u.trouble() {
	case 3:
		return "log files failed"
	case 2:
		return "days missing"
	case 0:
		return "complete"
	}
	if u.other {
		return "other events"
	}
	return "not settled"
}
