package pipeline

import "sync/atomic"

// A Progress is what a run has done so far. The run counts, anybody may look.
// A nil Progress counts nothing.
type Progress struct {
	units, unitsListed atomic.Int64
	over               atomic.Bool
	listed, already    atomic.Int64
	finished, read     atomic.Int64
	events, rows       atomic.Int64
	unreachable        atomic.Int64
	quarantined        atomic.Int64
}

// A Snapshot is a Progress at one moment. Its counts were not taken at quite
// the same instant.
type Snapshot struct {
	Units       int64 // found so far
	UnitsListed int64 // of those, listed to the end; what is left of a split unit may still be
	ListingOver bool  // nothing more will be listed

	Listed      int64 // log files selected so far, those skipped included
	AlreadyDone int64 // of those, skipped: an earlier run has read them
	Finished    int64 // of those, read, or found to be unreadable, unreachable or gone
	BytesRead   int64 // as delivered
	Events      int64 // kept, copies included
	RowsAdded   int64 // to the table

	Unreachable int64 // folders and log files that the store did not give
	Quarantined int64 // log files and records that could not be read
}

// Left is how many of the log files listed so far are still to be read.
func (s *Snapshot) Left() int64 { return max(s.Listed-s.AlreadyDone-s.Finished, 0) }

// Snapshot returns the counts as they are now.
func (p *Progress) Snapshot() Snapshot {
	return Snapshot{
		ListingOver: p.over.Load(),
		// What comes later is loaded first, so that it never is more.
		UnitsListed: p.unitsListed.Load(), Units: p.units.Load(),
		Finished: p.finished.Load(), AlreadyDone: p.already.Load(), Listed: p.listed.Load(),
		BytesRead: p.read.Load(), Events: p.events.Load(), RowsAdded: p.rows.Load(),
		Unreachable: p.unreachable.Load(), Quarantined: p.quarantined.Load(),
	}
}

func (p *Progress) unitFound() {
	if p != nil {
		p.units.Add(1)
	}
}

func (p *Progress) unitListed() {
	if p != nil {
		p.unitsListed.Add(1)
	}
}

func (p *Progress) listingOver() {
	if p != nil {
		p.over.Store(true)
	}
}

// logFileListed counts a log file that is about to be read.
func (p *Progress) logFileListed() {
	if p != nil {
		p.listed.Add(1)
	}
}

// alreadyDone counts listed log files that an earlier run has read.
func (p *Progress) alreadyDone(n int) {
	if p != nil {
		p.listed.Add(int64(n))
		p.already.Add(int64(n))
	}
}
