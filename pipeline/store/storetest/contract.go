// Package storetest holds the contract of package store as a test suite, which
// every store must pass.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"plantrail/pipeline/store"
)

// Run runs the suite. open returns an empty location, another one each time.
func Run(t *testing.T, open func(t *testing.T) store.Location) {
	t.Run("List", func(t *testing.T) { list(t, open(t)) })
	t.Run("ListPages", func(t *testing.T) { listPages(t, open(t)) })
	t.Run("Get", func(t *testing.T) { get(t, open(t)) })
	t.Run("Open", func(t *testing.T) { reopen(t, open(t)) })
	t.Run("Put", func(t *testing.T) { put(t, open(t)) })
	t.Run("PutRaces", func(t *testing.T) { putRaces(t, open(t)) })
	t.Run("PutLarge", func(t *testing.T) { putLarge(t, open(t)) })
	t.Run("Cancelled", func(t *testing.T) { cancelled(t, open(t)) })
}

// write puts a new object.
func write(t *testing.T, l store.Location, name, body string) {
	t.Helper()
	if err := l.Put(t.Context(), l.Key(name), strings.NewReader(body), int64(len(body)), ""); err != nil {
		t.Fatal(err)
	}
}

// names returns what a range lists, without the location's prefix.
func names(t *testing.T, l store.Location, r store.Range) (objects, folders []string) {
	t.Helper()
	for page, err := range l.List(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			objects = append(objects, strings.TrimPrefix(o.Key, l.Key("")))
			if o.Size != 1 || o.ETag == "" {
				t.Errorf("listed %+v, want size 1 and an ETag", o)
			}
		}
		for _, f := range page.Folders {
			folders = append(folders, strings.TrimPrefix(f, l.Key("")))
		}
	}
	return objects, folders
}

func list(t *testing.T, l store.Location) {
	// In byte order: '-' and '.' sort before '/'.
	all := []string{"a", "b-c/x", "b.d", "b/1/y", "b/1/z", "b/2", "b/3/x", "c é+&%20'/1", "d"}
	for _, name := range slices.Backward(all) {
		write(t, l, name, "1")
	}
	tests := []struct {
		name    string
		r       store.Range
		objects []string
		folders []string
	}{
		{"all", store.Range{}, all, nil},
		{"a folder", store.Range{Prefix: "b/"}, []string{"b/1/y", "b/1/z", "b/2", "b/3/x"}, nil},
		{"a prefix within a name", store.Range{Prefix: "b"}, all[1:7], nil},
		{"after a key", store.Range{After: "b/1/y"}, all[4:], nil},
		{"after a key that is not there", store.Range{After: "b/1/"}, all[3:], nil},
		{"after a key within a folder", store.Range{Prefix: "b/", After: "b/1/y"}, []string{"b/1/z", "b/2", "b/3/x"}, nil},
		{"after a name that begins a folder", store.Range{Prefix: "b/", After: "b/2"}, []string{"b/3/x"}, nil},
		{"after everything", store.Range{After: "e"}, nil, nil},
		{"shallow", store.Range{Shallow: true}, []string{"a", "b.d", "d"}, []string{"b-c/", "b/", "c é+&%20'/"}},
		{"a folder, shallow", store.Range{Prefix: "b/", Shallow: true}, []string{"b/2"}, []string{"b/1/", "b/3/"}},
		{"a special name", store.Range{Prefix: "c é+&%20'/"}, []string{"c é+&%20'/1"}, nil},
		{"nothing", store.Range{Prefix: "nothing/"}, nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.r.Prefix = l.Key(test.r.Prefix)
			if test.r.After != "" {
				test.r.After = l.Key(test.r.After)
			}
			objects, folders := names(t, l, test.r)
			if !slices.Equal(objects, test.objects) || !slices.Equal(folders, test.folders) {
				t.Errorf("listed %q and %q, want %q and %q", objects, folders, test.objects, test.folders)
			}
		})
	}
}

func listPages(t *testing.T, l store.Location) {
	const count = 1203 // more than a page
	var group sync.WaitGroup
	keys := make(chan int)
	for range 16 {
		group.Go(func() {
			for i := range keys {
				write(t, l, fmt.Sprintf("k/%04d", i), "1")
			}
		})
	}
	for i := range count {
		keys <- i
	}
	close(keys)
	group.Wait()
	objects, _ := names(t, l, store.Range{Prefix: l.Key("k/")})
	if len(objects) != count || !slices.IsSorted(objects) {
		t.Errorf("listed %d keys, want %d in order", len(objects), count)
	}
	pages := 0
	for range l.List(t.Context(), store.Range{Prefix: l.Key("k/")}) {
		pages++
		break // a caller may stop
	}
	if pages != 1 {
		t.Errorf("%d pages after a stop", pages)
	}
}

func get(t *testing.T, l store.Location) {
	body := strings.Repeat("0123456789", 1000)
	write(t, l, "x/body", body)
	write(t, l, "x/empty", "")
	for _, size := range []int{0, 1, len(body) - 1, len(body), len(body) + 1, 3 * len(body)} {
		buf := make([]byte, size)
		got, err := l.Get(t.Context(), l.Key("x/body"), buf)
		if err != nil || string(got) != body {
			t.Errorf("into %d bytes: %d bytes, error %v", size, len(got), err)
		}
		if size > len(body) && &got[0] != &buf[0] {
			t.Errorf("into %d bytes: the buffer was not used", size)
		}
	}
	if got, err := l.Get(t.Context(), l.Key("x/empty"), nil); err != nil || len(got) != 0 {
		t.Errorf("empty object: %q, error %v", got, err)
	}
	for _, name := range []string{"x/none", "none/none", "x"} {
		if _, err := l.Get(t.Context(), l.Key(name), nil); !errors.Is(err, store.ErrNotFound) && name != "x" || err == nil {
			t.Errorf("get %s: %v", name, err)
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

// etag returns an object's ETag as Open tells it.
func etag(t *testing.T, l store.Location, name string) string {
	t.Helper()
	file, err := l.Open(t.Context(), l.Key(name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return file.ETag
}

func reopen(t *testing.T, l store.Location) {
	write(t, l, "x", "old")
	file, err := l.Open(t.Context(), l.Key("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Put(t.Context(), l.Key("x"), strings.NewReader("newer"), 5, file.ETag); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(io.NewSectionReader(file, 1, file.Size-1))
	if err != nil || string(got) != "ld" {
		t.Errorf("read %q, error %v: not as it was at Open", got, err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	if _, err := l.Open(t.Context(), l.Key("none")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("open none: %v", err)
	}
}

func put(t *testing.T, l store.Location) {
	try := func(body, etag string) error {
		return l.Put(t.Context(), l.Key("a/b/x"), strings.NewReader(body), int64(len(body)), etag)
	}
	if err := try("1", `"00000000000000000000000000000000"`); !errors.Is(err, store.ErrChanged) {
		t.Errorf("in place of an object that is not there: %v", err)
	}
	if err := try("1", ""); err != nil {
		t.Fatal(err)
	}
	if err := try("2", ""); !errors.Is(err, store.ErrChanged) {
		t.Errorf("a new object where there is one: %v", err)
	}
	first := etag(t, l, "a/b/x")
	if err := try("2", first); err != nil {
		t.Error(err)
	}
	if err := try("3", first); !errors.Is(err, store.ErrChanged) {
		t.Errorf("in place of an older version: %v", err)
	}
	got, err := l.Get(t.Context(), l.Key("a/b/x"), nil)
	if err != nil || string(got) != "2" {
		t.Errorf("there is %q, error %v", got, err)
	}
	objects, _ := names(t, l, store.Range{Prefix: l.Key("")})
	if !slices.Equal(objects, []string{"a/b/x"}) {
		t.Errorf("left behind: %q", objects)
	}
}

// Eight writers add to one number; no addition is lost.
func putRaces(t *testing.T, l store.Location) {
	const writers, times = 8, 10
	write(t, l, "n", "0")
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for done := 0; done < times; {
				err := add(t.Context(), l, l.Key("n"))
				if err == nil {
					done++
				} else if !errors.Is(err, store.ErrChanged) {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	got, err := l.Get(t.Context(), l.Key("n"), nil)
	if err != nil || string(got) != strconv.Itoa(writers*times) {
		t.Errorf("counted to %q, want %d, error %v", got, writers*times, err)
	}
}

func add(ctx context.Context, l store.Location, key string) (err error) {
	file, err := l.Open(ctx, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err := io.ReadAll(io.NewSectionReader(file, 0, file.Size))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return err
	}
	next := strconv.Itoa(n + 1)
	return l.Put(ctx, key, strings.NewReader(next), int64(len(next)), file.ETag)
}

// An object of several parts is conditional too.
func putLarge(t *testing.T, l store.Location) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 13<<20/16)
	write(t, l, "large", string(body))
	err := l.Put(t.Context(), l.Key("large"), bytes.NewReader(body), int64(len(body)), "")
	if !errors.Is(err, store.ErrChanged) {
		t.Errorf("a large object where there is one: %v", err)
	}
	body[0] = 'x'
	if err := l.Put(t.Context(), l.Key("large"), bytes.NewReader(body), int64(len(body)), etag(t, l, "large")); err != nil {
		t.Error(err)
	}
	file, err := l.Open(t.Context(), l.Key("large"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := io.ReadAll(io.NewSectionReader(file, 0, file.Size))
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("read %d bytes that differ, error %v", len(got), err)
	}
}

func cancelled(t *testing.T, l store.Location) {
	write(t, l, "x", "1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range l.List(ctx, store.Range{Prefix: l.Key("")}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list: %v", err)
		}
	}
}
