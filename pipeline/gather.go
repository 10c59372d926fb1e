package pipeline

import (
	"maps"
	"path"
	"slices"
	"strings"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A place is an account's folder, or a flat one: what there is one state of.
type place struct{ account, folder string }

func (s *source) placeOf(u trail.Unit) place {
	if u.Flat() {
		return place{"", s.URI(u.Folder)}
	}
	return place{u.Account, s.URI(path.Dir(strings.TrimSuffix(u.Folder, "/")) + "/")}
}

// regionOf names the region of a log file in its place's state.
func regionOf(u trail.Unit, file trail.LogFile) string {
	if u.Flat() {
		return file.Account + "/" + file.Region
	}
	return file.Region
}

// A batch is log files that are finished together: those of one region on one
// delivery day, or on all settled days of a month that are listed again.
type batch struct {
	place  place
	region string
	day    trail.Day
	month  string // "" for a day
	root   string // what keys in the state are below
}

// A mark says, behind the last key of a batch, what it was.
type mark struct {
	*batch
	tally state.Tally
	sent  int  // log files that were sent to be read
	known int  // log files that an earlier run has read
	all   bool // of a month: all its settled days were listed

	closed bool // all its log files came back; the collector's
}

// An end says, behind the last mark, that a unit was listed to its end.
type end struct {
	unit  trail.Unit
	place place
	marks []*mark
}

// A gatherer puts the keys of a unit into batches, as they are listed, and
// sends those that must be read. Of a batch of which something is known it
// first takes all keys, to see whether they are the ones that were known.
type gatherer struct {
	unit  trail.Unit
	place place
	known *state.Account
	send  func(key) error

	day, month *gathering
	marks      []*mark
}

type gathering struct {
	batch  batch
	known  *state.Tally // nil: nothing is known, keys are sent as they come
	keys   []key
	tally  state.Tally
	before state.Tally // of the keys up to known.Last
	sent   int
	all    bool
}

// take takes the next key of the unit.
func (g *gatherer) take(k key) error {
	region := regionOf(g.unit, k.LogFile)
	known := g.known.Regions[region]
	if known == nil {
		known = &state.Region{}
	}
	if _, failed := known.Failed[g.rel(k)]; failed {
		// It is tried again on its own, but counts among its day's log files.
		k.retry = true
	}
	if known.IsSettled(k.Day) {
		return g.takeMonth(k, region, known)
	}
	if g.day == nil || g.day.batch.region != region || g.day.batch.day != k.Day {
		if err := g.finishDay(); err != nil {
			return err
		}
		g.day = &gathering{batch: batch{place: g.place, region: region, day: k.Day, root: g.unit.Folder}}
		if tally, ok := known.Days[k.Day]; ok {
			g.day.known = &tally
		}
	}
	return g.add(g.day, k)
}

func (g *gatherer) takeMonth(k key, region string, known *state.Region) error {
	month := k.Day.Month()
	if g.month == nil || g.month.batch.region != region || g.month.batch.month != month {
		if err := g.finishMonth(); err != nil {
			return err
		}
		tally := known.Months[month]
		g.month = &gathering{batch: batch{place: g.place, region: region, day: k.Day, month: month, root: g.unit.Folder}, known: &tally, all: known.Covered(k.Day, trail.Span{From: g.unit.From, To: g.unit.To})}
	}
	return g.add(g.month, k)
}

func (g *gatherer) rel(k key) string { return strings.TrimPrefix(k.Key, g.unit.Folder) }

func (g *gatherer) add(b *gathering, k key) error {
	rel := g.rel(k)
	b.tally.Add(rel, k.ETag)
	k.batch = &b.batch
	if b.known == nil {
		if k.retry {
			return nil
		}
		b.sent++
		return g.send(k)
	}
	if b.batch.month != "" || rel <= b.known.Last {
		b.before.Add(rel, k.ETag)
	}
	b.keys = append(b.keys, k)
	return nil
}

// finish sends what must be read of a batch, and its mark.
func (g *gatherer) finish(b *gathering) error {
	if b == nil {
		return nil
	}
	m := &mark{batch: &b.batch, tally: b.tally, all: b.all}
	if b.known != nil {
		unchanged := b.before.Same(*b.known)
		for _, k := range b.keys {
			if unchanged && (b.batch.month != "" || g.rel(k) <= b.known.Last) {
				m.known++
				continue
			}
			if k.retry && unchanged {
				continue
			}
			k.retry = false
			b.sent++
			if err := g.send(k); err != nil {
				return err
			}
		}
	}
	m.sent = b.sent
	g.marks = append(g.marks, m)
	return g.send(key{mark: m})
}

func (g *gatherer) finishDay() error {
	b := g.day
	g.day = nil
	return g.finish(b)
}

func (g *gatherer) finishMonth() error {
	b := g.month
	g.month = nil
	return g.finish(b)
}

// finishUnit finishes what is open and sends that the unit is at its end.
func (g *gatherer) finishUnit() error {
	if err := g.finishDay(); err != nil {
		return err
	}
	if err := g.finishMonth(); err != nil {
		return err
	}
	return g.send(key{end: &end{unit: g.unit, place: g.place, marks: g.marks}})
}

// retries sends the log files of a unit that failed before. They are known by
// name, so their days need not be listed.
func (g *gatherer) retries(exists func(key string) (bool, error)) error {
	region := g.known.Regions[g.unit.Region]
	if g.unit.Flat() {
		for _, r := range g.known.Regions {
			if err := g.retryRegion(r, exists); err != nil {
				return err
			}
		}
		return nil
	}
	if region == nil {
		return nil
	}
	return g.retryRegion(region, exists)
}

func (g *gatherer) retryRegion(r *state.Region, exists func(string) (bool, error)) error {
	for _, rel := range slices.Sorted(maps.Keys(r.Failed)) {
		failed := r.Failed[rel]
		file, selected, ok := g.unit.LogFile(g.unit.Folder + rel)
		if !ok || !selected {
			continue
		}
		k := key{Object: store.Object{Key: g.unit.Folder + rel, Size: failed.Size, ETag: failed.ETag}, LogFile: file, retry: true}
		there, err := exists(k.Key)
		if err != nil {
			return err
		}
		k.gone = !there
		k.batch = &batch{place: g.place, region: regionOf(g.unit, file), day: file.Day, root: g.unit.Folder}
		if err := g.send(k); err != nil {
			return err
		}
	}
	return nil
}
