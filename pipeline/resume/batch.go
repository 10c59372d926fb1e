package resume

import (
	"strings"
	"time"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A Place is an account's folder, or a flat one: what there is one state of.
type Place struct {
	Account string // "" for a flat folder
	Folder  string // its URI
}

// A Batch is log files that are finished together: those of one region on one
// delivery day, or on all settled days of a month that are listed again.
type Batch struct {
	Place  Place
	Region string // as the state names it
	Day    trail.Day
	Month  string // "" for a day

	Folder string // that its keys are below, and those in the state

	// Single says that its files are known one by one, and are finished so; Export
	// that they are exports; Part that only a part of what is in them is wanted, so
	// that nothing is remembered of them.
	Single, Export, Part bool
}

// AccountRegion returns the account and region of the batch's log files.
func (b *Batch) AccountRegion() (account, region string) {
	if b.Place.Account != "" {
		return b.Place.Account, b.Region
	}
	_, account, region = state.SplitRegion(b.Region)
	return account, region
}

// rel returns what a key in the state is: below the folder.
func (b *Batch) rel(key string) string { return strings.TrimPrefix(key, b.Folder) }

// regionOf names the region of a log file in its place's state. Those of a flat
// unit are told apart by folder, so that the log files of one day come in a row.
func regionOf(u *trail.Unit, key string, file trail.LogFile) string {
	if u.Flat() {
		return state.RegionName(strings.TrimPrefix(trail.Parent(key), u.Root), file.Account, file.Region)
	}
	return file.Region
}

// A File is a listed log file that must be read.
type File struct {
	store.Object
	Named trail.LogFile // what its key says
	Batch *Batch        // that it is finished with
	Retry bool          // it failed before, and is tried on its own
}

// A BatchListed says what a batch was, after the last of its log files was sent.
// Nothing in it changes any more.
type BatchListed struct {
	*Batch
	Known int // log files that an earlier run has finished

	tally state.Tally
	sent  int  // log files that were sent to be read
	whole bool // of a month: all its settled days were listed
}

// A UnitListed says that a unit was listed to its end, after all its batches were.
// Nothing in it changes any more.
type UnitListed struct {
	Unit    trail.Unit
	Place   Place
	Settled int  // log files of settled days, which were not listed
	Rest    bool // it is what was split off a unit
	// Shrunk are days of which fewer log files were listed than before.
	Shrunk trail.Days

	asOf    time.Time
	shrank  bool // since the last listing
	batches []*Batch
}
