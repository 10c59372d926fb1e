package main

import (
	"context"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/vbauerster/mpb/v8/cwriter"

	"plantrail/pipeline"
)

// progressEvery is how often a log line says how far a run is.
const progressEvery = 10 * time.Second

// watch has --progress show how far what c describes is, until stop is called, and
// says what an interruption waits for. On a terminal one line moves, and only
// warnings stand above it; an interruption ends it.
func (f *selectFlags) watch(ctx context.Context, c *pipeline.Config, v *voice, attrs ...any) (stop func()) {
	v.log = v.log.With(attrs...)
	said := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(said)
		if b, ok := v.to.(*bar); ok {
			b.home()
			b.stop() // or a second interrupt would leave it there
		}
		signal.Reset(os.Interrupt, syscall.SIGTERM) // before it is said, as main does some time
		v.log.Warn("stopping: what is finished is committed first; a second interrupt ends at once")
	})
	stopping := func() {
		if !unhook() {
			<-said // what has begun to be said is said before the summary
		}
	}
	if f.Progress == "none" || f.Quiet {
		return stopping
	}
	c.Progress = new(pipeline.Progress)
	if f.Progress != "log" && !v.json && canDraw(os.Stderr) {
		b := newBar(os.Stderr, c.Progress)
		v.speak(b, slog.LevelWarn)
		c.Log = v.log
		v.log = v.log.With(attrs...)
		return func() {
			stopping()
			b.stop()
			v.speak(os.Stderr, slog.LevelInfo)
		}
	}
	done := make(chan struct{})
	ticker := time.NewTicker(progressEvery)
	var logging sync.WaitGroup
	log, progress := v.log, c.Progress
	logging.Go(func() { logProgress(log, progress.Snapshot, ticker.C, done) })
	return func() {
		stopping()
		ticker.Stop()
		close(done)
		logging.Wait()
	}
}

// canDraw reports whether a line on the file can be drawn over. On a terminal
// that has no size, nothing would be seen.
func canDraw(f *os.File) bool {
	kind := os.Getenv("TERM")
	width, height, err := cwriter.GetSize(int(f.Fd()))
	return kind != "" && kind != "dumb" && err == nil && width > 0 && height > 0
}

// logProgress logs at each tick how far a run is, until done is closed.
func logProgress(log *slog.Logger, snapshot func() pipeline.Snapshot, ticks <-chan time.Time, done <-chan struct{}) {
	m := newMeter(time.Now())
	for {
		select {
		case <-done:
			return
		case now := <-ticks:
			s := snapshot()
			m.add(now, s)
			if s == (pipeline.Snapshot{}) {
				continue // a line of zeros tells nothing
			}
			attrs := []any{
				slog.Bool("listing", !s.ListingOver), slog.Int64("units", s.Units), slog.Int64("units_listed", s.UnitsListed),
				slog.Int64("listed", s.Listed), slog.Int64("already_done", s.AlreadyDone), slog.Int64("finished", s.Finished),
				slog.Int64("bytes_read", s.BytesRead), slog.Int64("events", s.Events), slog.Int64("rows_added", s.RowsAdded),
				slog.Int64("quarantined", s.Quarantined), slog.Int64("unreachable", s.Unreachable),
				slog.Float64("log_files_per_second", math.Round(m.logFiles*10)/10), slog.Float64("bytes_per_second", math.Round(m.bytes)),
			}
			if left, ok := m.left(); ok {
				attrs = append(attrs, slog.Float64("eta_seconds", math.Ceil(left.Seconds())))
			}
			log.Info("progress", attrs...)
		}
	}
}

// A meter tells rates from counts. They are those of the last window: a run
// that is throttled after an hour must not seem as fast as before.
type meter struct {
	samples []metered
	now     pipeline.Snapshot

	logFiles float64 // finished in a second
	bytes    float64 // read in a second
}

type metered struct {
	at   time.Time
	then pipeline.Snapshot
}

const (
	window     = 30 * time.Second
	windowStep = time.Second
)

// newMeter returns a meter of counts that are 0 at the start.
func newMeter(start time.Time) *meter { return &meter{samples: []metered{{at: start}}} }

// add takes in the counts at a time.
func (m *meter) add(at time.Time, s pipeline.Snapshot) {
	m.now = s
	for len(m.samples) > 1 && at.Sub(m.samples[1].at) >= window {
		m.samples = m.samples[1:]
	}
	first := m.samples[0]
	if elapsed := at.Sub(first.at).Seconds(); elapsed > 0 {
		m.logFiles = float64(s.Finished-first.then.Finished) / elapsed
		m.bytes = float64(s.BytesRead-first.then.BytesRead) / elapsed
	}
	if at.Sub(m.samples[len(m.samples)-1].at) >= windowStep {
		m.samples = append(m.samples, metered{at, s})
	}
}

// left returns how long the rest will take. Nobody knows while listing goes on
// or nothing moves.
func (m *meter) left() (time.Duration, bool) {
	if !m.now.ListingOver || m.logFiles <= 0 {
		return 0, false
	}
	seconds := float64(m.now.Left()) / m.logFiles
	if seconds > maxLeft.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// maxLeft is more than anybody waits: a rate that leads there says nothing.
const maxLeft = 1000 * time.Hour
