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
	"plantrail/pipeline/calls"
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
	until := c.At.Add(time.Nanosecond)
	for row, err := range calls.Rows(ctx, r, calls.Query{Until: until, Known: until, Accounts: c.Accounts}) {
		if err != nil {
			return nil, nil, err
		}
		c.know(changes, row.Account, row.Change)
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
		if told := schema.Currents(changes[account], c.At); len(told) > 0 {
			a.Current = told[0]
			a.Actor = actor(changes[account], a.EventID)
		}
		_, a.Rows = rows[account]
		a.Whole = reach[account]
		a.Known = known(a.Whole)
		all = append(all, a)
	}
	return all, unreadable, nil
}

// actor returns who made the call of an event.
func actor(changes []schema.Change, id string) string {
	for i := range changes {
		if changes[i].EventID == id {
			return changes[i].Actor
		}
	}
	return ""
}

// know notes an account that is asked about, with a change if there is one that counts.
// Texts get memory of their own: rows share that of a file.
func (c *Config) know(changes map[string][]schema.Change, account string, change *schema.Change) {
	if len(c.Accounts) > 0 && !slices.Contains(c.Accounts, account) {
		return
	}
	known, found := changes[account]
	if !found {
		account = strings.Clone(account)
	}
	if change != nil && change.Counts() {
		known = append(known, change.Clone())
	}
	changes[account] = known
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
