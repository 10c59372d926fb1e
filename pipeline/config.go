package pipeline

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"time"

	"plantrail/pipeline/gunzip"
	"plantrail/pipeline/history"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
)

// A Config says what a run reads and writes, and within which limits.
type Config struct {
	Sources []store.URL
	// Inventories are manifests of S3 Inventories, to list the sources in their
	// buckets from.
	Inventories []store.URL
	Table       store.URL
	Selection   trail.Selection
	Partition   table.Scheme
	Shard       Shard

	// Concurrency is how many log files are fetched at once, or AutoConcurrency. S3
	// answers in tens of milliseconds and scales with the number of requests.
	Concurrency int
	// Workers is how many log files are decoded at once.
	Workers int
	// Memory bounds what is held: log files as delivered and inflated, events, rows
	// that wait to be committed, and what a commit holds. See shares.
	Memory int64
	// MaxInflated bounds a log file's size, as delivered and inflated. CloudTrail
	// delivers at most 50 MB gzipped; what exceeds the bound is no log file.
	MaxInflated int
	// MaxExport bounds what an export inflates to. Exports hold whatever somebody put
	// together, and are read in pieces, so this only has a bomb end.
	MaxExport int64
	// MaxSearch bounds how many objects in a row are listed in search of log files
	// outside a trail's layout, so that a source at the root of a large unrelated
	// bucket or disk ends: a listing takes a request for a thousand.
	MaxSearch int
	// Checkpoint is how often a long run commits what it has found.
	Checkpoint time.Duration
	// Recheck is how long after its end a delivery day is listed again, for log
	// files that come late. RecheckAll lists days again that are settled.
	Recheck    time.Duration
	RecheckAll bool
	// Repair reads the log files again whose rows the table has lost.
	Repair bool
	// KnownBad are URIs of log files that are known to be broken: that they fail does
	// not make a run incomplete. They are tried all the same.
	KnownBad []string
	// Changes takes the plan changes that the run adds; nil: nobody asks for them.
	Changes ChangeWriter
	// MaxNoted is how many changes are noted that are not told yet: each takes some
	// hundred bytes, and a note is written with each partition. Years of a large
	// organization have fewer.
	MaxNoted int
	// Now is the clock: it decides which days are over.
	Now func() time.Time
	// MaxClaims writes what is finished into the state when so many claims of finished
	// batches wait: each takes some hundred bytes.
	MaxClaims int
	// MaxRows commits earlier, when so many rows wait. They are bounded by Memory in
	// any case.
	MaxRows int

	// OpenStore opens sources and the table. Tests put stores in its place that
	// fail in their own ways.
	OpenStore func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error)
	// Lookups keep requests for Event history at the service's pace.
	Lookups *history.Limits
	// Gunzip makes the gzip decoder of one worker. The benchmarks put another
	// one in its place to compare with.
	Gunzip func() Gunzipper

	Version  string       // of the program, for the table's metadata
	RunID    string       // names the run in its log lines and its report
	Log      *slog.Logger // what happens on the way
	Progress *Progress    // how far the run is; nil: nobody looks
}

// AutoConcurrency has a run find out how many log files to fetch at once.
const AutoConcurrency = -1

// A Gunzipper inflates gzip files: Decode writes over dst, which grows if need
// be, and returns src inflated, or an error beyond limit bytes.
type Gunzipper interface {
	Decode(dst, src []byte, limit int) ([]byte, error)
}

// DefaultConfig returns the limits for an ordinary machine, and a new RunID.
// Sources and Table are left to set.
func DefaultConfig() Config {
	return Config{
		Selection:   trail.Selection{To: trail.LastDay}, // whatever day its folder names, a log file that is there was delivered
		Partition:   table.ByMonth,
		Concurrency: AutoConcurrency,
		Workers:     runtime.GOMAXPROCS(0),
		Memory:      256 << 20,
		MaxInflated: 1 << 30,
		MaxExport:   1 << 40,
		MaxSearch:   10_000_000,
		Checkpoint:  5 * time.Minute,
		Recheck:     7 * 24 * time.Hour,
		Now:         time.Now,
		MaxClaims:   50_000,
		MaxNoted:    100_000,
		MaxRows:     math.MaxInt,
		OpenStore:   store.Open,
		Lookups:     new(history.Limits),
		Gunzip:      func() Gunzipper { return new(gunzip.Decoder) },
		Version:     "devel",
		RunID:       newRunID(),
		Log:         slog.Default(),
	}
}

// newRunID returns a name that two runs whose logs come together hardly share.
func newRunID() string { return strings.ToLower(rand.Text()[:8]) }

const (
	// maxNamed is how many log lines of one kind name a log file or folder. A
	// source that is denied as a whole has millions, and logs are paid by the
	// line; the report names all that the next run tries again.
	maxNamed = 100
	// minMemory is the least Memory: the largest log file fits in three quarters of
	// it.
	minMemory = 64 << 20
	// maxConcurrency keeps connections below the number of ports there are.
	maxConcurrency = 10_000
	// maxWorkers is more than any machine has cores.
	maxWorkers = 1024
)

// checkTable refuses a table among log files.
func (c *Config) checkTable() error {
	if c.Table == (store.URL{}) {
		return nil
	}
	if c.Table.History {
		return fmt.Errorf("table %s: Event history is a source: let the table be a directory or s3://bucket/prefix", c.Table)
	}
	if c.Table.Layout != store.Delivered {
		return fmt.Errorf("table %s: layout is for sources: leave it out", c.Table)
	}
	for _, u := range c.Sources {
		if u.Bucket == c.Table.Bucket && u.Endpoint == c.Table.Endpoint && u.Prefix == c.Table.Prefix {
			return fmt.Errorf("%s is the table and a source: give the table a place of its own", u)
		}
	}
	if c.Table.Bucket != "" && strings.Contains("/"+c.Table.Prefix+"/", "//") {
		return fmt.Errorf("table %s: a folder without a name is in it, which engines do not read: write one slash", c.Table)
	}
	if strings.Contains("/"+c.Table.Prefix+"/", "/AWSLogs/") {
		return fmt.Errorf("table %s: trails deliver below AWSLogs: give the table a place of its own", c.Table)
	}
	return nil
}

// over is the last day that can be settled. It has a day more than there is, for
// runs at the same time whose clocks are not quite the same.
func (c *Config) over() trail.Day { return trail.DayOf(c.Now().Add(-c.Recheck)) }

// ErrNoSource says that there is nothing to read from.
var ErrNoSource = errors.New("no source given")

// Check refuses what cannot be run, in words for the person who asked for it. What
// only a program can leave out, it names as the field that it is.
func (c *Config) Check() error {
	if err := c.checkParts(); err != nil {
		return err
	}
	switch {
	case len(c.Sources) == 0:
		return ErrNoSource
	case c.Concurrency != AutoConcurrency && (c.Concurrency < 1 || c.Concurrency > maxConcurrency):
		return fmt.Errorf("concurrency %d: must be from 1 to %d", c.Concurrency, maxConcurrency)
	case c.Workers < 1 || c.Workers > maxWorkers:
		return fmt.Errorf("workers %d: must be from 1 to %d", c.Workers, maxWorkers)
	case c.Memory < minMemory:
		return fmt.Errorf("memory %d bytes: must be at least %d MiB, room for the largest log file", c.Memory, minMemory>>20)
	case c.MaxSearch < 1:
		return fmt.Errorf("search bound %d: must be at least 1", c.MaxSearch)
	case c.Recheck < 0:
		return fmt.Errorf("recheck %s: must not be negative", c.Recheck)
	case c.Checkpoint <= 0:
		return fmt.Errorf("checkpoint %s: must be longer than 0s", c.Checkpoint)
	}
	return cmp.Or(c.checkTable(), c.Shard.Check(), c.Selection.Check(), c.checkEndpoints())
}

// checkParts refuses a Config that does not come from [DefaultConfig].
func (c *Config) checkParts() error {
	for _, part := range []struct {
		name    string
		missing bool
	}{
		{"Now", c.Now == nil},
		{"OpenStore", c.OpenStore == nil},
		{"Lookups", c.Lookups == nil},
		{"Gunzip", c.Gunzip == nil},
		{"Log", c.Log == nil},
		{"MaxInflated", c.MaxInflated <= 0},
		{"MaxExport", c.MaxExport <= 0},
		{"MaxClaims", c.MaxClaims <= 0},
		{"MaxNoted", c.MaxNoted <= 0},
		{"MaxRows", c.MaxRows <= 0},
	} {
		if part.missing {
			return fmt.Errorf("config: %s is not set: begin with DefaultConfig", part.name)
		}
	}
	return nil
}

// checkEndpoints refuses two buckets of one name. What is known of log files, and
// the rows that came from them, name a bucket without its endpoint: of two, each
// would pass for the other.
func (c *Config) checkEndpoints() error {
	endpoints := map[string]string{}
	for _, u := range c.Sources {
		if u.History {
			continue // known by its account and region
		}
		first, known := endpoints[u.Bucket]
		switch {
		case !known:
			endpoints[u.Bucket] = u.Endpoint
		case first != u.Endpoint:
			return fmt.Errorf("the bucket %s is named with endpoint %q and with %q: name it with one, or read the two buckets into tables of their own",
				u.Bucket, first, u.Endpoint)
		}
	}
	return nil
}
