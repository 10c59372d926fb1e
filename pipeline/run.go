package pipeline

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/resume"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// Run reads the log files that c selects and merges their events into the
// table. The report is complete also when an error is returned; what it says
// was added is in the table.
//
// When ctx ends, Run fetches nothing more, commits what it has, and returns
// ctx's error.
func Run(ctx context.Context, c Config) (*Report, error) {
	report := newReport(&c)
	if err := c.Check(); err != nil {
		return report, err
	}
	began := time.Now()
	c.Log = c.Log.With(slog.String("run", c.RunID))
	shared := &store.Shared{Concurrency: c.connections(), Log: c.Log}
	c.nameRegions()
	c.Log.Info("run begins", report.Selection.attrs()...)
	news := &announcer{config: &c, report: report, noted: map[string]noted{}, told: map[string][]string{}}
	err := run(ctx, &c, report, shared, news)
	if failed := news.publish(store.Finishing(ctx)); failed != nil {
		err = errors.Join(err, failed)
	}
	if err == nil && c.whole() && len(report.Unreachable) == 0 {
		report.knownUnmet(c.Log)
	}
	report.finish(began, &shared.Requests)
	report.logEnd(c.Log, err)
	return report, err
}

func run(ctx context.Context, c *Config, report *Report, shared *store.Shared, news *announcer) (err error) {
	sources, unreachable, err := openSources(ctx, c, shared)
	report.Unreachable = append(report.Unreachable, unreachable...)
	if err != nil {
		return err
	}
	if err := checkTemp(); err != nil {
		return err
	}
	table, err := openTable(ctx, c, shared)
	if err != nil {
		return err
	}
	if err := news.open(ctx, table); err != nil {
		return err
	}
	listed, err := openInventories(ctx, c, sources, shared)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, listed.close()) }()

	tracker, over := resume.NewTracker(c.Now(), c.Recheck), c.over()
	if !c.clockHolds(sources) {
		tracker.DoubtClock()
		over = trail.LastDay // nor is what earlier runs settled to be doubted by it
	}
	checkpoints := state.NewCheckpoints(table, schema.EventSources(), over, c.Log)
	if err := checkContents(ctx, c, table, checkpoints, report); err != nil {
		return err
	}
	files := make(chan logFile, c.connections())
	bodies := make(chan fetched)
	results := make(chan result, c.Workers)
	notices := make(chan notice, c.connections())
	budget := newByteBudget(c.shares().delivered)
	large, err := readBegun(ctx, table, c)
	if err != nil {
		return err
	}
	defer func() { large.close(store.Finishing(ctx)) }()
	sent := new(pending)
	end := collector{
		config: c, report: report, tracker: tracker, waiting: map[string][]schema.Event{}, days: map[string]trail.Span{}, places: map[resume.Place]bool{},
		sent: sent, large: large,
		commits: &committer{config: c, report: report, table: table, checkpoints: checkpoints, news: news},
	}

	working, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	group, working := errgroup.WithContext(working)
	group.Go(func() error {
		defer close(files)
		defer close(notices)
		d := &dispatcher{over: working.Done(), files: files, notices: notices, sent: sent, large: large}
		if err := list(working, c, sources, checkpoints, d); err != nil {
			return err
		}
		return d.rest(working)
	})
	group.Go(func() (err error) {
		report.Concurrency, err = fetch(working, c, &shared.Requests.Refused, budget, files, bodies)
		return err
	})
	group.Go(func() error { return decode(c, budget, func(f *logFile) { large.begin(ctx, f) }, bodies, results) })
	group.Go(func() error {
		failed = end.collect(ctx, results, notices)
		stop() // nothing more can be kept
		drain(results, notices)
		return nil
	})
	err = group.Wait()
	// That rows could not be committed outweighs that the run was interrupted.
	return cmp.Or(failed, ctx.Err(), err)
}

// A dispatcher sends the log files that a listing turns up to be fetched, and the
// rest straight to be collected.
type dispatcher struct {
	over    <-chan struct{}
	files   chan<- logFile
	notices chan<- notice
	sent    *pending
	large   *begun

	mutex sync.Mutex
	last  []logFile // that are sent when nothing else is
}

func (d *dispatcher) read(f logFile) error {
	switch d.large.turn(&f) {
	case never:
		d.sent.add(1)
		return d.notify(func(c *collector) { c.result(refused(f)) })
	case last:
		d.mutex.Lock()
		defer d.mutex.Unlock()
		d.last = append(d.last, f)
		return nil
	case now:
	}
	return d.send(f)
}

func (d *dispatcher) send(f logFile) error {
	d.sent.add(1)
	select {
	case d.files <- f:
		return nil
	case <-d.over:
		return context.Canceled
	}
}

// rest sends what was kept for the end, one at a time.
func (d *dispatcher) rest(ctx context.Context) error {
	for _, f := range d.last {
		if err := d.sent.wait(ctx); err != nil {
			return err
		}
		f.alone = true
		if err := d.send(f); err != nil {
			return err
		}
	}
	return nil
}

func (d *dispatcher) notify(n notice) error {
	select {
	case d.notices <- n:
		return nil
	case <-d.over:
		return context.Canceled
	}
}

func (d *dispatcher) gone(f logFile) error {
	return d.notify(func(c *collector) { c.gone(&f) })
}

func (d *dispatcher) skipped(s *source, kind string, o trail.Other) error {
	return d.notify(func(c *collector) { c.report.skipped(kind, s.URI(o.First), o, c.config.Log) })
}

func (d *dispatcher) unreachable(s *source, folder string, err error) error {
	return d.notify(func(c *collector) { c.unreachable(s.URI(folder), err) })
}

func (d *dispatcher) batchListed(b *resume.BatchListed) error {
	return d.notify(func(c *collector) { c.batchListed(b) })
}

func (d *dispatcher) unitListed(u *resume.UnitListed, _ int) error {
	return d.notify(func(c *collector) { c.unitListed(u) })
}

func (d *dispatcher) searched(where resume.Place, s *trail.Search, came state.Search) error {
	return d.notify(func(c *collector) { c.tracker.Searched(where, s.Region, came, s.Kinds) })
}

// checkTemp finds out before anything is read whether merges have where to
// write.
func checkTemp() error {
	file, err := store.TempFile()
	if err != nil {
		return err
	}
	return file.Close()
}

func openTable(ctx context.Context, c *Config, shared *store.Shared) (*table.Table, error) {
	location, err := c.open(ctx, c.Table, false, shared)
	if err != nil {
		return nil, err
	}
	t, err := table.Open(ctx, location, c.Partition, c.Version)
	if err != nil || t.Outdated() == nil {
		return t, err
	}
	c.Log.Warn(t.Outdated().Error(), slog.String("table", location.URL.String()))
	return t, t.Upgrade(ctx, func(partition string, err error) {
		if err != nil {
			c.Log.Warn("file not replaced: the next run tries again", slog.String("partition", partition), slog.Any("error", err))
			return
		}
		c.Log.Info("file of an earlier layout replaced", slog.String("partition", partition))
	})
}
