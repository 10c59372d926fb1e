package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"plantrail/pipeline/store"
)

// ErrSource says that a trail is only read.
var ErrSource = errors.New("a trail is only read: log files are not opened at offsets or written")

// pageSize is how many keys a page holds, as of S3.
const pageSize = 1000

// A Store serves an organization's trail.
type Store struct {
	organization *Organization
	requests     *store.Requests
}

// Store returns the trail. Requests are counted as S3 would bill them.
func (o *Organization) Store(requests *store.Requests) *Store { return &Store{o, requests} }

// List implements [store.Store].
func (s *Store) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		p, more := s.organization.begin(r)
		for {
			if err := ctx.Err(); err != nil {
				yield(store.Page{}, fmt.Errorf("list %s: %w", r.Prefix, err))
				return
			}
			s.requests.List.Add(1)
			var page store.Page
			page, more = s.organization.page(&p, r, more, pageSize)
			if !yield(page, nil) || !more {
				return
			}
		}
	}
}

// begin returns where a range begins, and whether there is anything.
func (o *Organization) begin(r store.Range) (p position, more bool) {
	from := r.Prefix
	if r.After >= from {
		from = r.After + "\x00"
	}
	more = o.seek(&p, from)
	return p, more
}

// Page returns the first so many keys of a range, and whether there are more. With
// [Organization.Body] it makes the trail a source of a server in memory.
func (o *Organization) Page(r store.Range, most int) (page store.Page, more bool) {
	p, more := o.begin(r)
	return o.page(&p, r, more, most)
}

// Body returns a log file, which must not be changed.
func (o *Organization) Body(key string) ([]byte, bool) {
	p, ok := o.find(key)
	if !ok {
		return nil, false
	}
	return o.body(p.unit, p.number), true
}

// page returns the next page, and whether there is one more.
func (o *Organization) page(p *position, r store.Range, more bool, most int) (store.Page, bool) {
	var page store.Page
	for more {
		key := o.key(p)
		if !strings.HasPrefix(key, r.Prefix) {
			return page, false
		}
		if len(page.Objects)+len(page.Folders) == most {
			return page, true
		}
		if slash := strings.IndexByte(key[len(r.Prefix):], '/'); r.Shallow && slash >= 0 {
			folder := key[:len(r.Prefix)+slash+1]
			page.Folders = append(page.Folders, folder)
			more = o.seek(p, behind(folder))
			continue
		}
		page.Objects = append(page.Objects, store.Object{Key: key, Size: int64(len(o.body(p.unit, p.number))), ETag: etag(p)})
		more = o.next(p)
	}
	return page, false
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	s.requests.Get.Add(1)
	body, ok := s.organization.Body(key)
	if !ok {
		return nil, fmt.Errorf("get %s: %w", key, store.ErrNotFound)
	}
	return append(buf[:0], body...), nil
}

// Open implements [store.Store].
func (s *Store) Open(_ context.Context, key string) (*store.File, error) {
	return nil, fmt.Errorf("open %s: %w", key, ErrSource)
}

// Put implements [store.Store].
func (s *Store) Put(_ context.Context, key string, _ io.ReaderAt, _ int64, _ string) error {
	return fmt.Errorf("put %s: %w", key, ErrSource)
}
