package pipeline_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

var errCrash = errors.New("crash")

// crashing makes a run's table crash at one of its steps: trace is told each
// step of a Put, and errors from then on, as for a process that is gone.
func crashing(c *pipeline.Config, trace func(step, name string) error) {
	c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
		l, err := store.Open(ctx, u, mustExist, shared)
		if dir, ok := l.Store.(*store.Dir); ok && !mustExist {
			dir.Trace = trace
		}
		return l, err
	}
}

// crashTrail has two partitions and one account.
func crashTrail(t *testing.T) string {
	t.Helper()
	return tree(t, map[string][]byte{
		key("111122223333", "us-west-2", "2024/02/01", "a.json.gz"): zip(t, logFile(record("a", "2024-02-01T12:00:00Z"))),
		key("111122223333", "us-west-2", "2024/03/01", "b.json.gz"): zip(t, logFile(record("b", noon))),
	})
}

// The steps of a commit and their order are pinned: rows before the state that
// claims them, each synced before it is put in place.
func TestCommitTrace(t *testing.T) {
	const golden = "testdata/commit.golden"
	folder := t.TempDir()
	resolved, err := filepath.EvalSymlinks(folder)
	if err != nil {
		t.Fatal(err)
	}
	source := crashTrail(t)
	var got strings.Builder
	c := config(t, source, folder)
	crashing(&c, func(step, name string) error {
		name = strings.TrimPrefix(strings.TrimPrefix(name, resolved), "/")
		if strings.HasPrefix(filepath.Base(name), "111122223333-") || strings.HasPrefix(filepath.Base(name), ".111122223333-") {
			hash := strings.Index(name, "-")
			name = name[:hash] + "-HASH" + name[hash+17:] // of the source's place
		}
		fmt.Fprintln(&got, step, name)
		return nil
	})
	run(t, c)
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the commit has changed:\n%s", got.String())
	}
}

// A run that dies before any step of its commits is made good by the next, to
// the byte, and leaves nothing lying about.
func TestCommitCrashes(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	source := crashTrail(t)
	clean := t.TempDir()
	run(t, config(t, source, clean))
	want := everything(t, clean)
	for at := 0; ; at++ {
		folder := t.TempDir()
		steps := 0
		c := config(t, source, folder)
		crashing(&c, func(string, string) error {
			if steps++; steps > at {
				return errCrash
			}
			return nil
		})
		_, err := pipeline.Run(t.Context(), c)
		if err == nil {
			if at < 30 {
				t.Errorf("only %d steps", at)
			}
			return
		}
		if !errors.Is(err, errCrash) {
			t.Fatalf("step %d: %v", at, err)
		}
		run(t, config(t, source, folder))
		got := everything(t, folder)
		for name := range got {
			if _, ok := want[name]; !ok {
				t.Errorf("step %d: left behind: %s", at, name)
			}
		}
		same(t, want, got)
	}
}

// Wherever in its requests a run is cut off, the next one makes it good.
func TestCommitCutOff(t *testing.T) {
	source := crashTrail(t)
	clean := t.TempDir()
	run(t, config(t, source, clean))
	want := everything(t, clean)
	for _, silent := range []bool{false, true} {
		for at := 0; ; at++ {
			folder := t.TempDir()
			var left atomic.Int64
			left.Store(int64(at))
			c := config(t, source, folder)
			c.OpenStore = storetest.Failing{Left: &left, Silent: silent}.OpenTable
			_, err := pipeline.Run(t.Context(), c)
			if err == nil {
				break
			}
			if !errors.Is(err, storetest.ErrCutOff) {
				t.Fatalf("request %d: %v", at, err)
			}
			run(t, config(t, source, folder))
			same(t, want, everything(t, folder))
		}
	}
}
