package bench

import (
	"errors"
	"io"
	"regexp"
	"time"

	"plantrail/bench/corpus"
)

// A Config says what to measure.
type Config struct {
	// Pairs is how many runs of two programs are compared in each row.
	Pairs int
	// Only selects rows by name, such as busy/duckdb; nil for all.
	Only *regexp.Regexp

	// BusyFiles, TinyFiles, RemoteFiles and MemoryFiles are how many log files the
	// corpora have. They are rounded down to as many for each account, region and day.
	BusyFiles, TinyFiles, RemoteFiles, MemoryFiles int
	// ListedKeys is how many keys are listed.
	ListedKeys int

	// Concurrency is how many requests are in flight over S3: plantrail's
	// default.
	Concurrency int
	// Delay is what a request takes: what S3 needs for a small object.
	Delay time.Duration

	// Log gets a line for each row that is begun.
	Log io.Writer
}

// DefaultConfig returns what takes a few minutes on two cores.
func DefaultConfig() Config {
	return Config{
		Pairs:       7,
		BusyFiles:   160,
		TinyFiles:   20_000,
		RemoteFiles: 10_000,
		MemoryFiles: 60_000,
		ListedKeys:  1_000_000,
		Concurrency: 128,
		Delay:       30 * time.Millisecond,
		Log:         io.Discard,
	}
}

func (c *Config) check() error {
	switch {
	case c.Pairs < 1:
		return errors.New("no pairs: need one at least")
	case c.Concurrency < 1:
		return errors.New("no requests in flight: need one at least")
	case c.Delay <= 0:
		return errors.New("no delay: requests take time")
	}
	return nil
}

// selects reports whether a row is to be measured.
func (c *Config) selects(name string) bool { return c.Only == nil || c.Only.MatchString(name) }

// The shape of the corpora. There are no decoys and no copies: the program in C
// counts log files, and each has one event at most.
const (
	busyDays, busyAccounts, busyPlanted = 4, 2, 4
	tinyDays, tinyAccounts, tinyPlanted = 25, 4, 20
)

// busy returns a corpus of large log files.
func (c *Config) busy() corpus.Config {
	config := shape(busyAccounts, busyDays, c.BusyFiles)
	config.Mode, config.Planted = corpus.Busy, busyPlanted
	return config
}

// tiny returns a corpus of so many small log files.
func tiny(files int) corpus.Config {
	config := shape(tinyAccounts, tinyDays, files)
	config.Mode, config.Planted = corpus.Tiny, tinyPlanted
	return config
}

func shape(accounts, days, files int) corpus.Config {
	config := corpus.DefaultConfig()
	config.Accounts, config.Days = accounts, days
	config.FilesPerDay = max(files/(accounts*len(config.Regions)*days), 1)
	config.Duplicates, config.Decoys = 0, 0
	return config
}
