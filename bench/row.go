package bench

import (
	"fmt"
	"time"

	"plantrail/bench/measure"
)

// A Unit is of what a row says.
type Unit int

// Units.
const (
	Times     Unit = iota // a ratio
	Share                 // a part of what is possible
	Megabytes             // millions of bytes
	Count
)

// mega is how many bytes a megabyte has.
const mega = 1e6

// A Value is what a row says.
type Value struct {
	Number float64
	Unit   Unit
}

// String returns the value with its unit.
func (v Value) String() string {
	switch v.Unit {
	case Share:
		return fmt.Sprintf("%.2f", v.Number)
	case Megabytes:
		return fmt.Sprintf("%.0f MB", v.Number)
	case Count:
		return fmt.Sprintf("%.0f", v.Number)
	default:
		return fmt.Sprintf("%.2f×", v.Number)
	}
}

// A Bound is what a value must reach.
type Bound struct {
	limit float64 // 0 for none
	most  bool    // it is an upper one
}

// AtLeast returns a lower bound, or none for 0.
func AtLeast(limit float64) Bound { return Bound{limit: limit} }

// AtMost returns an upper bound, or none for 0.
func AtMost(limit float64) Bound { return Bound{limit: limit, most: true} }

// Met reports whether a value is within the bound.
func (b Bound) Met(v Value) bool {
	return b.limit == 0 || b.most && v.Number <= b.limit || !b.most && v.Number >= b.limit
}

// of returns the bound in the unit of a value.
func (b Bound) of(v Value) string {
	limit := Value{Number: b.limit, Unit: v.Unit}.String()
	switch {
	case b.limit == 0:
		return ""
	case b.most:
		return "≤ " + limit
	}
	return "≥ " + limit
}

// A Row is one line of the table.
type Row struct {
	Corpus, Peer string
	// Ours and Theirs are medians; nil where there is nothing to compare.
	Ours, Theirs *measure.Usage
	Objects      int   // log files of the corpus
	Inflated     int64 // bytes of JSON in them

	Value   Value
	Bound   Bound
	Note    string
	Missing error // why there is no value
}

// compare fills in what two programs took.
func (r *Row) compare(t trail, c measure.Comparison) {
	ours, theirs := measure.Median(c.A), measure.Median(c.B)
	r.Ours, r.Theirs = &ours, &theirs
	r.Objects, r.Inflated = t.stats.LogFiles, t.stats.Inflated
}

// usage returns the cells of what a program took.
func usage(u *measure.Usage) []string {
	if u == nil {
		return []string{"", "", ""}
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }
	return []string{seconds(u.Wall), seconds(u.CPU), fmt.Sprintf("%.0f", float64(u.Peak)/mega)}
}
