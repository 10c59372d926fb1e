package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"plantrail/pipeline/gunzip"
	"plantrail/pipeline/store"
)

// An outcome is what became of a log file.
type outcome int

const (
	read        outcome = iota // as far as one stage has come
	gone                       // it was listed, and is not there any more
	unreachable                // the store does not give it
	unreadable                 // what the store gives is no log file
)

// A fetched log file has a body if it was read, and an error if it is unreachable
// or unreadable.
type fetched struct {
	file    logFile
	outcome outcome
	body    *body
	stream  *store.File // of an export that is too large for a body
	err     error
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

// fetch reads the log files and closes out. It returns how wide it was in the end.
func fetch(ctx context.Context, c *Config, refused *atomic.Int64, budget *byteBudget, files <-chan logFile, out chan<- fetched) (int, error) {
	defer close(out)
	group, ctx := errgroup.WithContext(ctx)
	finding, found := context.WithCancel(ctx)
	defer found()
	w := new(width)
	more := func(n int) {
		for range n {
			group.Go(func() error {
				surplus, err := fetchAll(ctx, c, w, budget, files, out)
				if !surplus {
					found() // where the files end for one, they end for all
				}
				return err
			})
		}
	}
	first := c.Concurrency
	var searching sync.WaitGroup
	if first == AutoConcurrency {
		f := newFinder(widest(c.Memory))
		first = f.width
		searching.Go(func() { w.find(finding, f, refused, more) })
	}
	w.limit.Store(int64(first))
	w.running.Store(int64(first))
	more(first)
	<-finding.Done()
	searching.Wait() // nobody begins a fetch any more
	return int(w.limit.Load()), group.Wait()
}

// fetchAll fetches one log file after the other, until there are no more, or the
// fetch is surplus.
func fetchAll(ctx context.Context, c *Config, w *width, budget *byteBudget, files <-chan logFile, out chan<- fetched) (surplus bool, err error) {
	for {
		f, ok := w.receive(files)
		if !ok {
			return false, nil
		}
		file, err := fetchOne(ctx, c, budget, f)
		if err != nil {
			return false, err
		}
		w.send(out, file) // decode takes until out is closed
		w.fetched.Add(1)
		if w.surplus() {
			return true, nil
		}
	}
}

// fetchOne reads one log file. The error means that the run is over.
func fetchOne(ctx context.Context, c *Config, budget *byteBudget, f logFile) (fetched, error) {
	if f.Batch.Export && f.Size > c.shares().delivered {
		return openOne(ctx, f)
	}
	if f.Size > int64(c.MaxInflated) {
		return fetched{file: f, outcome: unreadable, err: fmt.Errorf("%w of %d bytes", gunzip.ErrTooLarge, c.MaxInflated)}, nil
	}
	if most := c.shares().alone; f.Size > most {
		return fetched{file: f, outcome: unreadable, err: fmt.Errorf("%d MiB as delivered: %w", f.Size>>20, errMemory)}, nil
	}
	// One byte more lets a directory see the end without growing the buffer.
	body, err := budget.acquire(ctx, f.Size+1)
	if err != nil {
		return fetched{}, err
	}
	err = store.Whole(ctx, func() error {
		bytes, err := f.source.Get(ctx, f.Key, body.bytes)
		if err == nil {
			body.bytes = bytes
			err = f.whole(ctx, bytes)
		}
		return err
	})
	if err == nil {
		return fetched{file: f, body: body}, nil
	}
	budget.release(body)
	return unfetched(ctx, f, err)
}

// whole returns nil if bytes may be all of a log file, as it was listed or is by now.
func (f *logFile) whole(ctx context.Context, bytes []byte) error {
	if store.Part(f.Key, bytes, f.Size) == nil {
		return nil
	}
	now, there, err := f.source.find(ctx, f.Object)
	if err != nil {
		return err
	}
	err = store.Part(f.Key, bytes, now.Size)
	if err == nil && !there {
		err = &store.PartError{Came: int64(len(bytes)), Listed: f.Size}
	}
	if err != nil {
		return fmt.Errorf("get %s: %w", f.uri(), err)
	}
	return nil // it was replaced since it was listed
}

// openOne opens an export that is read as it is decoded.
func openOne(ctx context.Context, f logFile) (fetched, error) {
	file, err := f.source.Open(ctx, f.Key)
	if err != nil {
		return unfetched(ctx, f, err)
	}
	return fetched{file: f, stream: file}, nil
}

// unfetched tells what became of a file that the store does not give.
func unfetched(ctx context.Context, f logFile, err error) (fetched, error) {
	there := true
	if errors.Is(err, store.ErrNotFound) {
		var failed error
		if _, there, failed = f.source.find(ctx, f.Object); failed != nil {
			return fetched{}, failed
		}
	}
	switch {
	case ctx.Err() != nil:
		return fetched{}, ctx.Err()
	case !there:
		return fetched{file: f, outcome: gone}, nil
	}
	return fetched{file: f, outcome: unreachable, err: err}, nil
}
