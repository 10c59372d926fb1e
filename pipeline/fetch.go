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
// or unreadable set.
type fetchedFile struct {
	key
	body       *body
	unreadable error // too large to be a log file
}

// A body is the bytes of a log file between fetch and decode.
type body struct {
	bytes  []byte
	weight int64 // what it counts for in the budget
}

// A byteBudget holds the bodies between fetch and decode. It bounds their bytes,
// and uses their buffers again.
type byteBudget struct {
	limit  int64
	memory *semaphore.Weighted
	free   chan *body
}

func newByteBudget(limit int64) *byteBudget {
	return &byteBudget{limit: limit, memory: semaphore.NewWeighted(limit), free: make(chan *body, freeBodies)}
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

// acquire waits until size bytes may be held and returns an empty body with
// room for them. A file larger than the whole budget passes alone.
func (b *byteBudget) acquire(ctx context.Context, size int64) (*body, error) {
	weight := min(size, b.limit)
	if err := b.memory.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	var empty *body
	select {
	case empty = <-b.free:
	default:
		empty = new(body)
	}
	if int64(cap(empty.bytes)) < size {
		empty.bytes = make([]byte, 0, size)
	}
	empty.weight = weight
	return empty, nil
}

// release takes a body back, whose bytes nobody may use any more.
func (b *byteBudget) release(used *body) {
	b.memory.Release(used.weight)
	if cap(used.bytes) <= keepBody {
		select {
		case b.free <- used:
		default:
		}
	}
}

// fetch reads the log files and closes out.
func fetch(ctx context.Context, c *Config, budget *byteBudget, keys <-chan key, out chan<- fetchedFile) error {
	defer close(out)
	group, ctx := errgroup.WithContext(ctx)
	for range c.Concurrency {
		group.Go(func() error {
			for k := range keys {
				file, err := fetchOne(ctx, c, budget, k)
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
func fetchOne(ctx context.Context, c *Config, budget *byteBudget, k key) (fetchedFile, error) {
	if k.skipped || k.gone || k.err != nil || k.mark != nil || k.end != nil {
		return fetchedFile{key: k}, nil
	}
	if k.Size > int64(c.MaxInflated) {
		return fetchedFile{key: k, unreadable: fmt.Errorf("%w of %d bytes", gunzip.ErrTooLarge, c.MaxInflated)}, nil
	}
	// One byte more lets a directory see the end without growing the buffer.
	b, err := budget.acquire(ctx, k.Size+1)
	if err != nil {
		return fetchedFile{}, err
	}
	bytes, err := k.source.Get(ctx, k.Key, b.bytes)
	if err != nil {
		budget.release(b)
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
