package history

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// errReadOnly says that a History is no place to write to.
var errReadOnly = errors.New("cannot write: Event history is only looked up")

// days are objects that were listed and not read yet.
type days struct {
	mutex sync.Mutex
	texts map[string][]byte  // by key
	lacks map[string][]error // by key: the events that have no record
}

func (d *days) put(key string, text []byte, lacks []error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.texts == nil {
		d.texts, d.lacks = map[string][]byte{}, map[string][]error{}
	}
	d.texts[key], d.lacks[key] = text, lacks
}

func (d *days) take(key string) []byte {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	text := d.texts[key]
	delete(d.texts, key)
	return text
}

// key returns a day's name, which is that of a log file.
func (h *History) key(day trail.Day) string {
	at := day.Time()
	return fmt.Sprintf("%s/%s/%s_CloudTrail_%s_%sT0000Z_EventHistory.json.gz", h.Region, at.Format("2006/01/02"), h.Account, h.Region, at.Format("20060102"))
}

// spanOf returns the days of a range of keys, as far as there is something of them.
func (h *History) spanOf(r store.Range) trail.Span {
	span := trail.Span{From: h.Horizon(), To: trail.DayOf(h.now())}
	first := func(day trail.Day) bool { return h.key(day) > r.After && h.key(day) >= r.Prefix }
	for span.From <= span.To && !first(span.From) {
		span.From++
	}
	for span.From <= span.To && h.key(span.To) > r.Prefix && !strings.HasPrefix(h.key(span.To), r.Prefix) {
		span.To--
	}
	return span
}

// List implements [store.Store]. It looks the days up.
func (h *History) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		span := h.spanOf(r)
		if span.From > span.To {
			return
		}
		_, err := h.look(ctx, span, func(found map[trail.Day][]record, span trail.Span) bool {
			var page store.Page
			for day := span.From; day <= span.To; day++ {
				key := h.key(day)
				text, etag, lacks := document(found[day])
				h.days.put(key, text, lacks)
				page.Objects = append(page.Objects, store.Object{Key: key, Size: int64(len(text)), ETag: etag})
			}
			return yield(page, nil)
		})
		if err != nil {
			yield(store.Page{}, remedied(h.way().url, err))
		}
	}
}

// Get implements [store.Store].
func (h *History) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	if text := h.days.take(key); text != nil {
		return append(buf[:0], text...), nil
	}
	for page, err := range h.List(ctx, store.Range{Prefix: key}) {
		if err != nil {
			return nil, err
		}
		if len(page.Objects) == 1 {
			return append(buf[:0], h.days.take(key)...), nil
		}
	}
	return nil, fmt.Errorf("%s: older than %d days: %w", key, ReachDays, store.ErrNotFound)
}

// Lacks returns, of a day that was got, why some of its events have no record.
func (h *History) Lacks(key string) []error {
	h.days.mutex.Lock()
	defer h.days.mutex.Unlock()
	return h.days.lacks[key]
}

// Open implements [store.Store].
func (h *History) Open(ctx context.Context, key string) (*store.File, error) {
	text, err := h.Get(ctx, key, nil)
	if err != nil {
		return nil, err
	}
	return &store.File{ReaderAt: bytes.NewReader(text), Closer: io.NopCloser(nil), Size: int64(len(text))}, nil
}

// Put implements [store.Store].
func (h *History) Put(context.Context, string, io.ReaderAt, int64, string) error { return errReadOnly }

// document returns a log file of records, gzipped, and a hash of its content, and says
// which have none. The same records are the same document, in whatever order they came.
func document(records []record) (text []byte, etag string, lacks []error) {
	slices.SortFunc(records, func(a, b record) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	var out bytes.Buffer
	hash, zip := sha256.New(), gzip.NewWriter(&out)
	to := io.MultiWriter(hash, zip)
	separator := "\n"
	io.WriteString(to, `{"Records":[`) //nolint:errcheck // memory takes all
	for _, r := range records {
		if r.err != nil {
			lacks = append(lacks, r.err)
			continue
		}
		io.WriteString(to, separator+r.text) //nolint:errcheck // memory takes all
		separator = ",\n"
	}
	io.WriteString(to, "]}") //nolint:errcheck // memory takes all
	zip.Close()              //nolint:errcheck // memory takes all
	return out.Bytes(), fmt.Sprintf("%x", hash.Sum(nil)[:16]), lacks
}
