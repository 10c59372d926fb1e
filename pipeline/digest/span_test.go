package digest_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"plantrail/pipeline/digest"
)

// Sets of spans are compared with sets of minutes.
func TestSpans(t *testing.T) {
	const most = 60
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 0))
		span := func() digest.Span {
			from := random.IntN(most)
			return digest.Span{From: at(from), To: at(from + random.IntN(most-from))}
		}
		var set digest.Spans
		var in [most]bool
		each := func(s digest.Span, visit func(int)) {
			for m := range most {
				if !at(m).Before(s.From) && at(m).Before(s.To) {
					visit(m)
				}
			}
		}
		for range random.IntN(8) {
			s := span()
			set = set.With(s)
			each(s, func(m int) { in[m] = true })
		}
		within := span()
		var gaps [most]bool
		for _, gap := range set.Gaps(within) {
			each(gap, func(m int) { gaps[m] = true })
		}
		covered := within.From.Before(within.To)
		each(within, func(m int) {
			covered = covered && in[m]
			if gaps[m] == in[m] {
				t.Errorf("seed %d: gaps of %v in %v", seed, set, within)
			}
		})
		if within.From.Before(within.To) && set.Cover(within) != covered {
			t.Errorf("seed %d: %v covers %v: %t", seed, set, within, !covered)
		}
		for i, s := range set {
			if !s.From.Before(s.To) || i > 0 && !set[i-1].To.Before(s.From) {
				t.Errorf("seed %d: %v", seed, set)
			}
		}
	}
	hours := digest.Spans{{From: at(0), To: at(600)}}
	for minute, want := range map[int]bool{5: false, 20: true, 570: true, 590: false, 700: false} {
		if got := hours.AccountFor(digest.Span{From: at(minute), To: at(minute + 1)}); got != want {
			t.Error(fmt.Sprint(minute, got))
		}
	}
}
