package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"plantrail/pipeline/resume"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// A collector is the goroutine that knows what has become of everything: it counts,
// keeps rows until they are committed, and follows which batches are finished.
type collector struct {
	config  *Config
	report  *Report
	commits *committer
	tracker *resume.Tracker
	sent    *pending
	large   *begun
	waiting map[string][]schema.Event // rows by partition
	rows    int                       // in waiting
	size    int64                     // of them in memory
	ended   []string                  // URIs of log files whose notes can go when the rows are in the table
	days    map[string]trail.Span     // delivery days of waiting rows, by partition
	places  map[resume.Place]bool     // that waiting rows came from
}

// A notice is what a listing turned up that is not to be read: it goes straight to
// the collector. It may overtake log files that were listed before it.
type notice func(*collector)

// collect takes results and notices until there are no more of either, commits at
// every checkpoint and at the end. When ctx ends, what came in until then is still
// committed. A commit that fails ends it early.
func (c *collector) collect(ctx context.Context, results <-chan result, notices <-chan notice) error {
	checkpoint := time.NewTicker(c.config.Checkpoint)
	defer checkpoint.Stop()
	most := c.config.shares().waiting
	for results != nil || notices != nil {
		due := false
		select {
		case r, more := <-results:
			if !more {
				results = nil
				continue
			}
			if r.committed != nil {
				err := c.commit(ctx)
				close(r.committed)
				if err != nil {
					return err
				}
				continue
			}
			c.result(&r)
			due = c.size >= most || c.rows >= c.config.MaxRows
		case notice, more := <-notices:
			if !more {
				notices = nil
				continue
			}
			notice(c)
		case <-checkpoint.C:
			due = true
		}
		c.report.show(c.config.Progress)
		if !due && c.tracker.Len() >= c.config.MaxClaims {
			if err := c.claim(ctx); err != nil {
				return err
			}
			due = c.tracker.Len() >= c.config.MaxClaims
		}
		if due {
			if err := c.commit(ctx); err != nil {
				return err
			}
		}
	}
	return c.commit(ctx)
}

// drain takes what still comes, so that the earlier stages end. Each may wait for
// the other to be taken.
func drain(results <-chan result, notices <-chan notice) {
	for results != nil || notices != nil {
		select {
		case r, more := <-results:
			if !more {
				results = nil
			}
			if r.committed != nil {
				close(r.committed)
			}
		case _, more := <-notices:
			if !more {
				notices = nil
			}
		}
	}
}

// result counts a log file and keeps its events.
func (c *collector) result(r *result) {
	c.report.result(r, c.config.Log)
	for i := range r.events {
		partition := c.commits.table.Partition(&r.events[i])
		c.waiting[partition] = append(c.waiting[partition], r.events[i])
		c.size += r.events[i].Size()
		day := r.file.Named.Day
		if r.file.Batch.Export {
			day = trail.DayOf(r.events[i].EventTime) // exports have none of their own
		}
		span, known := c.days[partition]
		if !known {
			span = trail.Span{From: day, To: day}
		}
		c.days[partition] = trail.Span{From: min(span.From, day), To: max(span.To, day)}
	}
	if c.rows += len(r.events); len(r.events) > 0 {
		c.places[r.file.Batch.Place] = true
	}
	if r.more {
		return
	}
	c.tracker.Result(&r.file.File, r.finished())
	c.sent.add(-1)
	if r.noted || r.file.alone {
		c.ended = append(c.ended, r.file.uri())
	}
}

// finished tells what the log file's batch is to know.
func (r *result) finished() resume.Outcome {
	switch {
	case errors.Is(r.err, store.ErrArchived):
		return resume.Unnamed // there are years of them, or none
	case r.outcome == unreachable, r.outcome == unreadable, r.rejected.Count > 0, r.found.Broken > 0:
		return resume.Failed
	}
	return resume.Done
}

func (c *collector) gone(f *logFile) {
	c.report.gone(f.uri(), c.config.Log)
	c.tracker.Result(&f.File, resume.Done)
}

func (c *collector) unreachable(folder string, err error) {
	c.report.unreachable("unit", folder, err, c.config.Log)
}

func (c *collector) batchListed(b *resume.BatchListed) {
	c.report.alreadyDone(b.Known)
	c.tracker.BatchListed(b)
}

func (c *collector) unitListed(u *resume.UnitListed) {
	if !u.Rest {
		c.report.Units++
	}
	if days := u.Shrunk; len(days) > 0 {
		c.report.name(c.config.Log, "fewer log files than before: the days do not settle until everything is listed again", maxNamed,
			slog.String("account", u.Unit.Account), slog.String("region", u.Unit.Region), slog.Int("days", days.Count()),
			slog.String("first", days.First().String()), slog.String("last", days.Last().String()))
	}
	c.tracker.UnitListed(u)
}

// commit commits what has come together.
func (c *collector) commit(ctx context.Context) error {
	rows, days, ended := c.waiting, c.days, c.ended
	c.waiting, c.days, c.rows, c.size, c.ended = map[string][]schema.Event{}, map[string]trail.Span{}, 0, 0, nil
	c.places = map[resume.Place]bool{}
	if err := c.commits.commit(ctx, rows, days, c.tracker); err != nil {
		return err
	}
	c.large.end(store.Finishing(ctx), ended)
	return nil
}

// claim claims what is finished of the places that no waiting rows came from, so
// that claims alone replace no partition.
func (c *collector) claim(ctx context.Context) error {
	return c.commits.claim(store.Finishing(ctx), c.tracker.Claims(func(p resume.Place) bool { return !c.places[p] }))
}
