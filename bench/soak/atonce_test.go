package soak_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/bench/corpus"
	"plantrail/bench/fault"
)

// Four processes write one table at once, and all of them succeed.
func TestFourAtOnce(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, true)
	tr.deliver(tr.generate(func(c *corpus.Config) { c.Planted, c.Duplicates = 200, 50 })...)
	atOnce(tr, "")
}

// The same on a slow connection: what one process reads in two steps, others
// change between them.
func TestFourAtOnceSlow(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, true)
	tr.deliver(tr.generate(func(c *corpus.Config) { c.FilesPerDay, c.Planted = 10, 200 })...)
	proxy := tr.proxied(fault.Config{
		Seed: tr.rng.Uint64(), Rate: 0.3, Kinds: []fault.Kind{fault.StallBefore}, Stall: 200 * time.Millisecond,
	})
	atOnce(tr, proxy.Endpoint())
}

func atOnce(tr *trial, endpoint string) {
	tr.Helper()
	const processes = 4
	tr.clean("reference")
	for round := range number(tr.T, "PLANTRAIL_ROUNDS", 1) {
		table := fmt.Sprintf("table-%d", round)
		var group errgroup.Group
		for range processes {
			group.Go(func() error {
				o, err := tr.program.Run(tr.Context(), tr.job(table, endpoint, "--checkpoint=50ms"))
				if err == nil && o.Exit != 0 {
					err = fmt.Errorf("exit code %d: %s", o.Exit, o.Said)
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			tr.Fatal(err)
		}
		lost, doubled := tr.equal(table, "reference")
		tr.Logf("round %d: events lost %d, doubled %d", round, lost, doubled)
	}
}
