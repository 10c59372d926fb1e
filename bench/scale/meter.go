package scale

import (
	"context"
	"io"
	"iter"
	"strings"
	"sync/atomic"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
)

// A meter counts the requests to one store.
type meter struct {
	list, get, put, stateBytes atomic.Int64
}

func (m *meter) requests() pipeline.ReportRequests {
	return pipeline.ReportRequests{List: m.list.Load(), Get: m.get.Load(), Put: m.put.Load()}
}

// metered is a store with a meter.
type metered struct {
	store.Store
	meter *meter
}

// List implements [store.Store].
func (m metered) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		for page, err := range m.Store.List(ctx, r) {
			m.meter.list.Add(1)
			if !yield(page, err) {
				return
			}
		}
	}
}

// Get implements [store.Store].
func (m metered) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	m.meter.get.Add(1)
	return m.Store.Get(ctx, key, buf)
}

// Open implements [store.Store].
func (m metered) Open(ctx context.Context, key string) (*store.File, error) {
	m.meter.get.Add(1)
	return m.Store.Open(ctx, key)
}

// Put implements [store.Store].
func (m metered) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	m.meter.put.Add(1)
	if strings.Contains(key, "/_plantrail/state/") {
		m.meter.stateBytes.Add(size)
	}
	return m.Store.Put(ctx, key, body, size, etag)
}
