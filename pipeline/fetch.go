package pipeline

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"plantrail/pipeline/gunzip"
	"plantrail/pipeline/store"
)

// A fetchedFile is a log file as delivered, or one without a body, with key.err
// or broken set.
type fetchedFile struct {
	key
	body   *body
	broken error // too large to be a log file
}

// A body is the bytes of a log file between fetch and decode.
type body struct {
	bytes  []byte
	weight int64 // what it counts for while it is in flight
}

// A flight holds the bodies between fetch and decode. It bounds their bytes,
// and uses their buffers again.
type flight struct {
	limit  int64
	memory *semaphore.Weighted
	free   chan *body
}

func newFlight(limit int64) *flight {
	return &flight{limit: limit, memory: semaphore.NewWeighted(limit), free: make(chan *body, freeBodies)}
}

const (
	// keepBody is the largest buffer that is kept. Nearly all log files are
	// smaller. A kept buffer counts for no more than the file in it, so all of
	// them together must be small beside the bound.
	keepBody = 256 << 10
	// freeBodies is how many buffers are kept: as many as there are requests in
	// flight by default.
	freeBodies = 128
)

// board waits until size bytes may be in flight and returns an empty body with
// room for them. A file larger than the whole flight passes alone.
func (f *flight) board(ctx context.Context, size int64) (*body, error) {
	weight := min(size, f.limit)
	if err := f.memory.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	var b *body
	select {
	case b = <-f.free:
	default:
		b = new(body)
	}
	if int64(cap(b.bytes)) < size {
		b.bytes = make([]byte, 0, size)
	}
	b.weight = weight
	return b, nil
}

// land takes a body back, whose bytes nobody may use any more.
func (f *flight) land(b *body) {
	f.memory.Release(b.weight)
	if cap(b.bytes) <= keepBody {
		select {
		case f.free <- b:
		default:
		}
	}
}

// fetch reads the log files and closes out.
func fetch(ctx context.Context, c *Config, f *flight, keys <-chan key, out chan<- fetchedFile) error {
	defer close(out)
	group, ctx := errgroup.WithContext(ctx)
	for range c.Concurrency {
		group.Go(func() error {
			for k := range keys {
				file, err := fetchOne(ctx, c, f, k)
				if err != nil {
					return err
				}
				out <- file // decode takes until out is closed
			}
			return nil
		})
	}
	return group.Wait()
}

// fetchOne reads one log file. The error means that the run is over.
func fetchOne(ctx context.Context, c *Config, f *flight, k key) (fetchedFile, error) {
	if k.skipped || k.gone || k.err != nil || k.mark != nil || k.end != nil {
		return fetchedFile{key: k}, nil
	}
	if k.Size > int64(c.MaxInflated) {
		return fetchedFile{key: k, broken: fmt.Errorf("%w of %d bytes", gunzip.ErrTooLarge, c.MaxInflated)}, nil
	}
	// One byte more lets a directory see the end without growing the buffer.
	b, err := f.board(ctx, k.Size+1)
	if err != nil {
		return fetchedFile{}, err
	}
	bytes, err := k.source.Get(ctx, k.Key, b.bytes)
	if err != nil {
		f.land(b)
		if errors.Is(err, store.ErrNotFound) {
			there, err := k.source.exists(ctx, k.Key)
			if err != nil {
				return fetchedFile{}, err
			}
			k.gone = !there
		}
		if ctx.Err() != nil {
			return fetchedFile{}, ctx.Err()
		}
		if !k.gone {
			k.err = err
		}
		return fetchedFile{key: k}, nil
	}
	b.bytes = bytes
	return fetchedFile{key: k, body: b}, nil
}
