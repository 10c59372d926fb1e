package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// showCommand is plantrail show.
type showCommand struct {
	Table   string   `help:"Where the table is: s3://bucket/prefix or a directory." placeholder:"URL"`
	Account []string `help:"Only changes in this account. Repeatable." placeholder:"ID"`
	Since   string   `help:"Only changes since this day or instant: 2024-03-01, yesterday, 7d (ago), 2024-03-01T12:30:00Z. Default: all." placeholder:"DAY"`
	Limit   int      `help:"How many changes at most, the newest ones; 0 is all (default ${default})." placeholder:"N" default:"20"`
	JSON    bool     `help:"Print a JSON array, a change a line." xor:"format"`
	CSV     bool     `help:"Print CSV with a header, for spreadsheets." xor:"format"`
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
	filter, err := s.filter(time.Now())
	if err != nil {
		return err
	}
	if s.Table == "" {
		return usage(errors.New("no table: name where it is, as in --table s3://my-tables/support-plans"))
	}
	u, err := store.ParseURL(s.Table)
	if err != nil {
		return usage(fmt.Errorf("--table %w", err))
	}
	location, err := store.Open(ctx, u, true, &store.Shared{Concurrency: 1})
	if err != nil {
		return err
	}
	reader, err := table.OpenReader(ctx, location)
	if err != nil {
		return err
	}
	changes, more, err := s.newest(ctx, reader, filter)
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

// filter returns the rows that the flags name.
func (s *showCommand) filter(now time.Time) (table.Filter, error) {
	f := table.Filter{Accounts: s.Account, Columns: schema.ChangeColumns(), Newest: true}
	for _, account := range s.Account {
		if len(account) != 12 || strings.Trim(account, "0123456789") != "" {
			return f, usage(fmt.Errorf("--account %q: write its 12 digits", account))
		}
	}
	if s.Limit < 0 {
		return f, usage(fmt.Errorf("--limit %d: write how many changes to show, or 0 for all", s.Limit))
	}
	if s.Since == "" {
		return f, nil
	}
	var err error
	if f.Since, err = time.Parse(time.RFC3339, s.Since); err == nil {
		return f, nil
	}
	day, err := trail.ParseDay(s.Since, now)
	if err != nil {
		return f, usage(fmt.Errorf("--since %w; or an instant, 2024-03-01T12:30:00Z", err))
	}
	f.Since = day.Time()
	return f, nil
}

// maxReads bounds how often the table is read again because a run replaced a
// file of it meanwhile, which runs do minutes apart.
const maxReads = 5

// newest returns the newest changes, and whether there are more.
func (s *showCommand) newest(ctx context.Context, r *table.Reader, f table.Filter) (changes []schema.Change, more bool, err error) {
	for range maxReads {
		if changes, more, err = s.read(ctx, r, f); !errors.Is(err, store.ErrChanged) {
			break
		}
	}
	return changes, more, err
}

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
