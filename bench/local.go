package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"plantrail/bench/corpus"
	"plantrail/bench/measure"
)

// local measures the rows of a corpus in a directory.
func (b *bench) local(ctx context.Context, name string, config corpus.Config) error {
	selected := slices.DeleteFunc(b.peers(), func(p peer) bool { return !b.config.selects(name + "/" + p.name) })
	if len(selected) == 0 {
		return nil
	}
	b.logf("making the %s corpus", name)
	t, err := makeTrail(name, filepath.Join(b.dir, name), config)
	if err != nil {
		return err
	}
	var runs []measure.Usage
	for _, p := range selected {
		row := Row{Corpus: name, Peer: p.name, Value: Value{Unit: Times}, Bound: AtLeast(p.atLeast[name])}
		if p.missing != nil {
			row.Missing = p.missing
			b.add(row)
			continue
		}
		b.logf("%s/%s", name, p.name)
		comparison, err := measure.Pairs(b.config.Pairs,
			func() (measure.Usage, error) { return b.find(ctx, t, t.dir, nil) },
			func() (measure.Usage, error) { return p.run(ctx, t) })
		if err != nil {
			return err
		}
		runs = append(runs, comparison.A...)
		row.compare(t, comparison)
		row.Value.Number = comparison.Wall()
		b.add(row)
	}
	if len(runs) > 0 {
		b.add(peakRow(name, runs))
	}
	return nil
}

// peakRow says how much memory plantrail took in the run that took most.
func peakRow(name string, runs []measure.Usage) Row {
	most := slices.MaxFunc(runs, func(a, b measure.Usage) int { return int(a.Peak - b.Peak) })
	limits := map[string]float64{"busy": 300, "tiny": 200}
	return Row{
		Corpus: name, Peer: "peak memory, of all runs",
		Value: Value{Number: float64(most.Peak) / mega, Unit: Megabytes}, Bound: AtMost(limits[name]),
	}
}

// find measures one run of plantrail that finds what was planted.
func (b *bench) find(ctx context.Context, t trail, source string, env []string) (measure.Usage, error) {
	usage, report, err := b.plantrail(ctx, source, fmt.Sprint(b.config.Concurrency), env)
	if err != nil {
		return usage, err
	}
	if err := expect("plantrail", report.Read, int64(t.stats.LogFiles)); err != nil {
		return usage, err
	}
	return usage, expect("plantrail", report.Events, int64(t.stats.Planted))
}
