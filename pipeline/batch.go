package pipeline

import (
	"context"
	"maps"
	"slices"
	"strings"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

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

// unit returns the account and region of the batch's log files.
func (b *batch) unit() (account, region string) {
	if b.place.account != "" {
		return b.place.account, b.region
	}
	account, region, _ = strings.Cut(b.region, "/")
	return account, region
}

// A mark says, after the last key of a batch, what it was.
type mark struct {
	*batch
	tally state.Tally
	sent  int  // log files that were sent to be read
	known int  // log files that an earlier run has read
	all   bool // of a month: all its settled days were listed

	closed    bool // all its log files came back; the collector's, as the next
	unclaimed bool // some of them must be listed again
}

// An end says, after the last mark, that a unit was listed to its end.
type end struct {
	source  *source
	unit    trail.Unit
	place   place
	marks   []*mark
	settled int  // log files of settled days, which were not listed
	pages   int  // that were asked of the store
	rest    bool // it is what was split off a unit
}

// A batcher puts the keys of a unit into batches, as they are listed, and
// emits those that must be read. Of a batch of which something is known it
// first takes all keys, to see whether they are the ones that were known.
type batcher struct {
	source *source
	unit   trail.Unit
	place  place
	known  *state.Account
	shard  Shard
	months bool // settled days are listed too, to compare months
	emit   func(key) error

	rest       bool            // what was split off a unit
	broken     bool            // a part could not be listed
	gone       map[string]bool // of the log files that failed before, those that are not there any more; by key
	pages      int             // that were asked of the store
	settled    int
	day, month *openBatch
	marks      []*mark
}

type openBatch struct {
	batch  batch
	known  *state.Tally // nil: nothing is known, keys are sent as they come
	keys   []key
	tally  state.Tally
	before state.Tally // of the keys up to known.Last
	sent   int
	all    bool
	broken bool // some of it may be missing
}

// send emits a key of the batcher's source.
func (g *batcher) send(k key) error {
	k.source = g.source
	return g.emit(k)
}

// unreachable emits that a part of the unit could not be listed, unless the run is over.
func (g *batcher) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	g.broken = true
	for _, open := range []*openBatch{g.day, g.month} {
		if open != nil {
			open.broken = true
		}
	}
	return g.send(key{Object: store.Object{Key: g.unit.Folder}, folder: true, err: err})
}

// take takes the next object of the unit.
func (g *batcher) take(object store.Object) error {
	file, selected, ok := g.unit.LogFile(object.Key)
	if !ok {
		return g.send(key{Object: object, skipped: true})
	}
	region := regionOf(g.unit, file)
	if !selected || g.unit.Flat() && !g.shard.has(g.place.folder+region, file.Day, g.months) {
		return nil
	}
	k := key{Object: object, LogFile: file}
	known := g.known.Regions[region]
	if known == nil {
		known = &state.Region{}
	}
	if _, failed := known.Failed[g.rel(k)]; failed && !g.gone[k.Key] {
		// It is tried again on its own, but counts among its day's log files.
		k.retry = true
	}
	if known.Settled.Has(k.Day) {
		return g.takeMonth(k, region, known)
	}
	if g.day == nil || g.day.batch.region != region || g.day.batch.day != k.Day {
		if err := g.finishDay(); err != nil {
			return err
		}
		g.day = &openBatch{batch: batch{place: g.place, region: region, day: k.Day, root: g.unit.Folder}}
		if tally, ok := known.Days[k.Day]; ok {
			g.day.known = &tally
		}
	}
	return g.add(g.day, k)
}

func (g *batcher) takeMonth(k key, region string, known *state.Region) error {
	month := k.Day.Month()
	if g.month == nil || g.month.batch.region != region || g.month.batch.month != month {
		if err := g.finishMonth(); err != nil {
			return err
		}
		tally := known.Months[month]
		g.month = &openBatch{batch: batch{place: g.place, region: region, day: k.Day, month: month, root: g.unit.Folder}, known: &tally, all: known.Covered(k.Day, g.unit.Days)}
	}
	return g.add(g.month, k)
}

func (g *batcher) rel(k key) string { return strings.TrimPrefix(k.Key, g.unit.Folder) }

func (g *batcher) add(b *openBatch, k key) error {
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
func (g *batcher) finish(b *openBatch) error {
	if b == nil {
		return nil
	}
	m := &mark{batch: &b.batch, tally: b.tally, all: b.all}
	if b.known != nil {
		unchanged := b.before.Same(*b.known)
		for _, k := range b.keys {
			if k.retry {
				continue
			}
			if unchanged && (b.batch.month != "" || g.rel(k) <= b.known.Last) {
				m.known++
				continue
			}
			b.sent++
			if err := g.send(k); err != nil {
				return err
			}
		}
	}
	b.keys = nil // the mark outlives the listing of the unit
	m.sent = b.sent
	g.marks = append(g.marks, m)
	return g.send(key{mark: m})
}

func (g *batcher) finishDay() error {
	b := g.day
	g.day = nil
	return g.finish(b)
}

func (g *batcher) finishMonth() error {
	b := g.month
	g.month = nil
	return g.finish(b)
}

// finishUnit finishes what is open and sends that the unit is at its end. Of a
// unit that was not listed whole it sends no end, so nothing of it settles.
func (g *batcher) finishUnit() error {
	if g.day != nil && !g.day.broken {
		if err := g.finishDay(); err != nil {
			return err
		}
	}
	if g.month != nil && !g.month.broken {
		if err := g.finishMonth(); err != nil {
			return err
		}
	}
	if g.broken {
		return nil
	}
	return g.send(key{end: &end{source: g.source, unit: g.unit, place: g.place, marks: g.marks, settled: g.settled, pages: g.pages, rest: g.rest}})
}

// retries sends the log files of a unit that failed before. They are known by
// name, so their days need not be listed.
func (g *batcher) retries(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(g.known.Regions)) {
		if name != g.unit.Region && !g.unit.Flat() {
			continue
		}
		for _, rel := range slices.Sorted(maps.Keys(g.known.Regions[name].Failed)) {
			if err := g.retry(ctx, rel, g.known.Regions[name].Failed[rel]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *batcher) retry(ctx context.Context, rel string, failed state.FailedKey) error {
	file, selected, ok := g.unit.LogFile(g.unit.Folder + rel)
	region := regionOf(g.unit, file)
	if !ok || !selected || g.unit.Flat() && !g.shard.has(g.place.folder+region, file.Day, g.months) {
		return nil
	}
	k := key{Object: store.Object{Key: g.unit.Folder + rel, Size: failed.Size, ETag: failed.ETag}, LogFile: file, retry: true}
	there, err := g.source.exists(ctx, k.Key)
	if err != nil {
		return err
	}
	if !there {
		k.gone, g.gone[k.Key] = true, true
	}
	k.batch = &batch{place: g.place, region: region, day: file.Day, root: g.unit.Folder}
	return g.send(k)
}
