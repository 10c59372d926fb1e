package schema

import (
	"cmp"
	"slices"
	"time"
)

// A Period is a time in which an account is believed to have had a level.
type Period struct {
	Account   string
	Level     string    // as in [Levels], as written, or [Unknown]
	From, To  time.Time // zero: open
	EventID   string    // the event that the belief rests on
	Scheduled bool      // whether a schedule brought the level, not a change at once
}

// Timeline returns which level each account of the changes is believed to have
// had from when to when, in the order of account and time. What it believes is
// what was asked for and accepted; whether the service did as it was asked,
// events do not tell.
//
//  1. A change counts when it was accepted and names a level, or a schedule
//     with a level and its time. An account's changes follow each other by time,
//     then by event ID and operation.
//  2. A level asked for is in force from the time of the call.
//  3. A schedule's start level is in force from its start time, and its end
//     level from its end time, but neither before the call.
//  4. The next change that counts cancels what a schedule has still pending: a
//     level that would begin at the time of the next change, or later, never
//     begins.
//  5. Of levels that begin at the same time, the one asked for last counts, and
//     within one call the end level before the start level before the level.
//  6. A level that is in force already begins no period of its own.
//  7. Before the first period an account's level is [Unknown], from ever on.
//
// Schedules reach into the future, and so do periods. The view
// support_plan_timeline follows the same rules.
func Timeline(changes []Change) []Period {
	accounts := map[string][]Change{}
	for _, c := range changes {
		known := accounts[c.Account]
		if c.Counts() {
			known = append(known, c)
		}
		accounts[c.Account] = known
	}
	var periods []Period
	for account, asked := range accounts {
		slices.SortFunc(asked, compareChanges)
		periods = append(periods, join(account, begin(asked))...)
	}
	slices.SortStableFunc(periods, func(a, b Period) int { return cmp.Compare(a.Account, b.Account) })
	return periods
}

// Counts reports whether the change counts for [Timeline].
func (c *Change) Counts() bool {
	return c.Outcome == Accepted && (c.Level != "" || c.Schedule.starts() || c.Schedule.ends())
}

func (s ScheduledLevels) starts() bool { return s.StartLevel != "" && !s.StartTime.IsZero() }
func (s ScheduledLevels) ends() bool   { return s.EndLevel != "" && !s.EndTime.IsZero() }

// compareChanges orders an account's changes. Behind the operation it compares
// all else that decides about a period, so that the order of the changes given
// does not.
func compareChanges(a, b Change) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.Operation, b.Operation),
		cmp.Compare(a.Level, b.Level), cmp.Compare(a.Schedule.StartLevel, b.Schedule.StartLevel), a.Schedule.StartTime.Compare(b.Schedule.StartTime),
		cmp.Compare(a.Schedule.EndLevel, b.Schedule.EndLevel), a.Schedule.EndTime.Compare(b.Schedule.EndTime))
}

// begin returns the levels that an account's changes bring, as periods without
// an end, in the order in which they begin.
func begin(asked []Change) []Period {
	var levels []Period
	for i, c := range asked {
		if c.Level != "" {
			levels = append(levels, Period{Level: c.Level, From: c.Time, EventID: c.EventID})
		}
		schedule := func(level string, at time.Time) {
			if at.Before(c.Time) {
				at = c.Time
			}
			if i+1 == len(asked) || at.Before(asked[i+1].Time) {
				levels = append(levels, Period{Level: level, From: at, EventID: c.EventID, Scheduled: true})
			}
		}
		if c.Schedule.starts() {
			schedule(c.Schedule.StartLevel, c.Schedule.StartTime)
		}
		if c.Schedule.ends() {
			schedule(c.Schedule.EndLevel, c.Schedule.EndTime)
		}
	}
	slices.SortStableFunc(levels, func(a, b Period) int { return a.From.Compare(b.From) })
	return levels
}

// join lets each level end where the next begins.
func join(account string, levels []Period) []Period {
	periods := []Period{{Account: account, Level: Unknown}}
	for i, level := range levels {
		if i+1 < len(levels) && levels[i+1].From.Equal(level.From) {
			continue
		}
		last := &periods[len(periods)-1]
		if last.Level == level.Level {
			continue
		}
		last.To = level.From
		level.Account = account
		periods = append(periods, level)
	}
	return periods
}
