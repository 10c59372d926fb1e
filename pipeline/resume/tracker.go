package resume

import (
	"time"
	"unicode/utf8"

	"plantrail/pipeline/state"
	"plantrail/pipeline/trail"
)

// An Outcome is what became of a log file that was sent to be read.
type Outcome int

const (
	// Done is a log file that was read whole, or that is not there any more.
	Done Outcome = iota
	// Failed is one that the next run tries again by its name.
	Failed
	// Unnamed is one that failed and is not remembered by name, because there may be
	// years of them. The next run lists its batch again.
	Unnamed
)

// A Tracker follows what becomes of batches and units, and claims them when all
// their log files are finished. It is one goroutine's.
type Tracker struct {
	now    time.Time
	wait   time.Duration // how long after its end a day settles
	clock  bool          // now is right, as far as anybody knows
	open   map[*Batch]*progress
	closed map[*Batch]closed // of units that are not settled
	units  []*UnitListed     // that are not settled
	claims map[Place][]state.Claim
	count  int // of claims
}

// A progress is how far a batch is.
type progress struct {
	seen    int          // log files that came back
	listed  *BatchListed // nil until the batch is listed to its end
	failed  map[string]state.FailedKey
	unnamed bool // too much failed to be remembered by name
}

// A closed batch is one whose log files have all come back.
type closed struct {
	tally   state.Tally
	claimed bool
}

// maxFailed is how many failed log files of a batch are remembered by name. One
// with more is not claimed, and so listed again.
const maxFailed = 100

// NewTracker returns the tracker of a run. A day settles when it was listed wait
// after its end.
func NewTracker(now time.Time, wait time.Duration) *Tracker {
	return &Tracker{
		now: now, wait: wait, clock: true,
		open: map[*Batch]*progress{}, closed: map[*Batch]closed{},
		claims: map[Place][]state.Claim{},
	}
}

// Result takes what became of a log file.
func (t *Tracker) Result(f *File, o Outcome) {
	b := f.Batch
	rel := b.rel(f.Key)
	if b.Single {
		if o == Done && !b.Part {
			t.single(b.Place, state.FileOf(rel, f.ETag))
		}
		return
	}
	if f.Retry {
		if o == Done {
			t.claim(b.Place, state.Claim{Region: b.Region, Read: []string{rel}})
		}
		return
	}
	p := t.of(b)
	p.seen++
	if o != Done {
		p.failed[rel] = state.FailedKey{Size: f.Size, ETag: f.ETag}
		// A name that is not UTF-8, in a directory, cannot be written into a state.
		p.unnamed = p.unnamed || o == Unnamed || len(p.failed) > maxFailed || !utf8.ValidString(rel)
	}
	t.close(b, p)
}

// BatchListed takes the end of a batch, which may overtake its log files.
func (t *Tracker) BatchListed(b *BatchListed) {
	if b.Single {
		return
	}
	p := t.of(b.Batch)
	p.listed = b
	t.close(b.Batch, p)
}

// UnitListed takes the end of a unit, which comes after those of its batches.
func (t *Tracker) UnitListed(u *UnitListed) { t.units = append(t.units, u) }

// Searched takes what the search of a region's folder beside its delivery days has
// come to, or of an account's folder if region is "".
func (t *Tracker) Searched(where Place, region string, search state.Search, kinds []string) {
	t.claim(where, state.Claim{Region: region, Search: search, Kinds: kinds})
}

func (t *Tracker) of(b *Batch) *progress {
	p := t.open[b]
	if p == nil {
		p = &progress{failed: map[string]state.FailedKey{}}
		t.open[b] = p
	}
	return p
}

func (t *Tracker) claim(where Place, c state.Claim) {
	t.claims[where] = append(t.claims[where], c)
	t.count++
}

// single claims a file that is known on its own.
func (t *Tracker) single(where Place, file state.Digest) {
	claims := t.claims[where]
	if last := len(claims) - 1; last >= 0 && len(claims[last].Files) > 0 {
		claims[last].Files = append(claims[last].Files, file)
		return
	}
	t.claim(where, state.Claim{Region: state.FilesRegion, Files: []state.Digest{file}})
}

// close claims a batch that is finished.
func (t *Tracker) close(b *Batch, p *progress) {
	if p.listed == nil || p.seen < p.listed.sent {
		return
	}
	delete(t.open, b)
	t.closed[b] = closed{tally: p.listed.tally, claimed: !p.unnamed}
	if p.unnamed {
		return
	}
	c := state.Claim{Region: b.Region, Failed: p.failed}
	if b.Month == "" {
		c.Days = map[trail.Day]state.Tally{b.Day: p.listed.tally}
	} else if p.listed.sent > 0 && p.listed.whole {
		c.Months = map[string]state.Tally{b.Month: p.listed.tally}
	}
	t.claim(b.Place, c)
}

// settle claims the days of units that are listed and finished to the end.
func (t *Tracker) settle() {
	waiting := t.units[:0]
	for _, u := range t.units {
		if !t.finished(u) {
			waiting = append(waiting, u)
			continue
		}
		if c := t.settled(u); len(c.Settled)+len(c.Open) > 0 {
			t.claim(u.Place, c)
		}
		for _, b := range u.batches {
			delete(t.closed, b)
		}
	}
	clear(t.units[len(waiting):])
	t.units = waiting
}

func (t *Tracker) finished(u *UnitListed) bool {
	for _, b := range u.batches {
		if _, ok := t.closed[b]; !ok {
			return false
		}
	}
	return true
}

// settled claims the days of a unit that are long enough over.
func (t *Tracker) settled(u *UnitListed) state.Claim {
	c := state.Claim{Region: u.Unit.Region, Days: map[trail.Day]state.Tally{}}
	if u.Unit.Flat() || len(u.Unit.Days) == 0 || !t.clock {
		return c
	}
	// A day more than is over, for runs at once whose clocks are not quite the same.
	c.Open = u.Unit.Days.Within(trail.Span{From: t.over(time.Time{}) + 2, To: u.Unit.Days.Last()})
	if today := trail.DayOf(t.now); u.Unit.Days.Last() >= today {
		// Nor are those that are to come: when they are over, nobody could tell any more.
		c.Open = c.Open.With(trail.Span{From: max(today, t.over(time.Time{})+2), To: trail.LastDay})
	}
	if u.shrank {
		return c
	}
	c.Settled = u.Unit.Days.Within(trail.Span{From: u.Unit.Days.First(), To: t.over(u.asOf)})
	for _, b := range u.batches {
		switch was := t.closed[b]; {
		case !was.claimed, was.tally.Missing > 0:
			c.Settled = c.Settled.Without(trail.Days{{From: b.Day, To: b.Day}})
		case b.Month == "":
			c.Days[b.Day] = was.tally
		}
	}
	return c
}

// over returns the last day that settles: its last moment was long enough ago
// when the unit was listed.
func (t *Tracker) over(asOf time.Time) trail.Day {
	if !asOf.IsZero() && asOf.Before(t.now) {
		return Over(asOf, t.wait)
	}
	return Over(t.now, t.wait)
}

// Over returns the last day whose end was at least wait ago.
func Over(now time.Time, wait time.Duration) trail.Day { return trail.DayOf(now.Add(-wait)) - 1 }

// DoubtClock says that nobody knows what time it is: nothing settles.
func (t *Tracker) DoubtClock() { t.clock = false }

// Len returns how many claims have come together.
func (t *Tracker) Len() int { return t.count }

// Claims returns the claims that have come together of the places that are ready,
// all if ready is nil, and forgets them. Whoever asks has put the rows that they are
// about into the table.
func (t *Tracker) Claims(ready func(Place) bool) map[Place][]state.Claim {
	t.settle()
	claims := map[Place][]state.Claim{}
	for place, waiting := range t.claims {
		if ready == nil || ready(place) {
			claims[place] = waiting
			t.count -= len(waiting)
			delete(t.claims, place)
		}
	}
	return claims
}
