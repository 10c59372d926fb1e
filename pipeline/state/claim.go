package state

import (
	"maps"
	"slices"

	"plantrail/pipeline/trail"
)

// A Claim says that log files of a region are finished.
type Claim struct {
	Region string
	// Days are the log files of whole days, as listed, failed ones included.
	Days map[trail.Day]Tally
	// Months are the log files of all settled days of a month, as listed again.
	Months map[string]Tally
	// Settled are days that need not be listed any more. Days has all of them in
	// which there are log files.
	Settled []trail.Span
	// Failed are those that could not be read, and Read those that failed before
	// and have been read now.
	Failed map[string]FailedKey
	Read   []string
}

// Apply adds a claim. Applying it twice is the same as once.
func (a *Account) Apply(c Claim) {
	r := a.Region(c.Region)
	for day, tally := range c.Days {
		if !r.IsSettled(day) {
			setIn(&r.Days, day, tally)
		}
	}
	for month, tally := range c.Months {
		tally.Last = ""
		setIn(&r.Months, month, tally)
	}
	for _, key := range c.Read {
		delete(r.Failed, key)
	}
	for key, failed := range c.Failed {
		setIn(&r.Failed, key, failed)
	}
	for _, span := range c.Settled {
		r.settle(span, c.Days)
	}
}

// settle folds days into their months. A day that is settled already, by another
// run, is left out.
func (r *Region) settle(span trail.Span, days map[trail.Day]Tally) {
	for _, part := range r.Unsettled(span) {
		for _, day := range slices.Sorted(maps.Keys(days)) {
			if day < part.From || day > part.To {
				continue
			}
			month := r.Months[day.Month()]
			month.Count += days[day].Count
			month.Digest.add(days[day].Digest)
			setIn(&r.Months, day.Month(), month)
		}
		for day := range r.Days {
			if part.From <= day && day <= part.To {
				delete(r.Days, day)
			}
		}
		r.Settled = join(append(r.Settled, part))
	}
}

// join puts spans in order and makes one of those that touch.
func join(spans []trail.Span) []trail.Span {
	slices.SortFunc(spans, func(a, b trail.Span) int { return int(a.From - b.From) })
	joined := spans[:1]
	for _, s := range spans[1:] {
		last := &joined[len(joined)-1]
		if s.From <= last.To+1 {
			last.To = max(last.To, s.To)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

func setIn[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}
