package pipeline

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/state"
	"plantrail/pipeline/trail"
)

// A ledger follows what becomes of batches and units, and claims them when all
// their log files are finished and their rows are in the table.
type ledger struct {
	book   *state.Book
	over   trail.Day // the last day that settles
	open   map[*batch]*progress
	ended  []*end
	claims map[place][]state.Claim
	count  int // of claims
}

// A progress is how far a batch is.
type progress struct {
	seen   int   // log files that came back
	mark   *mark // nil until the batch is listed
	failed map[string]state.FailedKey
}

func newLedger(c *Config, book *state.Book) ledger {
	return ledger{
		book: book,
		// A day settles when the last moment of it is long enough ago.
		over:   trail.DayOf(c.Now().Add(-c.Recheck)) - 1,
		open:   map[*batch]*progress{},
		claims: map[place][]state.Claim{},
	}
}

// take takes in what became of a log file, or the end of a batch or a unit.
func (l *ledger) take(file *decodedFile) {
	switch {
	case file.end != nil:
		l.ended = append(l.ended, file.end)
	case file.mark != nil:
		l.of(file.mark.batch).mark = file.mark
		l.close(file.mark.batch)
	case file.batch == nil:
	case file.retry:
		l.takeRetry(file)
	default:
		p := l.of(file.batch)
		p.seen++
		if file.failed() {
			p.failed[file.rel()] = state.FailedKey{Size: file.Size, ETag: file.ETag}
		}
		l.close(file.batch)
	}
}

// failed reports whether the log file, or a record of it, could not be read.
func (f *decodedFile) failed() bool { return f.err != nil || f.broken != nil || len(f.odd) > 0 }

// rel is the log file's key below its region's folder.
func (f *decodedFile) rel() string { return strings.TrimPrefix(f.Key, f.batch.root) }

func (l *ledger) takeRetry(file *decodedFile) {
	if !file.failed() || file.gone {
		l.claim(file.batch.place, state.Claim{Region: file.batch.region, Read: []string{file.rel()}})
	}
}

func (l *ledger) of(b *batch) *progress {
	p := l.open[b]
	if p == nil {
		p = &progress{failed: map[string]state.FailedKey{}}
		l.open[b] = p
	}
	return p
}

func (l *ledger) claim(where place, c state.Claim) {
	l.claims[where] = append(l.claims[where], c)
	l.count++
}

// close claims a batch that is finished.
func (l *ledger) close(b *batch) {
	p := l.open[b]
	if p.mark == nil || p.seen < p.mark.sent {
		return
	}
	c := state.Claim{Region: b.region, Failed: p.failed}
	if b.month == "" {
		c.Days = map[trail.Day]state.Tally{b.day: p.mark.tally}
	} else if p.mark.sent > 0 && p.mark.all {
		c.Months = map[string]state.Tally{b.month: p.mark.tally}
	}
	l.claim(b.place, c)
	p.mark.closed = true
	delete(l.open, b)
}

// settle claims the days of units that are listed and finished to the end.
func (l *ledger) settle() {
	waiting := l.ended[:0]
	for _, e := range l.ended {
		if !l.finished(e) {
			waiting = append(waiting, e)
			continue
		}
		span := trail.Span{From: e.unit.From, To: min(e.unit.To, l.over)}
		if e.unit.Flat() || span.From > span.To {
			continue
		}
		c := state.Claim{Region: e.unit.Region, Settled: []trail.Span{span}, Days: map[trail.Day]state.Tally{}}
		for _, m := range e.marks {
			if m.month == "" {
				c.Days[m.day] = m.tally
			}
		}
		l.claim(e.place, c)
	}
	l.ended = waiting
}

func (l *ledger) finished(e *end) bool {
	for _, m := range e.marks {
		if !m.closed {
			return false
		}
	}
	return true
}

// commit writes the claims that have come together. The rows they are about are
// in the table.
func (l *ledger) commit(ctx context.Context) error {
	l.settle()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(listWidth)
	for where, claims := range l.claims {
		group.Go(func() error {
			if err := l.book.Update(ctx, where.account, where.folder, claims); err != nil {
				return fmt.Errorf("commit state: %w", err)
			}
			return nil
		})
	}
	clear(l.claims)
	l.count = 0
	return group.Wait()
}
