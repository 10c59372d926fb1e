package pipeline

import (
	"testing"
	"time"
)

// simulate lets a finder look at a store so many times, and returns its widths.
// rate returns the log files a second of a width, and how many were refused.
func simulate(f *finder, looks int, rate func(width int) (fetched, refused float64)) (widths []int) {
	for range looks {
		fetched, refused := rate(f.width)
		took := widthTick
		widths = append(widths, f.next(look{took: took, fetched: int64(fetched * took.Seconds()), refused: int64(refused * took.Seconds())}))
	}
	return widths
}

// A store that answers after a time, a machine that does so much and no more:
// the width is what fills the machine, found within seconds, and not much more.
func TestFinder(t *testing.T) {
	const machine = 30_000.0 // log files a second
	for name, test := range map[string]struct {
		latency     time.Duration
		from, to    int
		atLeastRate float64
	}{
		"0 ms":   {100 * time.Microsecond, leastWidth, 2 * firstWidth, machine},
		"5 ms":   {5 * time.Millisecond, 100, 400, 0.9 * machine},
		"30 ms":  {30 * time.Millisecond, 800, mostWidth, 0.9 * machine},
		"100 ms": {100 * time.Millisecond, mostWidth * 8 / 10, mostWidth, 0.6 * machine},
	} {
		t.Run(name, func(t *testing.T) {
			rate := func(width int) (float64, float64) {
				return min(float64(width)/test.latency.Seconds(), machine), 0
			}
			f := newFinder(mostWidth)
			widths := simulate(f, 300, rate)
			for i, width := range widths[50:] { // ten seconds on
				if fetched, _ := rate(width); width < test.from || width > test.to || fetched < 0.75*test.atLeastRate {
					t.Fatalf("%d at look %d: %v", width, 50+i, widths)
				}
			}
			soon := widths[15] // three seconds
			if fetched, _ := rate(soon); fetched < 0.85*test.atLeastRate {
				t.Errorf("%d after three seconds: %v", soon, widths[:20])
			}
		})
	}
}

// Where the store refuses, the width falls, and comes back when it does not.
func TestFinderRefused(t *testing.T) {
	f := newFinder(mostWidth)
	free := func(width int) (float64, float64) { return float64(width) / 0.03, 0 }
	before := simulate(f, 30, free)
	during := simulate(f, 20, func(width int) (float64, float64) { return 1000, max(float64(width)/0.03-1000, 0) })
	if was, is := before[29], during[19]; is > was/10 || is < leastWidth {
		t.Errorf("%d became %d: %v", was, is, during)
	}
	after := simulate(f, 200, free)
	if is := after[199]; is < 1000 {
		t.Errorf("came back to %d: %v", is, after)
	}
}

// Nothing is learned while fetching is not what a run waits for.
func TestFinderIdle(t *testing.T) {
	for _, l := range []look{{starved: 20}, {blocked: 25}} {
		f := newFinder(mostWidth)
		for range 100 {
			l.took, l.fetched = widthTick, 100
			if width := f.next(l); width != firstWidth {
				t.Fatalf("%+v: width %d", l, width)
			}
		}
	}
	if most := widest(1 << 20); most != leastWidth {
		t.Errorf("%d with a megabyte", most)
	}
	if f := newFinder(4); f.next(look{took: time.Second, fetched: 100}) != 4 {
		t.Error("wider than it may be")
	}
}
