package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline/table"
	"plantrail/schema"
)

// showCommand is plantrail show.
type showCommand struct {
	readFlags
	Limit int  `help:"How many changes at most, the newest ones; 0 is all (default ${default})." placeholder:"N" default:"20"`
	JSON  bool `help:"Print a JSON array, a change a line." xor:"format"`
	CSV   bool `help:"Print CSV with a header, for spreadsheets." xor:"format"`
}

// Help is shown by plantrail show --help.
func (showCommand) Help() string {
	return `Prints who changed support plans, and when, where and how, the newest change first. Reads as little of the table as it can, and writes nothing. Times are in UTC.

On a terminal, columns that do not fit are left out or shortened; COLUMNS sets another width. Elsewhere, and with --json and --csv, everything is whole.

Example:

  plantrail show --table s3://my-tables/support-plans --account 111122223333 --since 30d`
}

// Run carries out the command.
func (s *showCommand) Run(ctx context.Context) error {
	if s.Limit < 0 {
		return usage(fmt.Errorf("--limit %d: write how many changes to show, or 0 for all", s.Limit))
	}
	since, err := s.since(time.Now())
	if err != nil {
		return err
	}
	reader, _, err := s.open(ctx)
	if err != nil {
		return err
	}
	filter := table.Filter{Since: since, Accounts: s.Account, Columns: schema.ChangeColumns(), Newest: true}
	var changes []schema.Change
	var more bool
	err = untilUnchanged(func() error {
		changes, more, err = s.read(ctx, reader, filter)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.print(changes); err != nil {
		return err
	}
	switch {
	case len(changes) == 0 && (len(s.Account) > 0 || s.Since != ""):
		fmt.Fprintln(os.Stderr, "plantrail: no such changes: leave out --account or --since to see others")
	case len(changes) == 0:
		fmt.Fprintln(os.Stderr, "plantrail: no changes in the table")
	case more:
		fmt.Fprintf(os.Stderr, "plantrail: the newest %s changes; --limit 0 shows all\n", humanize.Comma(int64(s.Limit)))
	}
	return nil
}

// read returns the newest changes, and whether there are more.
func (s *showCommand) read(ctx context.Context, r *table.Reader, f table.Filter) (changes []schema.Change, more bool, err error) {
	for event, err := range r.Rows(ctx, f) {
		if err != nil {
			return nil, false, err
		}
		change, ok := schema.ChangeOf(event)
		if !ok || len(s.Account) > 0 && !slices.Contains(s.Account, change.Account) {
			continue
		}
		if s.Limit > 0 && len(changes) == s.Limit {
			return changes, true, nil
		}
		changes = append(changes, change)
	}
	return changes, false, nil
}

// print writes the changes to standard output.
func (s *showCommand) print(changes []schema.Change) error {
	var write func(io.Writer, []schema.Change) error
	switch {
	case s.JSON:
		write = writeJSON
	case s.CSV:
		write = writeCSV
	default:
		columns := terminalColumns(os.Stdout)
		write = func(w io.Writer, changes []schema.Change) error { return writeTable(w, changes, columns) }
	}
	out := bufio.NewWriter(os.Stdout)
	return errors.Join(write(out, changes), out.Flush())
}
