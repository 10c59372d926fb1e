package storetest

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync/atomic"

	"plantrail/pipeline/store"
)

// ErrCutOff is what a [Failing] store answers in the end.
var ErrCutOff = errors.New("cut off")

// A Failing store carries out some calls, and then none any more, as for a
// process that has lost its network or its life.
type Failing struct {
	store.Store
	Left   *atomic.Int64 // calls still carried out
	Silent bool          // the first put that fails is carried out, without an answer
}

// OpenTable opens places as [store.Open] does; a table, which need not be there
// yet, fails.
func (f Failing) OpenTable(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
	l, err := store.Open(ctx, u, mustExist, shared)
	if !mustExist {
		f.Store = l.Store
		l.Store = f
	}
	return l, err
}

func (f Failing) spend() error {
	if f.Left.Add(-1) < 0 {
		return ErrCutOff
	}
	return nil
}

// Open implements [store.Store].
func (f Failing) Open(ctx context.Context, key string) (*store.File, error) {
	if err := f.spend(); err != nil {
		return nil, err
	}
	return f.Store.Open(ctx, key)
}

// Get implements [store.Store].
func (f Failing) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	if err := f.spend(); err != nil {
		return nil, err
	}
	return f.Store.Get(ctx, key, buf)
}

// List implements [store.Store].
func (f Failing) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	if err := f.spend(); err != nil {
		return func(yield func(store.Page, error) bool) { yield(store.Page{}, err) }
	}
	return f.Store.List(ctx, r)
}

// Put implements [store.Store].
func (f Failing) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	if err := f.spend(); err != nil {
		if f.Silent && f.Left.Load() == -1 {
			return errors.Join(err, f.Store.Put(ctx, key, body, size, etag))
		}
		return err
	}
	return f.Store.Put(ctx, key, body, size, etag)
}
