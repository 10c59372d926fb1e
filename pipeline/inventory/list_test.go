package inventory_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"plantrail/pipeline/inventory"
	"plantrail/pipeline/inventory/inventorytest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/store/storetest"
)

// inventoried is a store whose listings come from an inventory.
type inventoried struct {
	store.Store
	prefix string
	other  store.Location // that the inventory is delivered to
	files  *int           // of the next inventory
}

func (s inventoried) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		sorted, err := s.sorted(ctx)
		if err != nil {
			yield(store.Page{}, err)
			return
		}
		defer sorted.Close()
		for page, err := range sorted.List(ctx, r) {
			if !yield(page, err) {
				return
			}
		}
	}
}

func (s inventoried) sorted(ctx context.Context) (*inventory.Sorted, error) {
	*s.files++
	var objects []store.Object
	for page, err := range s.Store.List(ctx, store.Range{Prefix: s.prefix}) {
		if err != nil {
			return nil, err
		}
		objects = append(objects, page.Objects...)
	}
	other := s.other
	other.URL.Prefix += "/" + strings.Repeat("i", *s.files)
	key, err := inventorytest.Write(ctx, other, slices.Values(objects), inventorytest.Options{Bucket: "b", Files: *s.files, Parquet: *s.files%2 == 0, Versions: true})
	if err != nil {
		return nil, err
	}
	i, err := inventory.Open(ctx, other, key)
	if err != nil {
		return nil, err
	}
	return i.Sort(ctx, all, inventory.Options{Memory: 1 << 16, Workers: 2})
}

// A listing from an inventory holds what a store's listing holds.
func TestListContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Location {
		l := openDir(t)
		l.Store = inventoried{Store: l.Store, prefix: l.Key(""), other: openDir(t), files: new(int)}
		return l
	})
}

// Any range lists what a filter of all objects leaves.
func TestListRanges(t *testing.T) {
	objects := append(logFiles(8000), oddObjects()...)
	slices.SortFunc(objects, func(a, b store.Object) int { return strings.Compare(a.Key, b.Key) })
	s, err := written(t, objects, inventorytest.Options{Bucket: "b"}).Sort(t.Context(), all, inventory.Options{Memory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	account := "AWSLogs/o-abcdefghij/111122223340/"
	for name, r := range map[string]store.Range{
		"all":                    {},
		"an account":             {Prefix: account},
		"a day on":               {Prefix: account, After: account + "CloudTrail/us-east-1/2019/07/01"},
		"after a key":            {Prefix: account, After: objects[3000].Key},
		"after the prefix":       {Prefix: account, After: "b"},
		"before the prefix":      {Prefix: account, After: "A"},
		"accounts":               {Prefix: "AWSLogs/o-abcdefghij/", Shallow: true},
		"years":                  {Prefix: account + "CloudTrail/us-east-1/", Shallow: true},
		"years on":               {Prefix: account + "CloudTrail/us-east-1/", After: account + "CloudTrail/us-east-1/2019/07/01", Shallow: true},
		"the top":                {Shallow: true},
		"a day's files, shallow": {Prefix: objects[5].Key[:strings.LastIndexByte(objects[5].Key, '/')+1], Shallow: true},
		"nothing":                {Prefix: "AWSLogs/o-zzz/"},
		"behind all":             {Prefix: "\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			var want []store.Object
			var wantFolders []string
			for _, o := range objects {
				if !strings.HasPrefix(o.Key, r.Prefix) || o.Key <= r.After {
					continue
				}
				deeper := strings.IndexByte(o.Key[len(r.Prefix):], '/')
				if !r.Shallow || deeper < 0 {
					want = append(want, o)
				} else {
					wantFolders = append(wantFolders, o.Key[:len(r.Prefix)+deeper+1])
				}
			}
			wantFolders = slices.Compact(wantFolders)
			got, folders := listed(t, s, r)
			if !slices.Equal(got, want) || !slices.Equal(folders, wantFolders) {
				t.Errorf("%d objects and folders %q, want %d and %q", len(got), folders, len(want), wantFolders)
			}
		})
	}
}

func TestListCancelled(t *testing.T) {
	s, err := written(t, logFiles(2000), inventorytest.Options{Bucket: "b"}).Sort(t.Context(), all, inventory.Options{Memory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pages, failed := 0, error(nil)
	for _, err := range s.List(ctx, store.Range{}) {
		if failed = err; err == nil {
			pages++
		}
		cancel()
	}
	if pages != 1 || !errors.Is(failed, context.Canceled) {
		t.Errorf("%d pages, then error %v", pages, failed)
	}
}
