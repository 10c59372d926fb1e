package trail_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"plantrail/pipeline/trail"
	"plantrail/pipeline/trail/trailtest"
)

// A tree is a set of keys. It is listed as a store is, a few keys a page, and
// searched as a run does it, but one thing after the other.
type tree struct {
	keys     []string // in order
	perPage  int
	denied   string // a folder that cannot be listed
	searched map[string]bool

	mutex   sync.Mutex
	calls   []string
	units   []trail.Unit
	others  int64 // objects
	lost    []string
	nothing []string
	visited map[string]bool
}

func newTree(keys ...string) *tree {
	slices.Sort(keys)
	return &tree{keys: slices.Compact(keys), perPage: 1000, denied: "none", searched: map[string]bool{}, visited: map[string]bool{}}
}

// below calls visit with the keys in a folder after another one, until it
// returns false.
func (t *tree) below(folder, after string, visit func(key string) bool) {
	first, _ := slices.BinarySearch(t.keys, max(folder, after))
	for _, key := range t.keys[first:] {
		if !strings.HasPrefix(key, folder) {
			return
		}
		if key > after && !visit(key) {
			return
		}
	}
}

func (t *tree) Folder(_ context.Context, folder, after string) iter.Seq2[trail.Page, error] {
	return func(yield func(trail.Page, error) bool) {
		t.mutex.Lock()
		t.calls = append(t.calls, folder)
		t.mutex.Unlock()
		if folder == t.denied {
			yield(trail.Page{}, errors.New("denied"))
			return
		}
		var page trail.Page
		count, last, more := 0, "", true
		t.below(folder, after, func(key string) bool {
			rest := key[len(folder):]
			slash := strings.IndexByte(rest, '/')
			switch {
			case slash >= 0 && folder+rest[:slash+1] == last:
				return true
			case slash >= 0:
				last = folder + rest[:slash+1]
				page.Folders = append(page.Folders, last)
			case trail.Named(rest):
				page.LogFiles = true
			default:
				page.Others.Add(trail.KindOf(key), key)
			}
			if count++; count == t.perPage {
				count = 0
				more = yield(page, nil)
				page = trail.Page{}
			}
			return more
		})
		if more {
			yield(page, nil)
		}
	}
}

func (t *tree) Count(_ context.Context, folder string) (other trail.Other, err error) {
	t.below(folder, "", func(key string) bool {
		if other.Objects++; other.First == "" {
			other.First = key
		}
		return true
	})
	return other, nil
}

func (t *tree) Known(_ context.Context, _, folder string) (kinds []string, searched bool, err error) {
	return []string{"Config"}, t.searched[folder], nil
}

func (t *tree) Unit(_ context.Context, u trail.Unit) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.units = append(t.units, u)
	return nil
}

func (t *tree) Others(o trail.Others) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, other := range o {
		t.others += other.Objects
	}
	return nil
}

func (t *tree) Lost(folder string, _ error) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.lost = append(t.lost, folder)
	return nil
}

func (t *tree) Searched(_ context.Context, s *trail.Search, found bool) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !found {
		t.nothing = append(t.nothing, s.Folder+s.Region)
	}
	return nil
}

func (t *tree) Visit(folder string) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	seen := t.visited[folder]
	t.visited[folder] = true
	return !seen
}

// all are the days of a selection of everything.
var all = trail.Selection{To: trail.LastDay}

// read finds everything below a prefix and returns the log files.
func (t *tree) read(ctx context.Context, prefix string, selection trail.Selection) (files map[string]trail.LogFile, err error) {
	d := trail.NewDiscovery(t, t, selection)
	if err := d.All(ctx, prefix); err != nil {
		return nil, err
	}
	files = map[string]trail.LogFile{}
	for len(t.units) > 0 {
		u := t.units[0]
		t.units = t.units[1:]
		if err := t.list(ctx, d, u, files); err != nil {
			return nil, err
		}
		if !u.Flat() {
			if err := d.Margins(ctx, u, trail.NewMargins(u)); err != nil {
				return nil, err
			}
		}
	}
	return files, d.Check()
}

func (t *tree) list(ctx context.Context, d *trail.Discovery, u trail.Unit, files map[string]trail.LogFile) (failed error) {
	last, jumped := u.After, ""
	t.below(u.Folder, u.From(u.Days.First()), func(key string) bool {
		if end := u.End(); end != "" && key > end {
			return false
		}
		if jumped != "" && strings.HasPrefix(key, jumped) {
			return true
		}
		if folder, what := u.Inside(key); what != trail.Nothing {
			u.Search.Found()
			jumped = folder
			failed = errors.Join(failed, d.Inside(ctx, u, folder, what, last))
			last = trail.Past(folder)
			return folder != u.Folder
		}
		last = key
		file, selected, ok := u.LogFile(key)
		switch {
		case !u.Holds(key):
		case !ok:
			var others trail.Others
			others.Add(trail.KindOf(key), key)
			d.Saw(false, others)
			t.others++
		case selected:
			if _, twice := files[key]; twice {
				failed = errors.Join(failed, fmt.Errorf("%q is in two units", key))
			}
			files[key] = file
			u.Search.Found()
			d.Saw(true, nil)
		}
		return true
	})
	if over, found := u.Search.Done(); over {
		failed = errors.Join(failed, t.Searched(ctx, u.Search, found))
	}
	return failed
}

// In random trees, every object is in exactly one class, and all log files are
// found, wherever the source begins.
func TestTrees(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 1))
		keys := trailtest.Tree{Random: random, Keys: true}
		var names []string
		for range 1 + random.IntN(60) {
			names = append(names, keys.Key())
		}
		perPage := 1 + random.IntN(20)
		check := func(prefix string) {
			tr := newTree(names...)
			tr.perPage = perPage
			want, objects := map[string]bool{}, int64(0)
			for _, key := range tr.keys {
				if strings.HasPrefix(key, prefix) {
					objects++
					want[key] = trailtest.Wanted(key)
				}
			}
			files, err := tr.read(t.Context(), prefix, all)
			if errors.Is(err, trail.ErrNotWanted) || errors.Is(err, trail.ErrNoTrail) {
				if len(files) > 0 {
					t.Fatalf("seed %d, %q: %v, but log files are read", seed, prefix, err)
				}
			} else if err != nil {
				t.Fatalf("seed %d, %q: %v", seed, prefix, err)
			}
			for key, wanted := range want {
				if _, read := files[key]; read != wanted {
					t.Fatalf("seed %d, %q: %q is read: %t", seed, prefix, key, read)
				}
			}
			if sum := int64(len(files)) + tr.others; sum != objects && !errors.Is(err, trail.ErrNotWanted) {
				t.Fatalf("seed %d, %q: of %d objects, %d are read and %d are not log files", seed, prefix, objects, len(files), tr.others)
			}
		}
		check("")
		for range 3 {
			parts := strings.Split(names[random.IntN(len(names))], "/")
			if prefix := strings.Join(parts[:random.IntN(len(parts))], "/"); prefix != "" {
				check(prefix + "/")
			}
		}
	}
}
