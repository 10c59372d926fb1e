package trail

import "sync/atomic"

// A Search is of the places beside a trail's regular ones: in an account's folder
// beside CloudTrail's, and in a region's folder beside the delivery days. It costs
// requests. So it is done when the place is first seen, and if there is neither a
// log file nor a trail, that is remembered.
type Search struct {
	Account string
	Folder  string   // that the account's state is of
	Region  string   // whose folder was searched; "": the account's
	Kinds   []string // what other kinds of folders are in an account's

	parts atomic.Int64
	found atomic.Bool
}

// newSearch returns a search of which one part is being done.
func newSearch(account, folder, region string) *Search {
	s := &Search{Account: account, Folder: folder, Region: region}
	s.parts.Add(1)
	return s
}

// NewMargins returns the search of a region's folder beside the delivery days, of
// which one part is being done.
func NewMargins(u Unit) *Search { return newSearch(u.Account, Parent(u.Folder), u.Region) }

// Found says that the search has found what must be looked at every time, or that
// a part of it failed.
func (s *Search) Found() {
	if s != nil {
		s.found.Store(true)
	}
}

// Begin says that one more part is to be searched.
func (s *Search) Begin() {
	if s != nil {
		s.parts.Add(1)
	}
}

// Done says that a part of the search is over. It reports whether that was the
// last one, and whether any has found something.
func (s *Search) Done() (over, found bool) {
	if s == nil || s.parts.Add(-1) > 0 {
		return false, false
	}
	return true, s.found.Load()
}
