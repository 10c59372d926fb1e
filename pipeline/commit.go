package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/resume"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// A committer puts rows into the table, and then what is finished into the state.
// A crash between the two costs work, never a row.
type committer struct {
	config      *Config
	report      *Report
	table       *table.Table
	checkpoints *state.Checkpoints
	news        *announcer
}

// commit merges rows into the table, a partition at a time, and claims what the
// tracker says is finished. A partition that cannot be written does not keep the
// others from it, but then nothing is claimed. days are the delivery days that a
// partition's rows came from.
func (c *committer) commit(ctx context.Context, rows map[string][]schema.Event, days map[string]trail.Span, tracker *resume.Tracker) (failed error) {
	late := after(ctx, commitGrace)
	ctx = store.Finishing(ctx) // an interrupted run keeps what it has found
	// Shards that commit at the same time begin at different partitions, so that
	// they do not all wait for one.
	partitions := slices.Sorted(maps.Keys(rows))
	contents := map[string]table.Content{}
	first := c.config.Shard.first(len(partitions))
	for _, partition := range slices.Concat(partitions[first:], partitions[:first]) {
		if late() {
			return fmt.Errorf("interrupted, and not all rows could be committed within %s: the next run reads them again: %w", commitGrace, context.Canceled)
		}
		var added []*schema.Event
		change, err := c.table.MergeNoted(ctx, partition, rows[partition], func(fresh []*schema.Event) error {
			added = fresh
			return c.news.note(ctx, fresh)
		})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("commit %s: %w", partition, err))
			continue
		}
		contents[partition] = table.Content{
			Rows: change.Rows, Size: change.Size, From: days[partition].From.String(), To: days[partition].To.String(),
		}
		c.report.merged(change)
		if err := c.news.added(added); err != nil {
			return err
		}
		c.report.show(c.config.Progress)
		c.config.Log.Info("committed", slog.String("partition", partition), slog.Int("added", change.Added),
			slog.Int("duplicates", change.Duplicates), slog.Bool("written", change.Written))
	}
	if failed != nil {
		return failed
	}
	if err := c.confirm(ctx, rows); err != nil {
		return err
	}
	if len(contents) > 0 {
		if err := c.table.Note(ctx, contents); err != nil {
			return fmt.Errorf("commit contents: %w", err)
		}
	}
	return c.claim(ctx, tracker.Claims(nil))
}

// confirm makes sure, where several runs write the table at once, that the store
// kept them apart. What was put first has been there longest.
func (c *committer) confirm(ctx context.Context, rows map[string][]schema.Event) error {
	if c.config.Shard.Count <= 1 && !c.table.Contended() {
		return nil
	}
	for partition, events := range rows {
		if err := c.table.Confirm(ctx, partition, events); err != nil {
			return fmt.Errorf("commit %s: %w", partition, err)
		}
	}
	return nil
}

// commitGrace is how long an interrupted run goes on committing. What schedules runs
// waits longer before it kills them.
const commitGrace = 20 * time.Second

// after returns whether a context ended longer ago than a grace.
func after(ctx context.Context, grace time.Duration) func() bool {
	var ended atomic.Int64 // in nanoseconds
	context.AfterFunc(ctx, func() { ended.Store(time.Now().UnixNano()) })
	return func() bool {
		at := ended.Load()
		return at != 0 && time.Since(time.Unix(0, at)) > grace
	}
}

// claim adds what is finished to the states of its places.
func (c *committer) claim(ctx context.Context, claims map[resume.Place][]state.Claim) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(listWidth)
	for where, claims := range claims {
		group.Go(func() error {
			if err := c.checkpoints.Update(ctx, where.Account, where.Folder, claims); err != nil {
				return fmt.Errorf("commit state: %w", err)
			}
			return nil
		})
	}
	return group.Wait()
}
