package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A tracker follows what becomes of batches and units, and claims them when all
// their log files are finished and their rows are in the table.
type tracker struct {
	checkpoints *state.Checkpoints
	now         time.Time
	wait        time.Duration // how long after its end a day settles
	open        map[*batch]*progress
	ended       []*end
	claims      map[place][]state.Claim
	count       int // of claims
}

// A progress is how far a batch is.
type progress struct {
	seen      int   // log files that came back
	mark      *mark // nil until the batch is listed
	failed    map[string]state.FailedKey
	unclaimed bool // too much failed to be remembered by name
}

// maxFailed is how many failed log files of a batch are remembered by name. One
// with more is not claimed, and so listed again. Archived ones are never
// remembered: there are years of them, or none.
const maxFailed = 100

func newTracker(c *Config, checkpoints *state.Checkpoints) tracker {
	return tracker{
		checkpoints: checkpoints,
		now:         c.Now(),
		wait:        c.Recheck,
		open:        map[*batch]*progress{},
		claims:      map[place][]state.Claim{},
	}
}

// take takes in what became of a log file, or the end of a batch or a unit.
func (t *tracker) take(file *decodedFile) {
	switch {
	case file.end != nil:
		t.ended = append(t.ended, file.end)
	case file.mark != nil:
		t.of(file.mark.batch).mark = file.mark
		t.close(file.mark.batch)
	case file.batch == nil:
	case file.retry:
		t.takeRetry(file)
	default:
		p := t.of(file.batch)
		p.seen++
		if file.failed() {
			p.failed[file.rel()] = state.FailedKey{Size: file.Size, ETag: file.ETag}
			p.unclaimed = p.unclaimed || len(p.failed) > maxFailed || errors.Is(file.err, store.ErrArchived)
		}
		t.close(file.batch)
	}
}

// failed reports whether the log file, or a record of it, could not be read.
func (f *decodedFile) failed() bool {
	return f.err != nil || f.unreadable != nil || len(f.rejected) > 0
}

// rel is the log file's key below its region's folder.
func (f *decodedFile) rel() string { return strings.TrimPrefix(f.Key, f.batch.root) }

func (t *tracker) takeRetry(file *decodedFile) {
	if !file.failed() || file.gone {
		t.claim(file.batch.place, state.Claim{Region: file.batch.region, Read: []string{file.rel()}})
	}
}

func (t *tracker) of(b *batch) *progress {
	p := t.open[b]
	if p == nil {
		p = &progress{failed: map[string]state.FailedKey{}}
		t.open[b] = p
	}
	return p
}

func (t *tracker) claim(where place, c state.Claim) {
	t.claims[where] = append(t.claims[where], c)
	t.count++
}

// close claims a batch that is finished.
func (t *tracker) close(b *batch) {
	p := t.open[b]
	if p.mark == nil || p.seen < p.mark.sent {
		return
	}
	p.mark.closed, p.mark.unclaimed = true, p.unclaimed
	delete(t.open, b)
	if p.unclaimed {
		return
	}
	c := state.Claim{Region: b.region, Failed: p.failed}
	if b.month == "" {
		c.Days = map[trail.Day]state.Tally{b.day: p.mark.tally}
	} else if p.mark.sent > 0 && p.mark.all {
		c.Months = map[string]state.Tally{b.month: p.mark.tally}
	}
	t.claim(b.place, c)
}

// settle claims the days of units that are listed and finished to the end.
func (t *tracker) settle() {
	waiting := t.ended[:0]
	for _, e := range t.ended {
		if !t.finished(e) {
			waiting = append(waiting, e)
			continue
		}
		if c := t.settled(e); len(c.Settled) > 0 {
			t.claim(e.place, c)
		}
	}
	t.ended = waiting
}

// settled claims the days of a unit that are long enough over.
func (t *tracker) settled(e *end) state.Claim {
	c := state.Claim{Region: e.unit.Region, Days: map[trail.Day]state.Tally{}}
	if e.unit.Flat() || len(e.unit.Days) == 0 {
		return c
	}
	c.Settled = e.unit.Days.Within(trail.Span{From: e.unit.Days.First(), To: t.over(e.source)})
	for _, m := range e.marks {
		switch {
		case m.unclaimed:
			c.Settled = c.Settled.Without(trail.Days{{From: m.day, To: m.day}})
		case m.month == "":
			c.Days[m.day] = m.tally
		}
	}
	return c
}

// over returns the last day that settles: its last moment was long enough ago
// when the source was listed.
func (t *tracker) over(s *source) trail.Day {
	listed := t.now
	if !s.asOf.IsZero() && s.asOf.Before(listed) {
		listed = s.asOf
	}
	return trail.DayOf(listed.Add(-t.wait)) - 1
}

func (t *tracker) finished(e *end) bool {
	for _, m := range e.marks {
		if !m.closed {
			return false
		}
	}
	return true
}

// commit writes the claims that have come together. The rows they are about are
// in the table.
func (t *tracker) commit(ctx context.Context) error {
	t.settle()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(listWidth)
	for where, claims := range t.claims {
		group.Go(func() error {
			if err := t.checkpoints.Update(ctx, where.account, where.folder, claims); err != nil {
				return fmt.Errorf("commit state: %w", err)
			}
			return nil
		})
	}
	clear(t.claims)
	t.count = 0
	return group.Wait()
}
