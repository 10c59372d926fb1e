package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A bucket is one in memory, with pages as S3 has them. What is wrong with an
// object, or with a listing, lasts until it is taken away.
type bucket struct {
	mutex   sync.Mutex
	keys    []string
	sorted  bool // keys are
	objects map[string]*object
	cut     map[string]int // by prefix: pages after which a deep listing fails
	gets    int            // of log files that were there
	onGet   func()
}

// An object is a log file with what is wrong with it.
type object struct {
	body    []byte
	etag    string
	err     error // that a Get gives
	torn    bool  // a Get gives something else
	vanish  bool  // is deleted before the Get
	day     trail.Day
	fetched int // times its body was given, whole
}

func newBucket() *bucket {
	return &bucket{objects: map[string]*object{}, cut: map[string]int{}}
}

// put adds or replaces an object.
func (b *bucket) put(key string, body []byte, etag string) *object {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.objects[key] == nil {
		b.keys, b.sorted = append(b.keys, key), false
	}
	b.objects[key] = &object{body: body, etag: etag}
	return b.objects[key]
}

func (b *bucket) remove(key string) {
	b.sort()
	if i, found := slices.BinarySearch(b.keys, key); found {
		b.keys = slices.Delete(b.keys, i, i+1)
		delete(b.objects, key)
	}
}

func (b *bucket) sort() {
	if !b.sorted {
		slices.Sort(b.keys)
		b.sorted = true
	}
}

// List implements [store.Store].
func (b *bucket) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		after := r.After
		for pages := 0; ; pages++ {
			page, last, more := b.page(r, after)
			b.mutex.Lock()
			cut, fails := b.cut[r.Prefix]
			b.mutex.Unlock()
			switch {
			case ctx.Err() != nil:
				yield(store.Page{}, ctx.Err())
				return
			case fails && !r.Shallow && pages >= cut:
				yield(store.Page{}, fmt.Errorf("list %s: %w", r.Prefix, store.ErrDenied))
				return
			case !yield(page, nil) || !more:
				return
			}
			after = last
		}
	}
}

func (b *bucket) page(r store.Range, after string) (page store.Page, last string, more bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.sort()
	from, _ := slices.BinarySearch(b.keys, max(r.Prefix, after))
	for _, key := range b.keys[from:] {
		if !strings.HasPrefix(key, r.Prefix) {
			break
		}
		if key <= after {
			continue
		}
		if len(page.Objects)+len(page.Folders) == 1000 {
			return page, last, true
		}
		if slash := strings.IndexByte(key[len(r.Prefix):], '/'); r.Shallow && slash >= 0 {
			folder := key[:len(r.Prefix)+slash+1]
			if n := len(page.Folders); n == 0 || page.Folders[n-1] != folder {
				page.Folders = append(page.Folders, folder)
			}
			last = folder + "\xff"
			continue
		}
		o := b.objects[key]
		page.Objects = append(page.Objects, store.Object{Key: key, Size: int64(len(o.body)), ETag: o.etag})
		last = key
	}
	return page, last, false
}

// Get implements [store.Store].
func (b *bucket) Get(_ context.Context, key string, buf []byte) ([]byte, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.onGet != nil {
		b.onGet()
	}
	o := b.objects[key]
	if o == nil {
		return nil, store.ErrNotFound
	}
	b.gets++
	switch {
	case o.vanish:
		b.remove(key)
		return nil, store.ErrNotFound
	case o.err != nil:
		return nil, o.err
	case o.torn:
		return append(buf[:0], bytes.Repeat([]byte("?"), len(o.body))...), nil // as long as was listed, else it is got again
	}
	o.fetched++
	return append(buf[:0], o.body...), nil
}

// Open implements [store.Store]. A source is never opened so.
func (b *bucket) Open(context.Context, string) (*store.File, error) {
	return nil, errors.ErrUnsupported
}

// Put implements [store.Store]. A source is never written.
func (b *bucket) Put(context.Context, string, io.ReaderAt, int64, string) error {
	return errors.ErrUnsupported
}

// openBucket has the sources of c read from a bucket.
func openBucket(c *pipeline.Config, b *bucket) {
	c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
		if u.Bucket != "" {
			return store.Location{Store: b, URL: u}, nil
		}
		return store.Open(ctx, u, mustExist, shared)
	}
}
