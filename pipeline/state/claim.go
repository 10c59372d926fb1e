package state

import "plantrail/pipeline/trail"

// A Claim says that log files of a region are finished.
type Claim struct {
	Region string
	// Days are the log files of whole days, as listed, failed ones included.
	Days map[trail.Day]Tally
	// Months are the log files of all settled days of a month, as listed again.
	Months map[string]Tally
	// Settled are days that need not be listed any more. Days has all of them in
	// which there are log files.
	Settled trail.Days
	// Open are days that were listed and may still get log files: whoever settled
	// them had a clock that was ahead.
	Open trail.Days
	// Failed are those that could not be read, and Read those that failed before
	// and have been read now.
	Failed map[string]FailedKey
	Read   []string
	// Search is what the places beside the regular ones hold: in the region's folder,
	// or in the account's if Region is "". Then Kinds are the kinds of other folders.
	Search Search
	Kinds  []string
	// Files have been read, of those that are known one by one.
	Files []Digest
}

// A Search is what a search has come to.
type Search int

// What it may be.
const (
	NotSearched  Search = iota
	NothingThere        // no log files
	LogFilesThere
)

// Apply adds a claim. Applying it twice is the same as once.
func (a *Account) Apply(c Claim) {
	if c.Region == "" {
		a.Searched = nil
		if c.Search == NothingThere {
			a.Searched = &Searched{Kinds: c.Kinds}
		}
		return
	}
	if a.Regions[c.Region] == nil && c.onlyOpen() {
		return // there is nothing to take back
	}
	r := a.Region(c.Region)
	if c.Search != NotSearched {
		r.Searched = c.Search == NothingThere
	}
	r.takeBack(c.Open)
	for day, tally := range c.Days {
		if !r.Settled.Has(day) {
			setIn(&r.Days, day, tally)
		}
	}
	for month, tally := range c.Months {
		tally.Last, tally.Missing, tally.Empty = "", 0, 0
		if r.Months[month].Same(tally) {
			tally.Empty = r.Months[month].Empty
		}
		setIn(&r.Months, month, tally)
	}
	for _, key := range c.Read {
		delete(r.Failed, key)
	}
	for key, failed := range c.Failed {
		setIn(&r.Failed, key, failed)
	}
	r.Files = r.Files.with(c.Files)
	r.settle(c.Settled, c.Days)
}

// onlyOpen reports whether a claim says no more than that days are open.
func (c *Claim) onlyOpen() bool {
	return c.Search == NotSearched && len(c.Days)+len(c.Months)+len(c.Settled)+len(c.Failed)+len(c.Read)+len(c.Files) == 0
}

// settle folds days into their months. A day that is settled already, by another
// run, is left out.
func (r *Region) settle(settled trail.Days, days map[trail.Day]Tally) {
	settled = settled.Without(r.Settled)
	had := r.counts()
	for day, tally := range days {
		if settled.Has(day) {
			month := r.Months[day.Month()]
			month.Count += tally.Count
			month.Digest.add(tally.Digest)
			setIn(&r.Months, day.Month(), month)
		}
	}
	for day := range r.Days {
		if settled.Has(day) {
			delete(r.Days, day)
		}
	}
	r.markEmpty(settled, r.Settled, had, days)
	for _, span := range settled {
		r.Settled = r.Settled.With(span)
	}
}

func setIn[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}
