package pipeline

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
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
	began := time.Now()
	c.Log = c.Log.With(slog.String("run", c.RunID))
	shared := &store.Shared{Concurrency: c.Concurrency, Log: c.Log}
	c.Log.Info("run begins", report.Selection.attrs()...)
	err := run(ctx, &c, report, shared)
	report.finish(began, &shared.Requests)
	report.logEnd(c.Log, err)
	return report, err
}

func run(ctx context.Context, c *Config, report *Report, shared *store.Shared) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
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
	listed, err := openInventories(ctx, c, sources, shared)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, listed.close()) }()

	checkpoints := state.NewCheckpoints(table, schema.EventSources(), c.Log)
	keys := make(chan key, c.Concurrency)
	fetched := make(chan fetchedFile)
	decoded := make(chan decodedFile, c.Workers)
	budget := newByteBudget(c.Memory)

	working, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	group, working := errgroup.WithContext(working)
	group.Go(func() error { return list(working, c, sources, checkpoints, keys) })
	group.Go(func() error { return fetch(working, c, budget, keys, fetched) })
	group.Go(func() error { return decode(c, budget, fetched, decoded) })
	group.Go(func() error {
		failed = collect(ctx, c, table, checkpoints, decoded, report)
		stop() // nothing more can be kept
		drain(decoded)
		return nil
	})
	err = group.Wait()
	// That rows could not be committed outweighs that the run was interrupted.
	return cmp.Or(failed, ctx.Err(), err)
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
