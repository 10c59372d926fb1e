package verify

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/gunzip"
	"plantrail/pipeline/store"
)

// A Verifier verifies units, any number of them at once, within one set of limits.
type Verifier struct {
	c       Config
	request *semaphore.Weighted
	memory  *semaphore.Weighted
	workers chan *worker
	report  *collector
}

// New returns a verifier. Close it after use.
func New(c Config) *Verifier {
	v := &Verifier{
		c: c, request: semaphore.NewWeighted(int64(c.Concurrency)), memory: semaphore.NewWeighted(c.Memory),
		workers: make(chan *worker, c.Workers), report: newCollector(),
	}
	for range c.Workers {
		v.workers <- new(worker)
	}
	return v
}

// Close gives back what the workers hold. Nothing may be in progress.
func (v *Verifier) Close() {
	for range v.c.Workers {
		(<-v.workers).close()
	}
}

// Result returns what has been found, when all units are verified.
func (v *Verifier) Result() *Result {
	for _, uri := range v.report.unlisted() {
		if v.c.Judged != nil {
			v.c.Judged(uri, digest.Unlisted)
		}
	}
	return v.report.result()
}

// Unreachable enters what could not be listed or opened.
func (v *Verifier) Unreachable(uri string, err error) { v.report.unreachable(uri, err) }

// errTooLarge says that an object is not read because it is larger than one can be.
var errTooLarge = errors.New("larger than it can be: it is not read")

// A fetched is an object that was read, in a worker's hands.
type fetched struct {
	body     []byte
	metadata map[string]string
	err      error
}

// fetch reads an object in a goroutine of group, and passes it to use with a worker. It
// returns when the request is about to be sent. What has most bytes or more is not read.
func (v *Verifier) fetch(
	ctx context.Context, group *errgroup.Group, source *store.Location, object store.Object, most int64, use func(*worker, fetched),
) error {
	if v.c.Listed != nil {
		v.c.Listed()
	}
	if err := v.request.Acquire(ctx, 1); err != nil {
		return err
	}
	group.Go(func() error {
		var f fetched
		var weight int64
		err := func() error {
			defer v.request.Release(1)
			if object.Size >= most {
				f.err = errTooLarge
				return nil
			}
			weight = object.Size + 1
			if err := v.memory.Acquire(ctx, weight); err != nil {
				weight = 0
				return err
			}
			buf := make([]byte, 0, weight)
			f.err = store.Whole(ctx, func() error { return f.get(ctx, source, object, buf) })
			return ctx.Err()
		}()
		defer v.memory.Release(weight)
		if err != nil {
			return err
		}
		w := <-v.workers
		defer func() { v.workers <- w }()
		use(w, f)
		if v.c.Done != nil {
			v.c.Done(int64(len(f.body)))
		}
		return nil
	})
	return nil
}

// get reads an object as it was listed: that the store gives less of it is nobody's
// alteration.
func (f *fetched) get(ctx context.Context, source *store.Location, object store.Object, buf []byte) (err error) {
	if s, ok := source.Store.(metadataReader); ok {
		f.body, f.metadata, err = s.GetWithMetadata(ctx, object.Key, buf)
	} else {
		f.body, err = source.Get(ctx, object.Key, buf)
	}
	if err == nil {
		err = store.Part(object.Key, f.body, object.Size)
	}
	return err
}

// inspect reads a digest.
func (v *Verifier) inspect(w *worker, f fetched, name digest.Name, source *store.Location, key string, keys *digest.Keys) *digest.Object {
	bucket := source.URL.Bucket
	if f.err != nil {
		return digest.Unread(name, bucket, key, f.err)
	}
	raw, err := w.inflate(key, f.body, v.c.Limits.Inflated)
	switch {
	case errors.Is(err, gunzip.ErrTooLarge):
		return digest.Unread(name, bucket, key, err)
	case err != nil:
		return digest.Corrupt(name, bucket, key, err)
	}
	return digest.Inspect(name, bucket, key, raw, digest.MetadataOf(f.metadata), keys, v.c.Limits)
}
