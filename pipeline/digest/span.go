package digest

import (
	"slices"
	"sort"
	"time"
)

// A Span is a time from one instant up to another, which is not in it.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Spans is a set of times: in order, and none touches another. The zero value is empty.
type Spans []Span

// With returns the set and a span.
func (s Spans) With(span Span) Spans {
	if !span.From.Before(span.To) {
		return s
	}
	first := sort.Search(len(s), func(i int) bool { return !s[i].To.Before(span.From) })
	last := first
	for ; last < len(s) && !s[last].From.After(span.To); last++ {
		if s[last].From.Before(span.From) {
			span.From = s[last].From
		}
		if s[last].To.After(span.To) {
			span.To = s[last].To
		}
	}
	return slices.Replace(s, first, last, span)
}

// Cover reports whether a span lies in the set as a whole.
func (s Spans) Cover(span Span) bool {
	i := sort.Search(len(s), func(i int) bool { return s[i].To.After(span.From) })
	return i < len(s) && !s[i].From.After(span.From) && !s[i].To.Before(span.To)
}

// Gaps returns what the set leaves out of a span.
func (s Spans) Gaps(within Span) Spans {
	var gaps Spans
	for _, span := range s {
		if !span.To.After(within.From) {
			continue
		}
		if !span.From.Before(within.To) {
			break
		}
		if span.From.After(within.From) {
			gaps = append(gaps, Span{within.From, span.From})
		}
		within.From = span.To
	}
	if within.From.Before(within.To) {
		gaps = append(gaps, within)
	}
	return gaps
}

// NamingMargin is how near to the end of the proven time a log file may have been
// delivered without being named: its stamp is of a minute, and not of the clock that
// the digests go by.
const NamingMargin = 15 * time.Minute

// AccountFor reports whether digests of the times in the set must name a log file that
// was delivered in a span.
func (s Spans) AccountFor(delivered Span) bool {
	return s.Cover(Span{delivered.From.Add(-NamingMargin), delivered.To.Add(NamingMargin)})
}
