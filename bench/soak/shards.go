package soak

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"plantrail/bench/fault"
)

// A Sharded is a job that is done by several processes at once, each of which
// has a share of it.
type Sharded struct {
	Job
	Endpoint string // of the S3 server that the job's URLs name
	Shards   int
	// Killed are how many log files a shard gets before it is killed, by the
	// shard. It is run once more then.
	Killed map[int]int
}

// A Share is what became of one shard.
type Share struct {
	Outcome                // of its last run
	Reads   map[string]int // how often it was given each log file, in all its runs
	Refused map[string]int // how often each put of it came too late
}

// RunSharded runs all shards at once, each behind a proxy of its own that notes
// what it reads. A shard that does not end well is an error.
func (p Program) RunSharded(ctx context.Context, s Sharded) ([]Share, error) {
	shares := make([]Share, s.Shards)
	var group errgroup.Group
	for index := range shares {
		shares[index] = Share{Reads: map[string]int{}, Refused: map[string]int{}}
		group.Go(func() error {
			share := &shares[index]
			if files, killed := s.Killed[index]; killed {
				if err := p.runShard(ctx, s, index, files, share); err != nil {
					return err
				}
				if !share.Killed {
					return fmt.Errorf("shard %d ended before it was killed: %s", index, share.Said)
				}
			}
			if err := p.runShard(ctx, s, index, 0, share); err != nil {
				return err
			}
			if share.Exit != 0 {
				return fmt.Errorf("shard %d: exit code %d: %s", index, share.Exit, share.Said)
			}
			return nil
		})
	}
	return shares, group.Wait()
}

// runShard runs one shard, and kills it when it was given so many log files.
func (p Program) runShard(ctx context.Context, s Sharded, index, files int, share *Share) (err error) {
	proxy, err := fault.Start(s.Endpoint, fault.Config{HoldAfter: files})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, proxy.Close()) }()
	job := s.Job
	job.Source = strings.ReplaceAll(job.Source, s.Endpoint, proxy.Endpoint())
	job.Table = strings.ReplaceAll(job.Table, s.Endpoint, proxy.Endpoint())
	job.Flags = append([]string{fmt.Sprintf("--shard=%d/%d", index, s.Shards)}, job.Flags...)
	job.KillWhen = proxy.Held()
	share.Outcome, err = p.Run(ctx, job)
	for key, times := range proxy.Reads() {
		share.Reads[key] += times
	}
	for key, times := range proxy.Refused() {
		share.Refused[key] += times
	}
	return err
}

// Overlap names the log files that were read by two shards.
func Overlap(shares []Share) []string {
	var twice []string
	reader := map[string]int{}
	for index := range shares {
		for key := range shares[index].Reads {
			if other, read := reader[key]; read {
				twice = append(twice, fmt.Sprintf("%s: by %d and %d", key, other, index))
			}
			reader[key] = index
		}
	}
	return twice
}

// Read returns how many log files and bytes the last runs of all shards have
// read, and how many times the mean the busiest has.
func Read(shares []Share) (files, bytes int64, busiest float64) {
	most := int64(0)
	for _, share := range shares {
		files += share.Report.Read
		bytes += share.Report.BytesRead
		most = max(most, share.Report.BytesRead)
	}
	return files, bytes, float64(most) * float64(len(shares)) / float64(max(bytes, 1))
}
