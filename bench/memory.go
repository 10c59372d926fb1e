package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/measure"
	"plantrail/bench/s3mem"
)

// What plantrail must reach against a server that costs next to nothing: the CPU
// per log file of a whole run, as a multiple of the least client's and of the
// SDK's; the CPU per listed key, of the least client's per object; and the time
// with a delay, of that without one.
const (
	maxLeast    = 3
	maxSDK      = 0.25
	maxListed   = 0.1
	maxDelayed  = 1.5
	maxRefused  = 0.05
	minOfLimit  = 0.9
	memoryLimit = 3000 // requests a second, where the server has a limit
)

// memoryEnv is for clients of the server in memory, which checks no signature.
func memoryEnv(more ...string) []string {
	return append([]string{
		"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
	}, more...)
}

// memory measures the rows on a server in memory.
func (b *bench) memory(ctx context.Context) error {
	rows := []struct {
		name    string
		measure func(context.Context, trail, *s3mem.Objects, string) error
	}{
		{"memory/least", b.memoryPeer("least", false, AtMost(maxLeast))},
		{"memory/get", b.memoryPeer("get", false, AtMost(maxSDK))},
		{"memory/least-tls", b.memoryPeer("least", true, Bound{})},
		{"memory/get-tls", b.memoryPeer("get", true, Bound{})},
		{"memory/list", b.memoryList},
		{"memory/delay", b.memoryDelay},
		{"memory/limit", b.memoryLimit},
	}
	var objects *s3mem.Objects
	var t trail
	for _, row := range rows {
		if !b.config.selects(row.name) {
			continue
		}
		if objects == nil {
			b.logf("making the trail in memory")
			var err error
			if t, objects, err = inMemory(tiny(b.config.MemoryFiles)); err != nil {
				return err
			}
		}
		b.logf("%s", row.name)
		if err := row.measure(ctx, t, objects, row.name); err != nil {
			return err
		}
	}
	return nil
}

// inMemory makes a corpus that a server can serve.
func inMemory(config corpus.Config) (trail, *s3mem.Objects, error) {
	objects := new(s3mem.Objects)
	stats, err := corpus.Generate(config, func(key string, body []byte) error {
		objects.Add(key, append([]byte(nil), body...))
		return nil
	})
	if err != nil {
		return trail{}, nil, fmt.Errorf("make trail in memory: %w", err)
	}
	objects.Sort()
	return trail{name: "memory", stats: stats}, objects, nil
}

// memoryPeer measures the CPU per log file beside that of a peer that gets the
// same objects and does nothing with them.
func (b *bench) memoryPeer(peer string, tls bool, bound Bound) func(context.Context, trail, *s3mem.Objects, string) error {
	return func(ctx context.Context, t trail, objects *s3mem.Objects, name string) (err error) {
		server, err := s3mem.Start(objects, s3mem.Config{TLS: tls})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		env := memoryEnv()
		if tls {
			file := filepath.Join(b.dir, "authority.pem")
			if err := os.WriteFile(file, server.Authority(), 0o600); err != nil {
				return fmt.Errorf("write certificate: %w", err)
			}
			env = memoryEnv("AWS_CA_BUNDLE=" + file)
		}
		comparison, err := measure.Pairs(b.config.Pairs,
			func() (measure.Usage, error) {
				usage, _, err := b.findAuto(ctx, t, server.URL(trailBucket, ""), env)
				return usage, err
			},
			func() (measure.Usage, error) {
				get := command(ctx, env, b.programs.peer, peer, server.URL(trailBucket, ""), "--concurrency", fmt.Sprint(b.config.Concurrency))
				return counted(get, t.stats.LogFiles)
			})
		if err != nil {
			return err
		}
		row := Row{Corpus: "memory", Peer: strings.TrimPrefix(name, "memory/"), Bound: bound, Value: Value{Number: cpuRatio(comparison, 1), Unit: Times}}
		row.compare(t, comparison)
		row.Note = fmt.Sprintf("CPU per log file: %.1f µs to %.1f µs", perObject(comparison.A, t.stats.LogFiles), perObject(comparison.B, t.stats.LogFiles))
		b.add(row)
		return nil
	}
}

// cpuRatio returns the CPU of ours as a multiple of theirs, per object where ours
// has so many times as many.
func cpuRatio(c measure.Comparison, times float64) float64 {
	return c.Ratio(func(a, b measure.Usage) float64 { return a.CPU.Seconds() / times / b.CPU.Seconds() })
}

// perObject returns the median CPU per object, in microseconds.
func perObject(runs []measure.Usage, objects int) float64 {
	return measure.Median(runs).CPU.Seconds() * 1e6 / float64(objects)
}

// findAuto measures one run that finds its concurrency itself.
func (b *bench) findAuto(ctx context.Context, t trail, source string, env []string) (measure.Usage, int, error) {
	usage, report, err := b.plantrail(ctx, source, "auto", env)
	if err != nil {
		return usage, 0, err
	}
	return usage, report.Concurrency, expect("plantrail", report.Events, int64(t.stats.Planted))
}

// memoryList measures the CPU per listed key of a plan beside that of the least
// client's per object.
func (b *bench) memoryList(ctx context.Context, t trail, objects *s3mem.Objects, _ string) (err error) {
	many := new(s3mem.Objects)
	for i := range b.config.ListedKeys {
		day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i*100/b.config.ListedKeys)
		many.Add(fmt.Sprintf("AWSLogs/111122223333/CloudTrail/us-east-1/%s/111122223333_CloudTrail_us-east-1_%sT0000Z_%016d.json.gz",
			day.Format("2006/01/02"), day.Format("20060102"), i), nil)
	}
	many.Sort()
	keys, err := s3mem.Start(many, s3mem.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	server, err := s3mem.Start(objects, s3mem.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	comparison, err := measure.Pairs(b.config.Pairs,
		func() (measure.Usage, error) {
			return measure.Run(command(ctx, memoryEnv(), b.programs.plantrail, "plan", "--json", "--source", keys.URL(trailBucket, ""), "--progress", "none"))
		},
		func() (measure.Usage, error) {
			get := command(ctx, memoryEnv(), b.programs.peer, "least", server.URL(trailBucket, ""), "--concurrency", fmt.Sprint(b.config.Concurrency))
			return counted(get, t.stats.LogFiles)
		})
	if err != nil {
		return err
	}
	row := Row{
		Corpus: "memory", Peer: "listed key to least", Bound: AtMost(maxListed),
		Value: Value{Number: cpuRatio(comparison, float64(b.config.ListedKeys)/float64(t.stats.LogFiles)), Unit: Share},
		Note:  fmt.Sprintf("CPU per key: %.2f µs, per object: %.1f µs", perObject(comparison.A, b.config.ListedKeys), perObject(comparison.B, t.stats.LogFiles)),
	}
	row.compare(t, comparison)
	b.add(row)
	return nil
}

// memoryDelay measures how much longer a run takes when each answer takes the
// delay, and what the run settles at for this delay and others.
func (b *bench) memoryDelay(ctx context.Context, t trail, objects *s3mem.Objects, _ string) (err error) {
	settled := map[time.Duration]int{}
	after := func(delay time.Duration) func() (measure.Usage, error) {
		return func() (usage measure.Usage, err error) {
			server, err := s3mem.Start(objects, s3mem.Config{Delay: delay})
			if err != nil {
				return usage, err
			}
			defer func() { err = errors.Join(err, server.Close()) }()
			usage, settled[delay], err = b.findAuto(ctx, t, server.URL(trailBucket, ""), memoryEnv())
			return usage, err
		}
	}
	comparison, err := measure.Pairs(b.config.Pairs, after(b.config.Delay), after(0))
	if err != nil {
		return err
	}
	for _, delay := range []time.Duration{5 * time.Millisecond, 100 * time.Millisecond} {
		if _, err := after(delay)(); err != nil {
			return err
		}
	}
	row := Row{
		Corpus: "memory, " + b.config.Delay.String(), Peer: "no delay", Bound: AtMost(maxDelayed),
		Value: Value{Number: comparison.Ratio(func(a, b measure.Usage) float64 { return a.Wall.Seconds() / b.Wall.Seconds() }), Unit: Times},
		Note:  fmt.Sprintf("log files at once, by delay: %v", settled),
	}
	row.compare(t, comparison)
	b.add(row)
	return nil
}

// memoryLimit measures what a server with a limit refuses after ten seconds, and
// how much of the limit a run uses.
func (b *bench) memoryLimit(ctx context.Context, t trail, objects *s3mem.Objects, _ string) (err error) {
	server, err := s3mem.Start(objects, s3mem.Config{Limit: memoryLimit, Delay: b.config.Delay})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	_, settled, err := b.findAuto(ctx, t, server.URL(trailBucket, ""), memoryEnv())
	if err != nil {
		return err
	}
	const warm = 10 // seconds
	curve := server.Curve()
	var asked, refused float64
	if len(curve) > warm+2 {
		curve = curve[warm : len(curve)-1] // the last second is one in part
		for _, s := range curve {
			asked, refused = asked+float64(s.Requests), refused+float64(s.Refused)
		}
	}
	if asked == 0 {
		return fmt.Errorf("memory/limit: the run took less than %d seconds: take more log files with -memory", warm+3)
	}
	note := fmt.Sprintf("after %d s of %d requests a second at most; log files at once: %d", warm, memoryLimit, settled)
	b.add(Row{Corpus: "memory, limit", Peer: "refused", Value: Value{Number: refused / asked, Unit: Share}, Bound: AtMost(maxRefused), Note: note})
	b.add(Row{
		Corpus: "memory, limit", Peer: "share of the limit", Bound: AtLeast(minOfLimit), Note: note,
		Value: Value{Number: (asked - refused) / float64(len(curve)) / memoryLimit, Unit: Share},
	})
	return nil
}
