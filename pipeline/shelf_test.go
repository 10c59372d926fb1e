package pipeline_test

import (
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

// A shelf is a bucket in memory, with pages as S3 has them. What is wrong with an
// object, or with a listing, lasts until it is taken away.
type shelf struct {
	mutex   sync.Mutex
	keys    []string
	sorted  bool // keys are
	objects map[string]*shelved
	cut     map[string]int // by prefix: pages after which a deep listing fails
	gets    int            // of log files that were there
	onGet   func()
}

// A shelved object is a log file with what is wrong with it.
type shelved struct {
	body    []byte
	etag    string
	err     error // that a Get gives
	torn    bool  // a Get gives something else
	vanish  bool  // is deleted before the Get
	day     trail.Day
	fetched int // times its body was given, whole
}

func newShelf() *shelf {
	return &shelf{objects: map[string]*shelved{}, cut: map[string]int{}}
}

// put adds or replaces an object.
func (s *shelf) put(key string, body []byte, etag string) *shelved {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.objects[key] == nil {
		s.keys, s.sorted = append(s.keys, key), false
	}
	s.objects[key] = &shelved{body: body, etag: etag}
	return s.objects[key]
}

func (s *shelf) remove(key string) {
	s.sort()
	if i, found := slices.BinarySearch(s.keys, key); found {
		s.keys = slices.Delete(s.keys, i, i+1)
		delete(s.objects, key)
	}
}

func (s *shelf) sort() {
	if !s.sorted {
		slices.Sort(s.keys)
		s.sorted = true
	}
}

// List implements [store.Store].
func (s *shelf) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		after := r.After
		for pages := 0; ; pages++ {
			page, last, more := s.page(r, after)
			s.mutex.Lock()
			cut, fails := s.cut[r.Prefix]
			s.mutex.Unlock()
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

func (s *shelf) page(r store.Range, after string) (page store.Page, last string, more bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.sort()
	from, _ := slices.BinarySearch(s.keys, max(r.Prefix, after))
	for _, key := range s.keys[from:] {
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
		o := s.objects[key]
		page.Objects = append(page.Objects, store.Object{Key: key, Size: int64(len(o.body)), ETag: o.etag})
		last = key
	}
	return page, last, false
}

// Get implements [store.Store].
func (s *shelf) Get(_ context.Context, key string, buf []byte) ([]byte, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.onGet != nil {
		s.onGet()
	}
	o := s.objects[key]
	if o == nil {
		return nil, store.ErrNotFound
	}
	s.gets++
	switch {
	case o.vanish:
		s.remove(key)
		return nil, store.ErrNotFound
	case o.err != nil:
		return nil, o.err
	case o.torn:
		return append(buf[:0], "torn"...), nil
	}
	o.fetched++
	return append(buf[:0], o.body...), nil
}

// Open implements [store.Store]. A source is never opened so.
func (s *shelf) Open(context.Context, string) (*store.File, error) { return nil, errors.ErrUnsupported }

// Put implements [store.Store]. A source is never written.
func (s *shelf) Put(context.Context, string, io.ReaderAt, int64, string) error {
	return errors.ErrUnsupported
}

// openShelf has the sources of c read from a shelf.
func openShelf(c *pipeline.Config, s *shelf) {
	c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
		if u.Bucket != "" {
			return store.Location{Store: s, URL: u}, nil
		}
		return store.Open(ctx, u, mustExist, shared)
	}
}
