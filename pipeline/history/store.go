package history

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
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
	texts map[string][]byte // by key
}

func (d *days) put(key string, text []byte) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.texts == nil {
		d.texts = map[string][]byte{}
	}
	d.texts[key] = text
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
	span := trail.Span{From: h.Horizon(), To: trail.DayOf(h.config.Now())}
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
				text, etag := document(found[day])
				h.days.put(key, text)
				page.Objects = append(page.Objects, store.Object{Key: key, Size: int64(len(text)), ETag: etag})
			}
			return yield(page, nil)
		})
		if err != nil {
			yield(store.Page{}, remedied(h.url, err))
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

// document returns a log file of records, gzipped, and a hash of its content. The
// same records are the same document, in whatever order they came.
func document(records []record) (text []byte, etag string) {
	slices.SortFunc(records, func(a, b record) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	var out bytes.Buffer
	hash, zip := sha256.New(), gzip.NewWriter(&out)
	to := io.MultiWriter(hash, zip)
	separator := `{"Records":[`
	for _, r := range records {
		io.WriteString(to, separator+recordText(r.text)) //nolint:errcheck // memory takes all
		separator = ",\n"
	}
	if len(records) == 0 {
		io.WriteString(to, separator) //nolint:errcheck // memory takes all
	}
	io.WriteString(to, "]}") //nolint:errcheck // memory takes all
	zip.Close()              //nolint:errcheck // memory takes all
	return out.Bytes(), fmt.Sprintf("%x", hash.Sum(nil)[:16])
}

// recordText returns a record as it stands in a log file. What is no JSON becomes a
// string, which is no record, so that it is named and the others are read.
func recordText(text string) string {
	if json.Valid([]byte(text)) {
		return text
	}
	quoted, _ := json.Marshal(text) // a string is never refused
	return string(quoted)
}
