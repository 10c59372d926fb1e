package soak_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/fault"
	"plantrail/bench/soak"
)

// proxied starts a proxy in front of the trial's server.
func (tr *trial) proxied(cfg fault.Config) *fault.Proxy {
	tr.Helper()
	proxy, err := fault.Start(tr.server.Endpoint(), cfg)
	if err != nil {
		tr.Fatal(err)
	}
	tr.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			tr.Error(err)
		}
	})
	return proxy
}

// figures says what a proxy did.
func figures(p *fault.Proxy) string {
	counts, all, list := p.Counts(), 0, []string{}
	for _, kind := range append(fault.Kinds(), fault.Denied, fault.Throttled) {
		if counts[kind] > 0 {
			all += counts[kind]
			list = append(list, fmt.Sprintf("%s %d", kind, counts[kind]))
		}
	}
	requests, retries := p.Requests()
	return fmt.Sprintf("%d requests, %d faults met (%s), %d retries made", requests, all, strings.Join(list, ", "), retries)
}

// A fifth of all requests fails in one of ten ways. Every run does what it can
// and says what it could not do; a clean one later all is as it should be.
func TestFaults(t *testing.T) {
	t.Parallel()
	const runs = 2
	tr := newTrial(t, true)
	tr.deliver(tr.generate(func(c *corpus.Config) { c.FilesPerDay, c.Planted = 10, 80 })...)
	tr.clean("reference")
	config := fault.DefaultConfig()
	config.Seed, config.Stall = tr.rng.Uint64(), 100*time.Millisecond
	proxy := tr.proxied(config)
	for range runs {
		tr.log(tr.run(tr.job("table", proxy.Endpoint())))
	}
	proxy.SetRate(0)
	tr.clean("table")
	lost, doubled := tr.equal("table", "reference")
	t.Logf("%s; events lost %d, doubled %d", figures(proxy), lost, doubled)
}

// log logs what became of a run. It may be anything but a crash or a run that
// is content with less than everything.
func (tr *trial) log(o soak.Outcome) {
	tr.Helper()
	const failed, incomplete = 1, 3
	if o.Killed {
		return
	}
	switch {
	case o.Exit == incomplete && o.Report != nil && !o.Report.Complete():
	case o.Exit == failed && !strings.Contains(o.Said, "panic"):
		lines := strings.Split(strings.TrimSpace(o.Said), "\n")
		tr.Logf("gave up after %s: %s", o.Elapsed.Round(time.Millisecond), lines[len(lines)-1])
	case o.Exit == 0 && o.Report != nil && o.Report.Complete():
	default:
		tr.Errorf("exit code %d: %s", o.Exit, o.Said)
	}
}

// Faults and kills together, for as long as PLANTRAIL_SOAK says. In each round a
// table is made in a few runs of which most are killed, and then in a clean one.
func TestSoak(t *testing.T) {
	t.Parallel()
	length := 15 * time.Second
	if text := os.Getenv("PLANTRAIL_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	tr := newTrial(t, true)
	logs := tr.generate(func(c *corpus.Config) { c.FilesPerDay, c.Planted = 10, 80 })
	tr.deliver(logs...)
	whole := tr.clean("reference").Elapsed
	config := fault.DefaultConfig()
	config.Seed, config.Stall = tr.rng.Uint64(), 200*time.Millisecond
	proxy := tr.proxied(config)

	began, rounds, runs, kills, lost, doubled := time.Now(), 0, 0, 0, 0, 0
	exits := map[int]int{}
	for ; time.Since(began) < length; rounds++ {
		proxy.SetRate(config.Rate)
		for range 2 + tr.rng.IntN(6) {
			// Now and then a region of an account is denied.
			denied := ""
			if tr.rng.IntN(3) == 0 {
				key := logs[tr.rng.IntN(len(logs))].key
				denied = "trail/" + strings.Join(strings.Split(key, "/")[:4], "/")
			}
			proxy.SetDeniedPrefix(denied)
			job := tr.job("table", proxy.Endpoint(), "--checkpoint=100ms")
			if tr.rng.IntN(4) > 0 {
				job.Kill = time.Duration(1 + tr.rng.Int64N(int64(6*whole)))
			}
			o := tr.run(job)
			tr.log(o)
			runs++
			if o.Killed {
				kills++
			} else {
				exits[o.Exit]++
			}
		}
		proxy.SetRate(0)
		proxy.SetDeniedPrefix("")
		tr.clean("table")
		l, d := tr.equal("table", "reference")
		lost, doubled = lost+l, doubled+d
		if t.Failed() {
			break
		}
		tr.discard("table")
	}
	t.Logf("%s: %d rounds, %d runs, %d killed, exit codes of the others %v; %s; events lost %d, doubled %d",
		time.Since(began).Round(time.Second), rounds, runs, kills, exits, figures(proxy), lost, doubled)
}

// A log file that could not be read, and that the store then denies having
// although it does, is not forgotten.
func TestDeniedExistence(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, true)
	tr.deliver(tr.generate(func(c *corpus.Config) { c.FilesPerDay, c.Days = 5, 2 })...)
	tr.clean("reference")
	for _, kind := range []fault.Kind{fault.WrongBytes, fault.Missing} {
		proxy := tr.proxied(fault.Config{Rate: 1, Seed: tr.rng.Uint64(), Kinds: []fault.Kind{kind}})
		o := tr.run(tr.job("table", proxy.Endpoint()))
		tr.log(o)
		t.Logf("exit code %d, %d quarantined, %d unreachable; %s", o.Exit, len(o.Report.Quarantined), len(o.Report.Unreachable), figures(proxy))
	}
	tr.clean("table")
	tr.equal("table", "reference")
}

// A file of the table that arrives with a wrong bit is refused, or read again;
// what is wrong never gets into the file that takes its place.
func TestWrongTable(t *testing.T) {
	t.Parallel()
	const attempts = 20
	tr := newTrial(t, true)
	tr.deliver(tr.generate(func(c *corpus.Config) { c.FilesPerDay, c.Days = 2, 3 })...)
	tr.clean("reference")
	exits := map[int]int{}
	for range attempts {
		tr.clean("table", "--region=us-west-2") // so that there is a file to read
		proxy := tr.proxied(fault.Config{Rate: 1, Seed: tr.rng.Uint64(), Kinds: []fault.Kind{fault.WrongBytes}, WrongSuffix: ".parquet"})
		o := tr.run(tr.job("table", proxy.Endpoint()))
		exits[o.Exit]++
		tr.clean("table")
		tr.equal("table", "reference")
		tr.discard("table")
	}
	t.Logf("exit codes %v", exits)
}
