package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail/trailtest"
)

// A grove is a random tree below a directory, or in a bucket: log files with an
// event each, and whatever else lies around.
type grove struct {
	testing.TB
	keys    trailtest.Tree
	source  string
	bucket  *bucket // nil: a directory
	objects int64
	number  int
	wanted  []string // event IDs of log files that must be read
}

// grow adds objects.
func (g *grove) grow(count int) {
	g.Helper()
	for range count {
		key := g.keys.Key()
		g.number++
		id := fmt.Sprintf("event-%04d", g.number)
		body := []byte("not JSON")
		if trailtest.Wanted(key) {
			g.wanted = append(g.wanted, id)
			body = zip(g, logFile(record(id, noon)))
		}
		if g.bucket != nil {
			g.bucket.put(key, body, "1")
			g.objects = int64(len(g.bucket.objects))
			continue
		}
		g.objects++
		name := filepath.Join(g.source, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			g.Fatal(err)
		}
		if err := os.WriteFile(name, body, 0o600); err != nil {
			g.Fatal(err)
		}
	}
}

// config returns a run into a new table.
func (g *grove) config(t *testing.T) (c pipeline.Config, table string) {
	g.Helper()
	table = t.TempDir()
	c = config(t, g.source, table)
	if g.bucket != nil {
		c.Sources = []store.URL{{Bucket: "trail"}}
		openBucket(&c, g.bucket)
	}
	return c, table
}

// check compares what a run said and did with what there is.
func (g *grove) check(c pipeline.Config, read int64) *pipeline.Report {
	g.Helper()
	p := plan(g, c)
	report := run(g, c)
	if len(report.Quarantined) > 0 {
		g.Errorf("quarantined: %v", report.Quarantined)
	}
	if report.Read != read {
		g.Errorf("read %d, want %d", report.Read, read)
	}
	if p.LogFiles != report.Read || p.Skipped != report.Skipped || p.AlreadyDone != report.AlreadyDone || len(p.Unreachable) != len(report.Unreachable) {
		g.Errorf("planned %d log files, %d skipped, %d done, %v: %d, %d, %d, %v", p.LogFiles, p.Skipped, p.AlreadyDone, p.Unreachable,
			report.Read, report.Skipped, report.AlreadyDone, report.Unreachable)
	}
	var kinds int64
	for _, kind := range report.SkippedKinds {
		kinds += kind.Objects
		if kind.First == "" || kind.Kind == "" || kind.More {
			g.Errorf("skipped: %+v", kind)
		}
	}
	if kinds != report.Skipped {
		g.Errorf("skipped %d, by kind %d", report.Skipped, kinds)
	}
	noTrail := len(g.wanted) == 0 && len(report.Unreachable) == 1 && strings.Contains(report.Unreachable[0].Error, "let the source be")
	if !report.Complete() && !noTrail {
		g.Errorf("unreachable: %v", report.Unreachable)
	}
	slices.Sort(g.wanted)
	if got := strings.Fields(ids(rows(g, "/"+c.Table.Prefix))); !slices.Equal(got, g.wanted) {
		g.Errorf("rows %q, want %q", got, g.wanted)
	}
	return report
}

// In random trees every object is in exactly one class: read, known to be
// finished, or skipped and counted; and every event of a log file is in the table.
func TestRunTrees(t *testing.T) {
	trees := uint64(12)
	if text := os.Getenv("PLANTRAIL_TREES"); text != "" {
		var err error
		if trees, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range trees {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 2))
			g := &grove{TB: t, keys: trailtest.Tree{Random: random}, source: t.TempDir()}
			if seed%2 == 0 {
				g.keys.Keys, g.bucket = true, newBucket()
			}
			g.grow(1 + random.IntN(80))
			c, table := g.config(t)
			first := g.check(c, int64(len(g.wanted)))
			if first.Listed+first.Skipped != g.objects {
				t.Errorf("of %d objects, %d are log files and %d skipped", g.objects, first.Listed, first.Skipped)
			}
			before := everything(t, table)
			g.check(c, 0)
			same(t, before, everything(t, table))

			// Where everything is searched again, all that came since is found.
			g.grow(20)
			c.RecheckAll = true
			report := run(t, c)
			if report.Listed+report.Skipped != g.objects {
				t.Errorf("of %d objects, %d are log files and %d skipped", g.objects, report.Listed, report.Skipped)
			}
			report = g.check(c, 0)
			if report.Listed+report.Skipped != g.objects {
				t.Errorf("again, of %d objects, %d are log files and %d skipped", g.objects, report.Listed, report.Skipped)
			}

			// Shards share all of it.
			shared, whole := g.config(t)
			for index := range 3 {
				shared.Shard = pipeline.Shard{Index: index, Count: 3}
				run(t, shared)
			}
			same(t, partitions(t, table), partitions(t, whole))
		})
	}
}
