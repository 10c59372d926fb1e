package pipeline

import (
	"cmp"
	"math/bits"
	"slices"

	"plantrail/pipeline/trail"
)

// A tally adds up the keys of a plan.
type tally struct {
	units       map[[2]string]*unitTally // by account and region
	skipped     int64
	unreachable []Unreachable
	changed     map[place]bool // places of which something is read
}

// A unitTally is a plan's unit that is being added up.
type unitTally struct {
	PlanUnit
	days map[trail.Day]uint64 // with log files: 64 days a word, by the word's number
}

// newTally begins with the sources that could not be opened.
func newTally(lost []Unreachable) *tally {
	return &tally{units: map[[2]string]*unitTally{}, unreachable: append([]Unreachable{}, lost...), changed: map[place]bool{}}
}

// take adds what a listing turned up.
func (t *tally) take(k *key) {
	switch {
	case k.gone:
	case k.skipped:
		t.skipped++
	case k.err != nil:
		t.unreachable = append(t.unreachable, Unreachable{Unit: k.uri(), Error: k.err.Error()})
	case k.end != nil:
		if !k.end.unit.Flat() {
			u := t.unit(k.end.unit.Account, k.end.unit.Region)
			u.Settled += int64(k.end.settled)
			u.List += int64(k.end.pages)
		}
	case k.mark != nil:
		if k.mark.known > 0 {
			t.unit(k.mark.unit()).AlreadyDone += int64(k.mark.known)
		}
	default:
		t.changed[k.batch.place] = true
		u := t.unit(k.Account, k.Region)
		u.days[k.Day/64] |= 1 << (k.Day % 64)
		u.LogFiles++
		if k.Archived() {
			u.Archived++
		}
		u.Bytes += k.Size
	}
}

func (t *tally) unit(account, region string) *unitTally {
	name := [2]string{account, region}
	u := t.units[name]
	if u == nil {
		u = &unitTally{PlanUnit{Account: account, Region: region}, map[trail.Day]uint64{}}
		t.units[name] = u
	}
	return u
}

// plan returns the plan, but for its requests.
func (t *tally) plan() *Plan {
	p := &Plan{Units: []PlanUnit{}, Regions: []PlanRegion{}, Skipped: t.skipped, Unreachable: t.unreachable}
	regions := map[string]*PlanRegion{}
	for _, u := range t.units {
		u.count()
		p.Units = append(p.Units, u.PlanUnit)
		r := regions[u.Region]
		if r == nil {
			r = &PlanRegion{Region: u.Region}
			regions[u.Region] = r
		}
		r.Units++
		r.add(u.PlanSum)
	}
	for _, r := range regions {
		p.Regions = append(p.Regions, *r)
		p.add(r.PlanSum)
	}
	slices.SortFunc(p.Units, func(a, b PlanUnit) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	slices.SortFunc(p.Regions, func(a, b PlanRegion) int { return cmp.Compare(a.Region, b.Region) })
	sortUnreachable(p.Unreachable)
	return p
}

// count fills in what follows from the rest.
func (u *unitTally) count() {
	first, last := trail.Day(1<<31), trail.Day(-1)
	for word, days := range u.days {
		first = min(first, word*64+trail.Day(bits.TrailingZeros64(days)))
		last = max(last, word*64+trail.Day(63-bits.LeadingZeros64(days)))
		u.Days += int64(bits.OnesCount64(days))
	}
	if u.Days > 0 {
		u.FirstDay, u.LastDay = first.String(), last.String()
	}
	u.Price = inDollars(float64(u.List)*dollarsPerList + float64(u.LogFiles)*dollarsPerGet)
}
