package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"plantrail/pipeline/accounts"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
)

// accountFlags say which table to read, and what of which accounts. show, page and
// levels share them.
type accountFlags struct {
	Table   string   `help:"Where the table is: s3://bucket/prefix or a directory." placeholder:"URL"`
	Account []string `help:"Only this account. Repeatable." placeholder:"ID"`
	Names   string   `name:"accounts" help:"What accounts are called: a file with what aws organizations list-accounts prints as JSON, or CSV with an ID and a name a line." placeholder:"FILE"`
	Quiet   bool     `short:"q" help:"Say nothing but what was asked for, and errors."`
}

// readFlags say what of a table to read since when. show and page share them.
type readFlags struct {
	accountFlags
	Since string `help:"Only events since this day or instant: 2024-03-01, yesterday, 7d (ago), 2024-03-01T12:30:00Z. Default: all." placeholder:"DAY"`
}

// since returns the time that --since names, zero if it is not given. It checks
// the accounts too.
func (f *readFlags) since(now time.Time) (time.Time, error) {
	if err := f.checkAccounts(); err != nil {
		return time.Time{}, err
	}
	since, _, err := parseWhen("--since", f.Since, now)
	return since, err
}

// checkAccounts refuses what is no account's ID.
func (f *accountFlags) checkAccounts() error {
	for _, account := range f.Account {
		if len(account) != 12 || strings.Trim(account, "0123456789") != "" {
			return usage(fmt.Errorf("--account %q: write its 12 digits", account))
		}
	}
	return nil
}

// names reads what accounts are called, nil if --accounts is not given.
func (f *accountFlags) names() (accounts.Names, error) {
	if f.Names == "" {
		return nil, nil
	}
	file, err := os.Open(f.Names)
	if err != nil {
		return nil, usage(fmt.Errorf("--accounts %w", err))
	}
	text, err := io.ReadAll(io.LimitReader(file, accounts.Size+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("--accounts %w", err)
	}
	if len(text) > accounts.Size {
		return nil, usage(fmt.Errorf("--accounts %s: more than %d bytes are no list of accounts", f.Names, accounts.Size))
	}
	names, err := accounts.Parse(text)
	if err != nil {
		return nil, usage(fmt.Errorf("--accounts %s: %w", f.Names, err))
	}
	return names, nil
}

// parseWhen reads a day or an instant, zero if there is none. A day begins at from
// and ends before to, an instant is both.
func parseWhen(flag, text string, now time.Time) (from, to time.Time, err error) {
	if text == "" {
		return from, to, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, at, nil
	}
	day, err := trail.ParseDay(text, now)
	if err != nil {
		return from, to, usage(fmt.Errorf("%s %w; or an instant, 2024-03-01T12:30:00Z", flag, err))
	}
	return day.Time(), (day + 1).Time(), nil
}

// open opens the table that --table names, and returns its name too.
func (f *accountFlags) open(ctx context.Context) (*table.Reader, store.URL, error) {
	if f.Table == "" {
		return nil, store.URL{}, usage(errors.New("no table: name where it is, as in --table s3://my-tables/support-plans"))
	}
	u, err := store.ParseURL(f.Table)
	if err != nil {
		return nil, u, usage(fmt.Errorf("--table %w", err))
	}
	location, err := store.Open(ctx, u, true, &store.Shared{Concurrency: 1})
	if err != nil {
		return nil, u, err
	}
	reader, err := table.OpenReader(ctx, location)
	return reader, u, err
}

// maxReads bounds how often the table is read again because a run replaced a
// file of it meanwhile, which runs do minutes apart.
const maxReads = 5

// untilUnchanged reads until no run replaces a file meanwhile.
func untilUnchanged(read func() error) (err error) {
	for range maxReads {
		if err = read(); !errors.Is(err, store.ErrChanged) {
			break
		}
	}
	return err
}

// warnOutdated says that other programs read the table wrong, if they do.
func (f *accountFlags) warnOutdated(v *voice, reader *table.Reader) {
	if err := reader.Outdated(); err != nil && !f.Quiet {
		v.note("warning: " + err.Error())
	}
}
