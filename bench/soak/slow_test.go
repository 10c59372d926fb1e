package soak_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/fault"
)

// A store that asks for less gets less, and more again when it stops asking.
func TestThrottled(t *testing.T) {
	t.Parallel()
	const (
		limit    = 60 // a second
		from, to = 2, 10
	)
	tr := newTrial(t, true)
	tr.deliver(tr.generate(func(c *corpus.Config) { c.FilesPerDay = 320 })...)
	proxy := tr.proxied(fault.Config{})
	time.AfterFunc(from*time.Second, func() { proxy.SetLimit(limit) })
	time.AfterFunc(to*time.Second, func() { proxy.SetLimit(0) })
	job := tr.job("table", "")
	job.Source = strings.ReplaceAll(job.Source, tr.server.Endpoint(), proxy.Endpoint())
	// Few requests in flight, so that log files are left to be throttled.
	job.Flags = append(job.Flags, "--concurrency=4")
	o := tr.run(job)
	if o.Exit != 0 {
		t.Fatalf("exit code %d: %s", o.Exit, o.Said)
	}
	curve := proxy.Curve()
	var text strings.Builder
	for i, second := range curve {
		fmt.Fprintf(&text, "\n%3d s %6d requests %6d refused", i, second.Requests, second.Refused)
	}
	t.Logf("limit %d requests/s from %d s to %d s; %s%s", limit, from, to, figures(proxy), text.String())
	if len(curve) <= to {
		t.Skip("over before the limit was: too fast a machine")
	}
	before, during, after := most(curve[:from]), 0, most(curve[to:])
	for _, second := range curve[from+1 : to] {
		during += second.Requests
	}
	during /= to - from - 1
	if during > 2*limit || before < 2*limit || after < 2*limit {
		t.Errorf("%d requests/s before, %d under the limit, %d after", before, during, after)
	}
}

// most returns the requests of the busiest second.
func most(curve []fault.Second) int {
	n := 0
	for _, second := range curve {
		n = max(n, second.Requests)
	}
	return n
}

// A connection that says nothing more holds up a run no longer than the
// client's timeout, and costs nothing else.
func TestStalled(t *testing.T) {
	t.Parallel()
	// The client waits 30 seconds for an answer.
	const limit, forever = 50 * time.Second, time.Hour
	for _, kind := range []fault.Kind{fault.StallBefore, fault.StallWithin} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, true)
			tr.deliver(tr.generate(func(c *corpus.Config) { c.FilesPerDay, c.Days = 5, 2 })...)
			tr.clean("reference")
			proxy := tr.proxied(fault.Config{Rate: 0.2, Seed: tr.rng.Uint64(), Kinds: []fault.Kind{kind}, Most: 1, Stall: forever})
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			o, err := tr.program.Run(ctx, tr.job("table", proxy.Endpoint()))
			if err != nil || o.Exit != 0 {
				t.Fatalf("%v; exit code %d; %s; %s", err, o.Exit, figures(proxy), o.Said)
			}
			tr.equal("table", "reference")
			t.Logf("%s; %s", o.Elapsed.Round(time.Millisecond), figures(proxy))
		})
	}
}

// An answer that breaks off once, whichever it is, costs a retry and nothing
// else.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, true)
	tr.deliver(tr.generate(func(c *corpus.Config) { c.FilesPerDay, c.Days = 2, 1 })...)
	tr.clean("reference")
	for _, kind := range []fault.Kind{fault.Short, fault.ResetWithin, fault.LostAnswer} {
		for seed := range uint64(8) {
			proxy := tr.proxied(fault.Config{Rate: 0.1, Seed: seed, Kinds: []fault.Kind{kind}, Most: 1})
			o := tr.run(tr.job("table", proxy.Endpoint()))
			if o.Exit != 0 {
				t.Errorf("%s, seed %d: exit code %d; %s; %s", kind, seed, o.Exit, figures(proxy), o.Said)
			} else {
				tr.equal("table", "reference")
			}
			tr.discard("table")
		}
	}
}

// A state document that is replaced while it is being read, by the run's own
// commit or by another run, is read again.
func TestReadWhileCommitting(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, true)
	tr.deliver(tr.generate(func(c *corpus.Config) {
		c.Accounts, c.Regions, c.Days, c.FilesPerDay = 1, []string{"eu-west-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"}, 2, 4
	})...)
	tr.clean("reference")
	for seed := range uint64(16) {
		tr.clean("table", "--region=us-west-2") // so that there is a document
		proxy := tr.proxied(fault.Config{Rate: 0.06, Seed: seed, Kinds: []fault.Kind{fault.StallBefore}, Most: 1, Stall: 700 * time.Millisecond})
		o := tr.run(tr.job("table", proxy.Endpoint(), "--checkpoint=10ms"))
		if o.Exit != 0 {
			t.Errorf("seed %d: exit code %d; %s; %s", seed, o.Exit, figures(proxy), o.Said)
		} else {
			tr.equal("table", "reference")
		}
		tr.discard("table")
	}
}
