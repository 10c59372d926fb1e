// Package levels tells which level of support each account has.
//
// It joins what three places know: the table's changes ([schema.Currents]), the
// table's state (how far the log files of an account have been read), and the list
// of accounts that somebody gave. An account that any of them knows is told of, so
// that one without a change is no account less.
package levels

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/accounts"
	"plantrail/pipeline/state"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// Config says what to tell.
type Config struct {
	At       time.Time // the instant to tell of
	Accounts []string  // only these; none is all
	Names    accounts.Names
}

// An Account is what is known of one.
type Account struct {
	schema.Current
	Name  string // what it is called; empty if that is not known
	Actor string // who asked for the level
	// Known are the days of which all log files have been read, in every region, from
	// the account's first log file to its last: silence before and after proves nothing.
	Known trail.Days
	// Rows says that the table has rows of the account until then.
	Rows bool
	// Whole is what the state knows of the account, without regions for one that no run
	// has read.
	state.Whole
}

// Read returns what is known of each account, in order. Unreadable are the names of
// state documents that make no sense. The error wraps store.ErrChanged if a run
// replaced a file of the table meanwhile: read again.
func Read(ctx context.Context, r *table.Reader, c Config) (all []Account, unreadable []string, err error) {
	changes := map[string][]schema.Change{}
	filter := table.Filter{Until: c.At.Add(time.Nanosecond), Accounts: c.Accounts, Columns: schema.ChangeColumns()}
	for event, err := range r.Rows(ctx, filter) {
		if err != nil {
			return nil, nil, err
		}
		if read, ok := schema.ReadOf(event); ok {
			c.know(changes, read.Account, nil)
		} else if change, ok := schema.ChangeOf(event); ok {
			c.know(changes, change.Account, &change)
		}
	}
	rows := maps.Clone(changes)
	units, unreadable, err := state.Reaches(ctx, r, schema.EventSources())
	if err != nil {
		return nil, nil, err
	}
	reach := state.Accounts(units)
	for account := range reach {
		c.know(changes, account, nil)
	}
	for account := range c.Names {
		c.know(changes, account, nil)
	}
	for _, account := range slices.Sorted(maps.Keys(changes)) {
		a := Account{Current: schema.Current{Account: account, Level: schema.Unknown, Status: schema.PlanUnknown}, Name: c.Names[account]}
		calls := schema.Amend(changes[account])
		if told := schema.Currents(calls, c.At); len(told) > 0 {
			a.Current = told[0]
			a.Actor = actor(calls, a.EventID)
		}
		_, a.Rows = rows[account]
		a.Whole = reach[account]
		a.Known = known(a.Whole)
		all = append(all, a)
	}
	return all, unreadable, nil
}

// actor returns who made the call of an event.
func actor(calls []schema.Change, id string) string {
	for i := range calls {
		if calls[i].EventID == id && calls[i].Counts() {
			return calls[i].Actor
		}
	}
	return ""
}

// know notes an account that is asked about, with a change if there is one. What
// Currents does not look at is left out, and texts get memory of their own: rows
// share that of a file.
func (c *Config) know(changes map[string][]schema.Change, account string, change *schema.Change) {
	if len(c.Accounts) > 0 && !slices.Contains(c.Accounts, account) {
		return
	}
	known, found := changes[account]
	if !found {
		account = strings.Clone(account)
	}
	if change == nil {
		changes[account] = known
		return
	}
	s := change.Schedule
	changes[account] = append(known, schema.Change{
		Time: change.Time, Account: strings.Clone(change.Account), Operation: strings.Clone(change.Operation), Level: strings.Clone(change.Level),
		Schedule: schema.ScheduledLevels{
			StartLevel: strings.Clone(s.StartLevel), StartTime: s.StartTime, EndLevel: strings.Clone(s.EndLevel), EndTime: s.EndTime,
		},
		Outcome: change.Outcome, Error: strings.Clone(change.Error), EventID: strings.Clone(change.EventID), Actor: strings.Clone(change.Actor),
		Addendum: schema.Amendment{EventID: strings.Clone(change.Addendum.EventID), Fields: strings.Clone(change.Addendum.Fields)},
	})
}

// known returns the days that are known of an account.
func known(w state.Whole) trail.Days {
	if w.First == 0 {
		return nil
	}
	return w.Settled.Within(trail.Span{From: w.First, To: w.Last})
}

// Silent returns whether days are settled after the last on which there was a log
// file: there were no calls, or the trail has stopped.
func (a *Account) Silent() bool {
	return a.First != 0 && len(a.Settled) > 0 && a.Settled.Last() > a.Last
}

// Missing returns how many days between the first and the last that are known are
// not.
func (a *Account) Missing() int {
	if len(a.Known) == 0 {
		return 0
	}
	return int(a.Known.Last()-a.Known.First()) + 1 - a.Known.Count()
}
