package trail

import (
	"slices"
	"sort"
)

// Days is a set of days: spans in order, none of which overlaps or touches
// another. The zero value is empty.
type Days []Span

// Valid reports whether the spans are as in every set.
func (d Days) Valid() bool {
	for i, s := range d {
		if s.From > s.To || i > 0 && s.From <= d[i-1].To+1 {
			return false
		}
	}
	return true
}

// Has reports whether a day is in the set.
func (d Days) Has(day Day) bool {
	i := d.search(day)
	return i < len(d) && d[i].From <= day
}

// Next returns the first day of the set that is not before day.
func (d Days) Next(day Day) (next Day, ok bool) {
	i := d.search(day)
	if i == len(d) {
		return 0, false
	}
	return max(day, d[i].From), true
}

// search returns the index of the first span that does not end before day.
func (d Days) search(day Day) int {
	return sort.Search(len(d), func(i int) bool { return d[i].To >= day })
}

// First returns the set's first day. The set must not be empty.
func (d Days) First() Day { return d[0].From }

// Last returns the set's last day. The set must not be empty.
func (d Days) Last() Day { return d[len(d)-1].To }

// Within returns the days of the set that lie in a span.
func (d Days) Within(span Span) Days {
	var within Days
	for _, s := range d[d.search(span.From):] {
		if s.From > span.To {
			break
		}
		within = append(within, Span{From: max(s.From, span.From), To: min(s.To, span.To)})
	}
	return within
}

// Without returns the days of the set that are not in others.
func (d Days) Without(others Days) Days {
	var left Days
	for _, s := range d {
		for _, other := range others.Within(s) {
			if other.From > s.From {
				left = append(left, Span{From: s.From, To: other.From - 1})
			}
			s.From = other.To + 1
		}
		if s.From <= s.To {
			left = append(left, s)
		}
	}
	return left
}

// With returns the set and all days of a span.
func (d Days) With(span Span) Days {
	if span.From > span.To {
		return d
	}
	first, last := d.search(span.From-1), d.search(span.To+1)
	if last < len(d) && d[last].From <= span.To+1 {
		last++
	}
	if first < last {
		span.From, span.To = min(span.From, d[first].From), max(span.To, d[last-1].To)
	}
	return slices.Concat(d[:first], Days{span}, d[last:])
}

// Count returns the number of days in the set.
func (d Days) Count() int {
	count := 0
	for _, s := range d {
		count += int(s.To-s.From) + 1
	}
	return count
}
