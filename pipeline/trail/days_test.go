package trail_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"plantrail/pipeline/trail"
)

// Sets of days are compared with sets of numbers, on many random spans.
func TestDays(t *testing.T) {
	const most = 30
	members := func(d trail.Days) (days [most]bool) {
		for _, s := range d {
			for day := s.From; day <= s.To; day++ {
				days[day] = true
			}
		}
		return days
	}
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 0))
		var a, b trail.Days
		for range random.IntN(6) {
			from := random.IntN(most)
			span := trail.Span{From: trail.Day(from), To: trail.Day(from + random.IntN(min(8, most-from)))}
			if random.IntN(2) == 0 {
				a = a.With(span)
			} else {
				b = b.With(span)
			}
		}
		from := trail.Day(random.IntN(most))
		window := trail.Span{From: from, To: from + trail.Day(random.IntN(most-int(from)))}
		inA, inB := members(a), members(b)
		without, within := members(a.Without(b)), members(a.Within(window))
		next, left := trail.Day(0), false
		for day := trail.Day(most - 1); day >= 0; day-- {
			if a.Has(day) != inA[day] {
				t.Fatalf("seed %d: %v.Has(%d)", seed, a, int(day))
			}
			if without[day] != (inA[day] && !inB[day]) {
				t.Fatalf("seed %d: %v without %v is %v", seed, a, b, a.Without(b))
			}
			if within[day] != (inA[day] && window.From <= day && day <= window.To) {
				t.Fatalf("seed %d: %v within %v is %v", seed, a, window, a.Within(window))
			}
			if inA[day] {
				next, left = day, true
			}
			if n, ok := a.Next(day); ok != left || n != next {
				t.Fatalf("seed %d: %v.Next(%d) is %d, %t", seed, a, int(day), int(n), ok)
			}
		}
		for _, d := range []trail.Days{a, b, a.Without(b), a.Within(window)} {
			if !d.Valid() {
				t.Fatalf("seed %d: %v is not valid", seed, d)
			}
			apart := slices.IsSortedFunc(d, func(x, y trail.Span) int { return int(x.To + 1 - y.From) })
			for i, s := range d {
				apart = apart && s.From <= s.To && (i == 0 || d[i-1].To+1 < s.From)
			}
			if !apart {
				t.Fatalf("seed %d: spans overlap or touch: %v", seed, d)
			}
		}
		if len(a) > 0 && (!inA[a.First()] || !inA[a.Last()]) {
			t.Fatalf("seed %d: %v from %d to %d", seed, a, int(a.First()), int(a.Last()))
		}
	}
}

func TestDaysValid(t *testing.T) {
	for name, test := range map[string]struct {
		days trail.Days
		want bool
	}{
		"empty":        {nil, true},
		"apart":        {trail.Days{{From: 1, To: 2}, {From: 4, To: 4}}, true},
		"backwards":    {trail.Days{{From: 2, To: 1}}, false},
		"touching":     {trail.Days{{From: 1, To: 2}, {From: 3, To: 4}}, false},
		"overlapping":  {trail.Days{{From: 1, To: 5}, {From: 3, To: 9}}, false},
		"out of order": {trail.Days{{From: 5, To: 6}, {From: 1, To: 2}}, false},
	} {
		if got := test.days.Valid(); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
