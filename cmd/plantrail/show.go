package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline/accounts"
	"plantrail/pipeline/calls"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

// showCommand is plantrail show.
type showCommand struct {
	readFlags
	Until string `help:"Only events until this day, included, or before this instant. Default: all." placeholder:"DAY"`
	Limit number `help:"How many changes at most, the newest ones; 0 is all (default ${default})." placeholder:"N" default:"20"`
	JSON  bool   `help:"Print a JSON array, one change per line." xor:"format"`
	CSV   bool   `help:"Print CSV with a header, for spreadsheets." xor:"format"`
}

// Help is shown by plantrail show --help.
func (showCommand) Help() string {
	return `Prints who changed support plans, and when, where and how, the newest change first. Reads as little of the table as it can, and writes nothing. Times are in UTC.

On a terminal, columns that do not fit are left out or shortened; COLUMNS sets another width. Elsewhere, and with --json and --csv, everything is whole.

Example:

  plantrail show --table s3://my-tables/support-plans --account 111122223333 --since 30d`
}

// Run carries out the command.
func (s *showCommand) Run(ctx context.Context, v *voice) error {
	if s.Limit < 0 {
		return usage(fmt.Errorf("--limit %d: write how many changes to show, or 0 for all", s.Limit))
	}
	now := time.Now()
	since, err := s.since(now)
	if err != nil {
		return err
	}
	_, until, err := parseWhen("--until", s.Until, now)
	if err != nil {
		return err
	}
	if !until.IsZero() && !since.Before(until) {
		return usage(fmt.Errorf("nothing is since %s and until %s: the first must be before the second", s.Since, s.Until))
	}
	names, err := s.names()
	if err != nil {
		return err
	}
	reader, _, err := s.open(ctx)
	if err != nil {
		return err
	}
	query := calls.Query{Since: since, Until: until, Accounts: s.Account, Newest: true}
	var changes []schema.Change
	var more bool
	err = untilUnchanged(func() error {
		if changes, more, err = s.read(ctx, reader, query); err != nil {
			return err
		}
		return calls.Agree(ctx, reader, query, changes)
	})
	if err != nil {
		return err
	}
	s.warnOutdated(v, reader)
	if err := s.print(changes, names); err != nil {
		return err
	}
	if note := s.note(len(changes), more); note != "" && !s.Quiet {
		v.note(note)
	}
	return nil
}

// note says what the changes that are shown do not: that there are none, or more.
func (s *showCommand) note(shown int, more bool) string {
	var given []string
	for _, flag := range []struct {
		name string
		used bool
	}{{"--account", len(s.Account) > 0}, {"--since", s.Since != ""}, {"--until", s.Until != ""}} {
		if flag.used {
			given = append(given, flag.name)
		}
	}
	switch {
	case shown == 0 && len(given) > 0:
		return "no such changes: leave out " + either(given) + " to see others"
	case shown == 0:
		return "no changes in the table"
	case more && shown == 1:
		return "only the newest change; --limit 0 shows all"
	case more:
		return fmt.Sprintf("only the newest %s changes; --limit 0 shows all", humanize.Comma(int64(shown)))
	}
	return ""
}

// read returns the newest changes, and whether there are more.
func (s *showCommand) read(ctx context.Context, r *table.Reader, q calls.Query) (changes []schema.Change, more bool, err error) {
	for row, err := range calls.Rows(ctx, r, q) {
		if err != nil {
			return nil, false, err
		}
		if row.Change == nil {
			continue
		}
		if s.Limit > 0 && len(changes) == int(s.Limit) {
			return changes, true, nil
		}
		changes = append(changes, row.Change.Clone())
	}
	return changes, false, nil
}

// print writes the changes to standard output.
func (s *showCommand) print(changes []schema.Change, names accounts.Names) error {
	var err error
	out := bufio.NewWriter(os.Stdout)
	columns, rows := fieldNames(), []record(nil)
	if s.JSON || s.CSV {
		rows = records(changes)
	}
	if names != nil {
		columns = append(columns, "accountname")
		for i := range rows {
			rows[i] = append(rows[i], names[changes[i].Account])
		}
	}
	switch {
	case s.JSON:
		err = writeJSON(out, columns, rows)
	case s.CSV:
		err = writeCSV(out, columns, rows)
	default:
		err = writeChanges(out, changes, names, terminalColumns(os.Stdout))
	}
	return errors.Join(err, out.Flush())
}
