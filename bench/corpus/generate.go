package corpus

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
)

// queuedPerWorker is how many finished log files may wait for their turn, for
// each worker: enough to outlast one log file that takes longer than others.
const queuedPerWorker = 8

// Stats says what a corpus holds.
type Stats struct {
	LogFiles int
	Records  int64 // planted events and decoys among them
	Bytes    int64 // of log files as delivered, gzipped
	Inflated int64 // of the same log files, inflated
	Longest  int64 // bytes of the largest log file, inflated

	Planted         int      // different Support Plans events
	Duplicates      int      // deliveries of them beyond each one's first
	PlantedLogFiles int      // log files that hold at least one
	EventIDs        []string // of the planted events, in order, each once
	Decoys          int      // records that quote a Support Plans event source
}

// Generate makes the corpus and hands each log file to emit, with its key and
// its gzipped bytes, which are emit's to keep. It calls emit from one goroutine,
// in an order that only the configuration decides, and ends at emit's first
// error.
func Generate(cfg Config, emit func(key string, body []byte) error) (Stats, error) {
	if err := cfg.check(); err != nil {
		return Stats{}, fmt.Errorf("generate corpus: %w", err)
	}
	plan := newPlan(cfg)
	stats := Stats{
		LogFiles: cfg.files(),
		Planted:  cfg.Planted, Duplicates: cfg.Duplicates, Decoys: cfg.Decoys,
		PlantedLogFiles: plan.plantedLogFiles(),
		EventIDs:        plan.eventIDs(),
	}
	group, ctx := errgroup.WithContext(context.Background())
	jobs := make(chan job, cfg.Workers)
	queue := make(chan job, cfg.Workers*queuedPerWorker)
	group.Go(func() error { return enqueue(ctx, cfg.files(), jobs, queue) })
	for range cfg.Workers {
		group.Go(func() error { return work(newMaker(cfg, plan), jobs) })
	}
	group.Go(func() error {
		for j := range queue {
			var file logFile
			select {
			case file = <-j.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			stats.count(file)
			if err := emit(file.key, file.body); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return stats, fmt.Errorf("generate corpus: %w", err)
	}
	return stats, nil
}

// A job is one log file to be made.
type job struct {
	index int
	done  chan logFile // of capacity one: its maker never waits
}

// enqueue puts every log file into both channels: to be made by any worker, and
// to be handed out in order.
func enqueue(ctx context.Context, files int, jobs, queue chan<- job) error {
	defer close(jobs)
	defer close(queue)
	for i := range files {
		j := job{index: i, done: make(chan logFile, 1)}
		for _, c := range []chan<- job{queue, jobs} {
			select {
			case c <- j:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func work(m *maker, jobs <-chan job) error {
	for j := range jobs {
		file, err := m.make(j.index)
		if err != nil {
			return err
		}
		j.done <- file
	}
	return nil
}

func (s *Stats) count(file logFile) {
	s.Records += int64(file.records)
	s.Bytes += int64(len(file.body))
	s.Inflated += int64(file.inflated)
	s.Longest = max(s.Longest, int64(file.inflated))
}

// eventIDs returns the ids of the planted events in order.
func (p *plan) eventIDs() []string {
	ids := make([]string, len(p.plantings))
	for i, planting := range p.plantings {
		ids[i] = planting.eventID
	}
	slices.Sort(ids)
	return ids
}
