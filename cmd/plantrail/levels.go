package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"time"

	"plantrail/pipeline/levels"
)

// levelsCommand is plantrail levels.
type levelsCommand struct {
	accountFlags
	At   string `help:"The day, at its end, or the instant to tell of: 2026-12-31, yesterday, 2026-12-31T12:30:00Z. Default: now." placeholder:"DAY"`
	JSON bool   `help:"Print a JSON array, one account per line." xor:"format"`
	CSV  bool   `help:"Print CSV with a header, for spreadsheets." xor:"format"`
}

// Help is shown by plantrail levels --help.
func (levelsCommand) Help() string {
	return `Prints which account has which support plan: since when and by whom, what is scheduled next, when AWS ends the plan, and until which day that is known. Reads the table and its state, writes nothing. Times are in UTC.

A level is the one last asked for and accepted; whether AWS did as it was asked, events do not tell. A plan that has ended is told as such: what followed is not known. A level that this version does not know stands as it is written. Accounts that were read without a change, or that only --accounts names, are told too.

With --json and --csv, names of plans are those of the view support_plan_current, and everything is whole.

Examples:

  plantrail levels --table s3://my-tables/support-plans --accounts accounts.json
  plantrail levels --table s3://my-tables/support-plans --at 2026-12-31 --csv`
}

// Run carries out the command.
func (l *levelsCommand) Run(ctx context.Context, v *voice) error {
	if err := l.checkAccounts(); err != nil {
		return err
	}
	now := time.Now()
	config := levels.Config{At: now, Accounts: l.Account}
	if l.At != "" {
		from, to, err := parseWhen("--at", l.At, now)
		if err != nil {
			return err
		}
		config.At = from
		if to.After(from) {
			config.At = to.Add(-time.Nanosecond) // the last moment of the day
		}
	}
	var err error
	if config.Names, err = l.names(); err != nil {
		return err
	}
	reader, _, err := l.open(ctx)
	if err != nil {
		return err
	}
	var all []levels.Account
	var unreadable []string
	err = untilUnchanged(func() error {
		all, unreadable, err = levels.Read(ctx, reader, config)
		return err
	})
	if err != nil {
		return err
	}
	l.warnOutdated(v, reader)
	for _, name := range unreadable {
		v.note("warning: state/" + name + " makes no sense: how far its account has been read is not known")
	}
	if err := l.print(all, config); err != nil {
		return err
	}
	if !l.Quiet {
		for _, note := range levelNotes(all, config.At, now) {
			v.note(note)
		}
	}
	return nil
}

// print writes the accounts to standard output.
func (l *levelsCommand) print(all []levels.Account, config levels.Config) error {
	var err error
	out := bufio.NewWriter(os.Stdout)
	switch {
	case l.JSON:
		err = writeJSON(out, levelNames(), levelRecords(all))
	case l.CSV:
		err = writeCSV(out, levelNames(), levelRecords(all))
	default:
		err = writeLevels(out, all, config, terminalColumns(os.Stdout))
	}
	return errors.Join(err, out.Flush())
}

// levelNames returns the names of what programs read of an account: the columns of
// the view support_plan_current, and what the table's state and a list of accounts
// add.
func levelNames() []string {
	return []string{
		"account", "level", "status", "validfrom", "eventid", "scheduled", "planends",
		"nextlevel", "nexttime", "nexteventid", "thenlevel", "thentime",
		"accountname", "actor", "knownfrom", "knownuntil", "settleduntil", "missingdays", "failedlogfiles",
	}
}

func levelRecords(all []levels.Account) []record {
	rows := make([]record, len(all))
	for i := range all {
		a := &all[i]
		var from, until, settled string
		if len(a.Known) > 0 {
			from, until = a.Known.First().String(), a.Known.Last().String()
		}
		if len(a.Settled) > 0 {
			settled = a.Settled.Last().String()
		}
		rows[i] = record{
			a.Account, a.Level, a.Status, instant(a.Since), a.EventID, a.Scheduled, instant(a.Ends),
			a.Next.Level, instant(a.Next.From), a.Next.EventID, a.Then.Level, instant(a.Then.From),
			a.Name, a.Actor, from, until, settled, a.Missing(), a.Failed,
		}
	}
	return rows
}
