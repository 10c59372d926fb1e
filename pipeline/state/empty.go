package state

import (
	"time"

	"plantrail/pipeline/trail"
)

// markEmpty notes which of the days that settle have no log file, in the months that
// have any: of a month without one, all settled days have none, and nothing is kept.
// before are the days that were settled already, had those months of which count says
// so none by then.
func (r *Region) markEmpty(settled, before trail.Days, had map[string]int, days map[trail.Day]Tally) {
	for name, month := range r.Months {
		span, ok := monthSpan(name)
		if !ok || month.Count == 0 {
			continue
		}
		mark := func(spans trail.Days) {
			for _, s := range spans.Within(span) {
				for day := s.From; day <= s.To; day++ {
					if days[day].Count == 0 {
						month.Empty |= 1 << (day - span.From)
					}
				}
			}
		}
		mark(settled)
		if had[name] == 0 {
			mark(before)
		}
		r.Months[name] = month
	}
}

// monthSpan returns the days of a month, written 2024-03.
func monthSpan(name string) (trail.Span, bool) {
	first, err := time.Parse("2006-01", name)
	return trail.Span{From: trail.DayOf(first), To: trail.DayOf(first.AddDate(0, 1, 0)) - 1}, err == nil
}

// counts returns how many log files each month has.
func (r *Region) counts() map[string]int {
	counts := map[string]int{}
	for name, month := range r.Months {
		counts[name] = month.Count
	}
	return counts
}

// Empty returns the settled days on which no log file was delivered. Of a month that
// was settled by an earlier version, or of which log files came late, it is not known
// by the day: then only a month without any counts.
func (r *Region) Empty() trail.Days {
	var full trail.Days
	for name, month := range r.Months {
		span, ok := monthSpan(name)
		if !ok || month.Count == 0 {
			continue
		}
		for from := span.From; from <= span.To; from++ {
			to := from
			for to <= span.To && month.Empty&(1<<(to-span.From)) == 0 {
				to++
			}
			if to > from {
				full = full.With(trail.Span{From: from, To: to - 1})
			}
			from = to
		}
	}
	return r.Settled.Without(full)
}

// last returns the last day on which log files were delivered, 0 if there is none.
func (r *Region) last() (last trail.Day) {
	for day, tally := range r.Days {
		if tally.Count > 0 {
			last = max(last, day)
		}
	}
	if full := r.Settled.Without(r.Empty()); len(full) > 0 {
		last = max(last, full.Last())
	}
	return last
}
