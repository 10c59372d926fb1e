package resume

import (
	"maps"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A Listing is a unit that is about to be listed.
type Listing struct {
	Unit  trail.Unit
	Place Place
	Known *state.Account // of the place; nobody changes it
	// AsOf is the moment of which the listing is; zero: now.
	AsOf time.Time
	// Settled says to list settled days too, and to compare months.
	Settled bool
	// Wanted tells the days of a flat unit that are wanted; nil: all.
	Wanted func(region string, day trail.Day) bool
}

// An Output is sent what a batcher makes of a listing.
type Output interface {
	Read(File) error
	// Gone takes a log file that failed before and is not there any more.
	Gone(File) error
	BatchListed(*BatchListed) error
}

// A Batcher puts the keys of a unit into batches, as they are listed, and sends
// those that must be read. Of a batch of which something is known it first takes
// all keys, to see whether they are the ones that were known.
type Batcher struct {
	listing Listing
	whole   trail.Unit // with its settled days: some log file of them may have failed
	out     Output
	settled int
	rest    bool // it is what was split off a unit
	partial bool // a part of the unit could not be listed

	missing    map[string]File // those that failed before and were not found, by key
	day, month *openBatch
	single     *BatchListed // where files are known one by one
	batches    []*Batch
	shrunk     trail.Days // days that have fewer log files than once
	shrank     bool       // since the last listing
}

// An openBatch is a batch that is being listed.
type openBatch struct {
	listed  BatchListed
	known   *state.Tally // nil: nothing is known, keys are sent as they come
	files   []File
	before  state.Tally // of the keys up to known.Last
	partial bool        // some of it may be missing
}

// NewBatcher begins a listing.
func NewBatcher(l Listing, out Output) *Batcher {
	b := &Batcher{listing: l, whole: l.Unit, out: out, missing: map[string]File{}}
	u := &b.listing.Unit
	if known := l.Known.Regions[u.Region]; known != nil && !l.Settled && !u.Flat() {
		b.settled = known.Count(u.Days)
		u.Days = u.Days.Without(known.Settled)
	}
	if u.Single() {
		b.single = &BatchListed{Batch: b.batch(state.FilesRegion, 0, "")}
		b.single.Single, b.single.Export, b.single.Part = true, u.Export, u.Export && !u.Selection.All()
	}
	return b
}

// Unit returns what must be listed: the unit, without its settled days.
func (b *Batcher) Unit() *trail.Unit { return &b.listing.Unit }

// Retries returns the log files of the unit that failed before, in order. They are
// known by name, so their days need not be listed. Whoever asks, before the first
// key is listed, sends each that is there, and says of each other: [Batcher.Missing].
func (b *Batcher) Retries() []File {
	if b.single != nil {
		return nil // whatever is not known as read is read
	}
	var files []File
	regions := b.listing.Known.Regions
	for _, name := range slices.Sorted(maps.Keys(regions)) {
		if name != b.listing.Unit.Region && !b.listing.Unit.Flat() {
			continue
		}
		for _, rel := range slices.Sorted(maps.Keys(regions[name].Failed)) {
			failed := regions[name].Failed[rel]
			object := store.Object{Key: b.listing.Unit.Root + rel, Size: failed.Size, ETag: failed.ETag}
			if file, wanted, _ := b.file(&b.whole, object); wanted {
				file.Batch, file.Retry = b.batch(regionOf(&b.listing.Unit, file.Key, file.Named), file.Named.Day, ""), true
				files = append(files, file)
			}
		}
	}
	return files
}

// Missing says that a log file that failed before was not found. If its day is
// listed, the listing has the last word.
func (b *Batcher) Missing(f File) error {
	if b.listing.Unit.Flat() || b.listing.Unit.Days.Has(f.Named.Day) {
		b.missing[f.Key] = f
		return nil
	}
	return b.out.Gone(f)
}

// file reads a listed key. wanted is false for a log file outside the selection,
// named for a key that names no log file.
func (b *Batcher) file(u *trail.Unit, object store.Object) (file File, wanted, named bool) {
	name, selected, ok := u.LogFile(object.Key)
	if selected && u.Flat() && b.listing.Wanted != nil {
		region := regionOf(u, object.Key, name)
		if u.Single() {
			region = strings.TrimPrefix(object.Key, u.Root) // each on its own
		}
		selected = b.listing.Wanted(region, name.Day)
	}
	return File{Object: object, Named: name}, ok && selected, ok
}

func (b *Batcher) batch(region string, day trail.Day, month string) *Batch {
	return &Batch{Place: b.listing.Place, Region: region, Day: day, Month: month, Folder: b.listing.Unit.Root}
}

// Add takes the next object of the unit. ok is false for one that is no log file.
func (b *Batcher) Add(object store.Object) (ok bool, err error) {
	file, wanted, named := b.file(&b.listing.Unit, object)
	if !named || !wanted {
		return named, nil
	}
	if b.single != nil {
		return true, b.addSingle(file)
	}
	region, day := regionOf(&b.listing.Unit, file.Key, file.Named), file.Named.Day
	known := b.listing.Known.Regions[region]
	if known == nil {
		known = &state.Region{}
	}
	open, month := &b.day, ""
	if known.Settled.Has(day) {
		open, month = &b.month, day.Month()
	}
	if !(*open).has(region, day, month) {
		if err := b.finish(open); err != nil {
			return true, err
		}
		*open = b.open(region, day, month, known)
	}
	_, file.Retry = known.Failed[(*open).listed.rel(file.Key)]
	return true, b.add(*open, file)
}

// addSingle takes a file that is known on its own.
func (b *Batcher) addSingle(f File) error {
	f.Batch = b.single.Batch
	known := b.listing.Known.Regions[state.FilesRegion]
	if known != nil && known.Files.Has(state.FileOf(f.Batch.rel(f.Key), f.ETag)) {
		b.single.Known++
		return nil
	}
	return b.out.Read(f)
}

func (o *openBatch) has(region string, day trail.Day, month string) bool {
	return o != nil && o.listed.Region == region && o.listed.Month == month && (month != "" || o.listed.Day == day)
}

func (b *Batcher) open(region string, day trail.Day, month string, known *state.Region) *openBatch {
	o := &openBatch{listed: BatchListed{Batch: b.batch(region, day, month)}}
	tally, any := known.Days[day]
	if month != "" {
		tally, any = known.Months[month], true
		o.listed.whole = known.Covered(day, b.listing.Unit.Days)
	}
	if any {
		o.known = &tally
	}
	return o
}

func (b *Batcher) add(o *openBatch, f File) error {
	f.Batch = o.listed.Batch
	rel := f.Batch.rel(f.Key)
	o.listed.tally.Add(rel, f.ETag)
	if o.known != nil && o.old(rel) {
		o.before.Add(rel, f.ETag)
	}
	switch {
	case f.Retry:
		return b.found(f)
	case o.known == nil:
		return b.send(o, f)
	}
	o.files = append(o.files, f)
	return nil
}

// found sends a log file that failed before, unless it was sent when it was found
// by its name. It is tried again on its own, but counts among its batch's.
func (b *Batcher) found(f File) error {
	if _, missing := b.missing[f.Key]; !missing {
		return nil
	}
	delete(b.missing, f.Key)
	return b.out.Read(f)
}

// old reports whether a key is among those that may be known.
func (o *openBatch) old(rel string) bool { return o.listed.Month != "" || rel <= o.known.Last }

// send sends a log file that must be read.
func (b *Batcher) send(o *openBatch, f File) error {
	o.listed.sent++
	return b.out.Read(f)
}

// finish sends what must be read of a batch, and that it is at its end.
func (b *Batcher) finish(open **openBatch) error {
	o := *open
	*open = nil
	if o == nil {
		return nil
	}
	unchanged := o.known != nil && o.before.Same(*o.known)
	for _, f := range o.files {
		if unchanged && o.old(f.Batch.rel(f.Key)) {
			o.listed.Known++
		} else if err := b.send(o, f); err != nil {
			return err
		}
	}
	o.listed.whole = o.listed.whole && !b.partial
	b.compare(o)
	b.batches = append(b.batches, o.listed.Batch)
	listed := o.listed // outlives the files
	return b.out.BatchListed(&listed)
}

// compare counts the log files of a day that were listed once and are not any more.
// When settled days are listed too, whoever asked for that believes what is there.
func (b *Batcher) compare(o *openBatch) {
	if o.known == nil || o.listed.Month != "" || b.listing.Settled || b.listing.Unit.Flat() {
		return
	}
	shrank := o.before.Count < o.known.Count
	o.listed.tally.Missing = max(0, o.known.Missing+o.known.Count-o.listed.tally.Count)
	b.shrank = b.shrank || shrank
	if shrank || o.listed.tally.Missing > 0 {
		b.shrunk = b.shrunk.With(trail.Span{From: o.listed.Day, To: o.listed.Day})
	}
}

// emptied finds the days that had log files and of which none was listed.
func (b *Batcher) emptied() {
	known := b.listing.Known.Regions[b.listing.Unit.Region]
	if known == nil || b.listing.Settled || b.listing.Unit.Flat() {
		return
	}
	listed := map[trail.Day]bool{}
	for _, batch := range b.batches {
		listed[batch.Day] = listed[batch.Day] || batch.Month == ""
	}
	for day, tally := range known.Days {
		if tally.Count > 0 && b.listing.Unit.Days.Has(day) && !listed[day] {
			b.shrunk, b.shrank = b.shrunk.With(trail.Span{From: day, To: day}), true
		}
	}
}

// Partial says that a part of the unit could not be listed, here.
func (b *Batcher) Partial() {
	b.partial = true
	for _, open := range []*openBatch{b.day, b.month} {
		if open != nil {
			open.partial = true
		}
	}
}

// Split cuts the days from first on off into a listing of their own, if neither
// of the two would be empty and start finds somebody to list them, who sends what
// they make to out.
func (b *Batcher) Split(first trail.Day, out Output, start func(rest *Batcher) bool) {
	all := b.listing.Unit
	days, ok := b.listing.Unit.Split(first)
	if !ok {
		return
	}
	rest := &Batcher{listing: b.listing, out: out, missing: map[string]File{}, rest: true}
	rest.listing.Unit = days
	for key, f := range b.missing {
		if days.Days.Has(f.Named.Day) {
			rest.missing[key] = f
		}
	}
	if !start(rest) {
		b.listing.Unit = all
		return
	}
	maps.DeleteFunc(b.missing, func(_ string, f File) bool { return days.Days.Has(f.Named.Day) })
}

// Finish finishes what is open, and returns what can be said of the unit: nothing
// if it was not listed whole, so that nothing of it settles.
func (b *Batcher) Finish() (*UnitListed, error) {
	for _, open := range []**openBatch{&b.day, &b.month} {
		if *open != nil && !(*open).partial {
			if err := b.finish(open); err != nil {
				return nil, err
			}
		}
	}
	if b.single != nil {
		listed := *b.single
		if err := b.out.BatchListed(&listed); err != nil {
			return nil, err
		}
	}
	if b.partial {
		return nil, nil
	}
	for _, key := range slices.Sorted(maps.Keys(b.missing)) {
		if err := b.out.Gone(b.missing[key]); err != nil {
			return nil, err
		}
	}
	b.emptied()
	l := &b.listing
	return &UnitListed{
		Unit: l.Unit, Place: l.Place, Settled: b.settled, Rest: b.rest, Shrunk: b.shrunk,
		asOf: l.AsOf, shrank: b.shrank, batches: b.batches,
	}, nil
}
