package pipeline

import (
	"context"
	"sync/atomic"
	"syscall"
	"time"
)

// The width is how many log files are fetched at once. Where it is not given it
// finds itself, by what comes of it:
//
//  1. It begins modestly and doubles while that brings a third more log files a
//     second, and steps back when it does not. S3 makes room for a rate over
//     time, so it takes seconds, not an instant.
//  2. Then it holds, and now and then tries a little more and a little less: more
//     stays if it brings something, less stays if it costs nothing.
//  3. It falls when the store refuses requests. How many a second it is sent is
//     for package store to say, bucket by bucket.
//  4. It holds while fetching is not what a run waits for: too few log files are
//     listed, or decoding is busy.
const (
	firstWidth = 32
	leastWidth = 8
	// mostWidth is more than helps: beyond it the machine is what is slow.
	mostWidth = 2048
	// bytesPerWidth is what a connection takes at most, with TLS and its buffers.
	bytesPerWidth = 128 << 10
	// filesPerWidth is how many of the files that a process may have open one
	// fetch may take, with what else is open.
	filesPerWidth = 2

	// widthTick is how often it is looked at, if enough log files have come since:
	// widthSample for each fetch, or what came in widthPatience.
	widthTick     = 200 * time.Millisecond
	widthSample   = 2
	widthPatience = 2 * time.Second
	// widthHold and widthPause are how many looks it holds, after a try and after
	// refusals.
	widthHold  = 10
	widthPause = 5
	// refusedTolerated is the part of requests that may be refused.
	refusedTolerated = 0.04
)

// widest returns how far a run may go whose width is not given.
func widest(memory int64) int {
	most := min(mostWidth, memory/bytesPerWidth)
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil && files.Cur < mostWidth*filesPerWidth {
		most = min(most, int64(files.Cur)/filesPerWidth)
	}
	return max(int(most), leastWidth)
}

// connections returns how many connections a run may need.
func (c *Config) connections() int {
	if c.Concurrency == AutoConcurrency {
		return widest(c.Memory)
	}
	return c.Concurrency
}

// A width counts what a finder looks at. The fetches of a run share it.
type width struct {
	limit   atomic.Int64 // fetches that there are to be
	running atomic.Int64 // that there are
	fetched atomic.Int64 // log files, since the beginning
	starved atomic.Int64 // fetches that wait for a log file
	blocked atomic.Int64 // fetches that wait for decoding
}

// surplus reports whether a fetch is one too many. It must end then.
func (w *width) surplus() bool {
	for {
		running := w.running.Load()
		if running <= w.limit.Load() {
			return false
		}
		if w.running.CompareAndSwap(running, running-1) {
			return true
		}
	}
}

// receive receives a log file, and counts the wait for it.
func (w *width) receive(files <-chan logFile) (logFile, bool) {
	select {
	case f, ok := <-files:
		return f, ok
	default:
	}
	w.starved.Add(1)
	defer w.starved.Add(-1)
	f, ok := <-files
	return f, ok
}

// send sends what was fetched, and counts the wait for that.
func (w *width) send(out chan<- fetched, file fetched) {
	select {
	case out <- file:
		return
	default:
	}
	w.blocked.Add(1)
	defer w.blocked.Add(-1)
	out <- file
}

// A look is what came of a width in a while.
type look struct {
	took             time.Duration
	fetched, refused int64
	starved, blocked int64 // fetches, at the end of it
}

// A finder finds the width.
type finder struct {
	width, most int
	step        float64 // of the try that is under way; 0 for none
	before      int     // the width before it
	rate        float64 // of log files a second, then
	hold        int     // looks
	failed      bool    // one look at the try was bad
	down        bool    // the next try is for less
}

func newFinder(most int) *finder {
	first := min(firstWidth, most)
	return &finder{width: first, most: most, step: 2, before: first}
}

// next returns the width after a look.
func (f *finder) next(l look) int {
	rate := float64(l.fetched) / l.took.Seconds()
	switch {
	case float64(l.refused) > refusedTolerated*float64(l.fetched+l.refused):
		f.settle(max(f.width*7/10, min(leastWidth, f.most)), widthPause)
	case 4*l.starved > int64(f.width), 2*l.blocked > int64(f.width):
		// It says nothing of the width.
	case f.step == 0:
		if f.hold--; f.hold <= 0 {
			f.try(rate)
		}
	case f.rate == 0: // the first look of all
		f.rate = rate
		f.widen(f.step)
	case f.step < 1:
		f.down = rate >= 0.97*f.rate
		if f.down {
			f.settle(f.width, widthHold)
		} else {
			f.settle(f.before, widthHold)
		}
	case rate >= f.rate*(1+(f.step-1)/3):
		f.rate, f.before, f.failed = rate, f.width, false
		f.widen(f.step)
	case !f.failed:
		f.failed = true // the machine may have been busy with something else
	default:
		f.settle(f.before, widthHold)
		f.down = true
	}
	return f.width
}

// try begins a try.
func (f *finder) try(rate float64) {
	const more, less = 1.25, 0.8
	f.rate, f.before, f.step = rate, f.width, more
	if f.down {
		f.step = less
	}
	f.widen(f.step)
}

func (f *finder) widen(step float64) {
	before := f.width
	f.width = max(min(int(float64(f.width)*step), f.most), min(leastWidth, f.most))
	if f.width == before {
		f.settle(f.width, widthHold)
		f.down = !f.down
	}
}

func (f *finder) settle(width, hold int) {
	f.width, f.step, f.hold, f.failed = width, 0, hold, false
}

// find looks at a width, and has it changed, until ctx ends. more begins as many
// fetches.
func (w *width) find(ctx context.Context, f *finder, refused *atomic.Int64, more func(n int)) {
	ticks := time.NewTicker(widthTick)
	defer ticks.Stop()
	began, fetched, denied := time.Now(), int64(0), refused.Load()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		l := look{
			took: time.Since(began), fetched: w.fetched.Load() - fetched, refused: refused.Load() - denied,
			starved: w.starved.Load(), blocked: w.blocked.Load(),
		}
		if l.fetched < int64(widthSample*f.width) && l.took < widthPatience {
			continue
		}
		began, fetched, denied = began.Add(l.took), fetched+l.fetched, denied+l.refused
		limit := int64(f.next(l))
		w.limit.Store(limit)
		if missing := limit - w.running.Load(); missing > 0 {
			w.running.Add(missing)
			more(int(missing))
		}
	}
}
