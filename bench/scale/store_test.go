package scale_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"plantrail/bench/scale"
	"plantrail/pipeline/store"
)

// small is an organization whose giants have several pages, and some of whose
// days have no log file.
func small() scale.Config {
	c := scale.DefaultConfig()
	c.Accounts, c.Days, c.PerDay, c.Every = 20, 30, 250, 200
	return c
}

func organization(t *testing.T, c scale.Config) *scale.Organization {
	t.Helper()
	o, err := scale.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func open(t *testing.T, c scale.Config) (*scale.Store, *store.Requests) {
	t.Helper()
	requests := new(store.Requests)
	return organization(t, c).Store(requests), requests
}

// list returns what a range lists, and how many keys and folders each page has.
func list(t *testing.T, s store.Store, r store.Range) (objects []store.Object, folders []string, pages []int) {
	t.Helper()
	for page, err := range s.List(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		objects, folders = append(objects, page.Objects...), append(folders, page.Folders...)
		pages = append(pages, len(page.Objects)+len(page.Folders))
	}
	return objects, folders, pages
}

// naive lists a range of all objects as the contract of a store says.
func naive(all []store.Object, r store.Range) (objects []store.Object, folders []string) {
	for _, object := range all {
		if !strings.HasPrefix(object.Key, r.Prefix) || object.Key <= r.After {
			continue
		}
		slash := strings.IndexByte(object.Key[len(r.Prefix):], '/')
		if !r.Shallow || slash < 0 {
			objects = append(objects, object)
		} else if folder := object.Key[:len(r.Prefix)+slash+1]; len(folders) == 0 || folders[len(folders)-1] != folder {
			folders = append(folders, folder)
		}
	}
	return objects, folders
}

func TestList(t *testing.T) {
	t.Parallel()
	s, requests := open(t, small())
	all, _, _ := list(t, s, store.Range{})
	if int64(len(all)) != organization(t, small()).Totals(0, 30, everybody).LogFiles || len(all) < 7_000 {
		t.Fatalf("%d keys", len(all))
	}
	if !slices.IsSortedFunc(all, func(a, b store.Object) int { return strings.Compare(a.Key, b.Key) }) {
		t.Error("keys are not in order")
	}
	const account = "AWSLogs/o-exampleorg/111122223333/"
	const region = account + "CloudTrail/us-east-1/"
	middle, last := all[len(all)/2].Key, all[len(all)-1].Key
	folder := middle[:strings.LastIndexByte(middle, '/')+1]
	tests := map[string]store.Range{
		"all":                        {},
		"an account":                 {Prefix: account},
		"a region":                   {Prefix: region},
		"a prefix within a name":     {Prefix: region + "2025/03/0"},
		"after a key":                {Prefix: folder, After: middle},
		"after a key, all":           {After: middle},
		"after a key not there":      {Prefix: folder, After: middle[:len(middle)-3]},
		"after a day":                {Prefix: region, After: region + "2025/03/10"},
		"after a day's folder":       {Prefix: region, After: region + "2025/03/10/"},
		"after a day of long ago":    {Prefix: region, After: region + "1999/01/01"},
		"after a day to come":        {Prefix: region, After: region + "2099/01/01"},
		"after the account":          {Prefix: account, After: "AWSLogs/o-exampleorg/9"},
		"after the last key":         {After: last},
		"before all":                 {After: "A"},
		"nothing":                    {Prefix: "nothing/"},
		"an unknown account":         {Prefix: "AWSLogs/o-exampleorg/111122223334/"},
		"root, shallow":              {Shallow: true},
		"accounts, shallow":          {Prefix: "AWSLogs/o-exampleorg/", Shallow: true},
		"accounts after one":         {Prefix: "AWSLogs/o-exampleorg/", After: account + "CloudTrail/", Shallow: true},
		"accounts behind one":        {Prefix: "AWSLogs/o-exampleorg/", After: account + "D", Shallow: true},
		"regions, shallow":           {Prefix: account + "CloudTrail/", Shallow: true},
		"years, shallow":             {Prefix: region, Shallow: true},
		"days, shallow":              {Prefix: region + "2025/03/", After: region + "2025/03/20", Shallow: true},
		"a day, shallow":             {Prefix: folder, Shallow: true},
		"part of a folder's name":    {Prefix: "AWSLogs/o-exampleorg/11", Shallow: true},
		"after a key within, folder": {Prefix: folder[:len(folder)-3], After: middle, Shallow: true},
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			objects, folders := naive(all, r)
			before := requests.List.Load()
			gotObjects, gotFolders, pages := list(t, s, r)
			if !slices.Equal(gotObjects, objects) || !slices.Equal(gotFolders, folders) {
				t.Errorf("listed %d objects and %q, want %d and %q", len(gotObjects), gotFolders, len(objects), folders)
			}
			if want := max(1, (len(objects)+len(folders)+999)/1000); len(pages) != want || requests.List.Load()-before != int64(want) {
				t.Errorf("%d pages and %d requests, want %d", len(pages), requests.List.Load()-before, want)
			}
			for i, n := range pages[:len(pages)-1] {
				if n != 1000 {
					t.Errorf("page %d has %d", i, n)
				}
			}
		})
	}
}

// A page that is just full is the last one when nothing follows.
func TestListPageEnds(t *testing.T) {
	t.Parallel()
	s, _ := open(t, small())
	all, _, _ := list(t, s, store.Range{})
	for back, want := range map[int]int{999: 1, 1000: 1, 1001: 2, 2000: 2, 2001: 3} {
		if _, _, pages := list(t, s, store.Range{After: all[len(all)-back-1].Key}); len(pages) != want {
			t.Errorf("%d keys on %v pages", back, pages)
		}
	}
	pages := 0
	for range s.List(t.Context(), store.Range{}) {
		pages++
		break // a caller may stop
	}
	if pages != 1 {
		t.Errorf("%d pages after a stop", pages)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	s, requests := open(t, small())
	all, _, _ := list(t, s, store.Range{})
	tags := map[string]bool{}
	var bytes int64
	buf := make([]byte, 0, 64<<10)
	for _, object := range all {
		body, err := s.Get(t.Context(), object.Key, buf)
		if err != nil || int64(len(body)) != object.Size || tags[object.ETag] {
			t.Fatalf("%+v: %d bytes, error %v, ETag known %t", object, len(body), err, tags[object.ETag])
		}
		tags[object.ETag] = true
		bytes += object.Size
	}
	if want := organization(t, small()).Totals(0, 30, everybody); bytes != want.Bytes || requests.Get.Load() != want.LogFiles {
		t.Errorf("%d bytes in %d requests, want %+v", bytes, requests.Get.Load(), want)
	}
	key := all[0].Key
	for name, key := range map[string]string{
		"no key": "", "cut off": key[:len(key)-1], "longer": key + "x", "another day": strings.Replace(key, "/03/", "/04/", 1),
		"another account": strings.ReplaceAll(key, "111122223333", "111122223334"), "another number": strings.Replace(key, "_0000000", "_ZZZZZZZ", 1),
		"a folder": key[:strings.LastIndexByte(key, '/')+1],
	} {
		if _, err := s.Get(t.Context(), key, nil); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A day more changes nothing of the days before.
func TestNextDay(t *testing.T) {
	t.Parallel()
	s, _ := open(t, small())
	c := small()
	c.Days++
	later, _ := open(t, c)
	now, _, _ := list(t, s, store.Range{})
	then, _, _ := list(t, later, store.Range{})
	then = slices.DeleteFunc(then, func(o store.Object) bool { return strings.Contains(o.Key, "/2025/03/31/") })
	if !slices.Equal(now, then) {
		t.Errorf("%d log files became %d", len(now), len(then))
	}
}

// A trail is only read, and ends with the context.
func TestRefuses(t *testing.T) {
	t.Parallel()
	s, _ := open(t, small())
	if _, err := s.Open(t.Context(), "x"); !errors.Is(err, scale.ErrSource) {
		t.Error(err)
	}
	if err := s.Put(t.Context(), "x", strings.NewReader("x"), 1, ""); !errors.Is(err, scale.ErrSource) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Get(ctx, "x", nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, err := range s.List(ctx, store.Range{}) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*scale.Config){
		"no accounts": func(c *scale.Config) { c.Accounts = 0 }, "no days": func(c *scale.Config) { c.Days = 0 },
		"no regions": func(c *scale.Config) { c.Regions = nil }, "too many days": func(c *scale.Config) { c.Days = 1e6 },
		"no events": func(c *scale.Config) { c.Every = 0 },
	} {
		c := small()
		change(&c)
		if _, err := scale.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func everybody(string) bool { return true }
