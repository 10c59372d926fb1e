package corpus

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// A Mode is a kind of trail.
type Mode int

const (
	// Tiny is what most trails deliver: a median of 5 records in 1.5 KB, and
	// about 40 records in 6.6 KB at the 99th percentile.
	Tiny Mode = iota
	// Busy is what the busiest accounts deliver: log files that inflate to 1 MB
	// to 10 MB.
	Busy
)

// String returns the mode's name.
func (m Mode) String() string {
	if m == Busy {
		return "busy"
	}
	return "tiny"
}

// A Config says what corpus to make. It is complete: [Generate] reads nothing
// else.
type Config struct {
	// Seed makes one corpus differ from another of the same shape.
	Seed uint64
	// Accounts is how many accounts deliver log files.
	Accounts int
	// Regions are the regions of each account.
	Regions []string
	// FirstDay is the first delivery day, at any hour of it in UTC.
	FirstDay time.Time
	// Days is how many delivery days there are.
	Days int
	// FilesPerDay is how many log files a region of an account gets a day.
	FilesPerDay int
	// Mode sets how large the log files are.
	Mode Mode
	// Org is an organization's id, o-xxxxxxxxxx, whose folder the accounts lie
	// in; empty for accounts with trails of their own.
	Org string

	// Planted is how many different Support Plans events there are.
	Planted int
	// Duplicates is how many of those are delivered once more, in another log
	// file of the same account and region.
	Duplicates int
	// Decoys is how many records of other services quote the name of a Support
	// Plans event source.
	Decoys int

	// Workers is how many log files are made at once. It has no influence on
	// their bytes.
	Workers int
}

// DefaultConfig returns a small trail: 1,200 log files of two accounts in two
// regions over ten days, with a few planted events.
func DefaultConfig() Config {
	return Config{
		Seed:        1,
		Accounts:    2,
		Regions:     []string{"us-east-1", "us-west-2"},
		FirstDay:    time.Date(2024, time.March, 1, 0, 0, 0, 0, time.UTC),
		Days:        10,
		FilesPerDay: 30,
		Mode:        Tiny,
		Planted:     40,
		Duplicates:  10,
		Decoys:      20,
		Workers:     runtime.GOMAXPROCS(0),
	}
}

// files returns how many log files there are.
func (c Config) files() int { return c.Accounts * len(c.Regions) * c.filesPerUnit() }

// filesPerUnit returns how many log files one account gets in one region.
func (c Config) filesPerUnit() int { return c.Days * c.FilesPerDay }

// check refuses a corpus that cannot be made as asked for.
func (c Config) check() error {
	switch {
	case c.Accounts < 1 || len(c.Regions) < 1 || c.Days < 1 || c.FilesPerDay < 1:
		return errors.New("no log files: need an account, a region, a day and a log file a day")
	case c.Planted < 0 || c.Duplicates < 0 || c.Decoys < 0:
		return errors.New("a negative number of events")
	case c.Duplicates > c.Planted:
		return fmt.Errorf("%d duplicates of %d events: each can be delivered once more only", c.Duplicates, c.Planted)
	case c.Duplicates > 0 && c.filesPerUnit() < 2:
		return errors.New("duplicates need a second log file in the region")
	case c.Workers < 1:
		return errors.New("no workers")
	}
	return nil
}
