package measure

import (
	"errors"
	"fmt"
)

// A Comparison is of two programs, A and B, that ran in turns.
type Comparison struct {
	A, B []Usage // of the same length: run i of both is a pair
}

// Pairs runs a and b in turns, n times each, after one run of each that does
// not count: it fills the caches of the machine.
func Pairs(n int, a, b func() (Usage, error)) (Comparison, error) {
	if n < 1 {
		return Comparison{}, errors.New("measure pairs: need one at least")
	}
	var c Comparison
	for i := range n + 1 {
		first, err := a()
		if err != nil {
			return c, fmt.Errorf("measure pair %d: %w", i, err)
		}
		second, err := b()
		if err != nil {
			return c, fmt.Errorf("measure pair %d: %w", i, err)
		}
		if i > 0 {
			c.A, c.B = append(c.A, first), append(c.B, second)
		}
	}
	return c, nil
}

// Ratio returns the median, over all pairs, of what of returns for one.
func (c Comparison) Ratio(of func(a, b Usage) float64) float64 {
	ratios := make([]float64, len(c.A))
	for i := range ratios {
		ratios[i] = of(c.A[i], c.B[i])
	}
	return median(ratios, func(r float64) float64 { return r })
}

// Wall returns how many times as long as A a run of B took.
func (c Comparison) Wall() float64 {
	return c.Ratio(func(a, b Usage) float64 { return b.Wall.Seconds() / a.Wall.Seconds() })
}

// CPU returns how many times as much CPU as A a run of B took.
func (c Comparison) CPU() float64 {
	return c.Ratio(func(a, b Usage) float64 { return b.CPU.Seconds() / a.CPU.Seconds() })
}
