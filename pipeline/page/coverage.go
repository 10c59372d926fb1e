package page

import (
	"cmp"
	"context"
	"slices"

	"plantrail/pipeline/state"
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
	state.Reach
	Alone trail.Days // of which Event history tells, and no log file
}

// readCoverage reads the states of a table. Units with trouble come first.
func readCoverage(ctx context.Context, r *table.Reader, c Config) (coverage, error) {
	reaches, unreadable, err := state.Reaches(ctx, r, schema.EventSources())
	if err != nil {
		return coverage{}, err
	}
	all := coverage{unreadable: unreadable}
	for _, reach := range reaches {
		if c.shows(reach.Account) {
			all.units = append(all.units, unit{Reach: reach})
		}
	}
	all.findAlone()
	slices.SortStableFunc(all.units, func(a, b unit) int { return -cmp.Compare(a.trouble(), b.trouble()) })
	return all, nil
}

// findAlone finds the days that Event history alone tells of. A settled day without a
// log file is such a day too: nothing says that a trail recorded it.
func (c *coverage) findAlone() {
	type place struct{ account, region string }
	logged := map[place]trail.Days{}
	for _, u := range c.units {
		if !u.History && !u.Other {
			at := place{u.Account, u.Region}
			for _, days := range []trail.Days{u.Settled.Without(u.Empty), u.Unsettled} {
				for _, span := range days.Within(trail.Span{From: u.First, To: trail.LastDay}) {
					logged[at] = logged[at].With(span)
				}
			}
		}
	}
	for i := range c.units {
		if u := &c.units[i]; u.History && !u.Other {
			days := u.Settled
			for _, span := range u.Unsettled {
				days = days.With(span)
			}
			u.Alone = days.Without(logged[place{u.Account, u.Region}])
		}
	}
}

// files reports whether the unit is files that are known one by one, of whatever
// account and day.
func (u *unit) files() bool { return u.Account == "" && !u.Other }

// trouble ranks how much somebody should look at a unit.
func (u *unit) trouble() int {
	switch {
	case len(u.Failed) > 0:
		return 3
	case len(u.Missing) > 0:
		return 2
	case u.files():
		return 0
	case u.Other || len(u.Settled) == 0:
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
		if u.files() {
			return "files"
		}
		return "complete"
	}
	if u.Other {
		return "other events"
	}
	return "not settled"
}
