package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

// A collector gathers what log files held and commits it.
type collector struct {
	config  *Config
	table   *table.Table
	report  *Report
	waiting map[string][]schema.Event // by partition
	rows    int                       // in waiting
	tracker tracker
}

// maxClaims commits earlier, when so many claims of finished log files wait.
const maxClaims = 50_000

// collect takes in what became of each log file, commits at every checkpoint
// and at the end, and counts. When ctx ends, what came in until then is still
// committed. It ends early when a commit fails.
func collect(ctx context.Context, c *Config, t *table.Table, checkpoints *state.Checkpoints, in <-chan decodedFile, report *Report) error {
	l := collector{config: c, table: t, report: report, waiting: map[string][]schema.Event{}, tracker: newTracker(c, checkpoints)}
	checkpoint := time.NewTicker(c.Checkpoint)
	defer checkpoint.Stop()
	for {
		due := false
		select {
		case file, more := <-in:
			if !more {
				return l.commit(ctx)
			}
			l.take(&file)
			due = l.rows >= c.MaxRows || l.tracker.count >= maxClaims
		case <-checkpoint.C:
			due = true
		}
		if due {
			if err := l.commit(ctx); err != nil {
				return err
			}
		}
	}
}

// drain takes what still comes, so that the earlier stages end.
func drain(in <-chan decodedFile) {
	for range in {
	}
}

// take counts a log file and keeps its events.
func (l *collector) take(file *decodedFile) {
	l.report.count(file, l.config.Log)
	l.config.Progress.collect(l.report)
	l.tracker.take(file)
	for i := range file.events {
		partition := l.table.Partition(&file.events[i])
		l.waiting[partition] = append(l.waiting[partition], file.events[i])
	}
	l.rows += len(file.events)
}

// commit merges the waiting rows into the table, a partition at a time. One that
// cannot be written does not keep the others from it.
func (l *collector) commit(ctx context.Context) (failed error) {
	ctx = store.Finishing(ctx) // an interrupted run keeps what it has found
	// Shards that commit at the same time begin at different partitions, so that
	// they do not all wait for one.
	partitions := slices.Sorted(maps.Keys(l.waiting))
	first := l.config.Shard.first(len(partitions))
	for _, partition := range slices.Concat(partitions[first:], partitions[:first]) {
		change, err := l.table.Merge(ctx, partition, l.waiting[partition])
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("commit %s: %w", partition, err))
			continue
		}
		l.report.commit(change)
		l.config.Progress.collect(l.report)
		l.config.Log.Info("committed", slog.String("partition", partition), slog.Int("added", change.Added),
			slog.Int("duplicates", change.Duplicates), slog.Bool("written", change.Written))
	}
	clear(l.waiting)
	l.rows = 0
	if failed != nil {
		return failed
	}
	return l.tracker.commit(ctx)
}
