package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/resume"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// listWidth is how many units are listed at once. A unit's pages come one after
// the other, and each takes a few tens of milliseconds for a thousand keys.
const listWidth = 32

// A logFile is a log file that was listed, or that failed before.
type logFile struct {
	source *source
	resume.File
	alone bool // it is read when nothing else is, see begun
}

func (f *logFile) uri() string { return f.source.URI(f.Key) }

// origin is what rows name as their log file.
func (f *logFile) origin() string {
	if f.source.history != nil {
		return f.source.URL.String() // of which day, eventtime says
	}
	return f.uri()
}

// A receiver takes what a listing turns up, a method for each kind. Only what it
// is to read goes through the stages. A unit comes after its batches, and a batch
// after the last of its log files. An error means that the run is over.
type receiver interface {
	read(logFile) error
	// gone takes a log file that failed before and is not there any more.
	gone(logFile) error
	// skipped takes objects of a kind that are no log files.
	skipped(s *source, kind string, o trail.Other) error
	// unreachable takes a folder that could not be listed.
	unreachable(s *source, folder string, err error) error
	batchListed(*resume.BatchListed) error
	// unitListed takes a unit that was listed whole, and the pages that were asked
	// of the store for it.
	unitListed(u *resume.UnitListed, pages int) error
	// searched takes what a search beside the regular places has come to.
	searched(where resume.Place, s *trail.Search, came state.Search) error
}

// A lister lists the log files of all sources.
type lister struct {
	config      *Config
	checkpoints *state.Checkpoints
	to          receiver
	crew        *crew     // what lists side by side
	reach       sync.Once // that Event history ends somewhere was said

	mutex    sync.Mutex
	assigned map[string]trail.Days // by folder: the days that some source lists
	visited  map[string]bool       // folders that some source has discovered
}

// list finds all log files that are selected and this shard's, and what else a
// listing turns up.
func list(ctx context.Context, c *Config, sources []*source, checkpoints *state.Checkpoints, to receiver) error {
	defer c.Progress.listingOver()
	crew, listing := newCrew(ctx, listWidth)
	l := lister{
		config: c, checkpoints: checkpoints, to: to, crew: crew,
		assigned: map[string]trail.Days{}, visited: map[string]bool{},
	}
	discovering, _ := errgroup.WithContext(listing)
	discovering.SetLimit(listWidth)
	var discoveries []*discovery
	trails, histories := divide(sources)
	for _, s := range histories {
		discovering.Go(func() error { return l.history(listing, s) })
	}
	for _, same := range byStore(trails) {
		of := l.discoveries(same)
		discoveries = append(discoveries, of...)
		discovering.Go(func() error {
			for _, d := range of {
				if err := d.run(listing); err != nil {
					return err
				}
			}
			return nil
		})
	}
	// A search fails only because the listing has: that is what went wrong.
	if discovered, listed := discovering.Wait(), crew.wait(); discovered != nil || listed != nil {
		return cmp.Or(listed, discovered)
	}
	for _, d := range discoveries {
		if err := d.check(); err != nil {
			if err := to.unreachable(d.source, d.source.URL.Prefix, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// byStore puts sources together that may hold the same log files. They are
// searched in the order in which they were named, so that it is always the same
// one that lists what two of them hold.
func byStore(sources []*source) [][]*source {
	var groups [][]*source
	index := map[string]int{}
	for _, s := range sources {
		name := s.storeName()
		i, known := index[name]
		if !known {
			i = len(groups)
			index[name] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}

// discoveries returns the discoveries of sources of one store.
func (l *lister) discoveries(same []*source) []*discovery {
	var all []*discovery
	for _, s := range same {
		d := &discovery{lister: l, source: s}
		d.trails = trail.NewDiscovery(d, d, l.config.Selection)
		for _, other := range same {
			if inside := other.Key(""); other != s && inside != s.Key("") && strings.HasPrefix(inside, s.Key("")) {
				d.others = append(d.others, inside)
			}
		}
		if table := l.config.Table; s.isExport() && table.Bucket == s.URL.Bucket && table.Endpoint == s.URL.Endpoint && table != (store.URL{}) {
			d.others = append(d.others, store.Location{URL: table}.Key("")) // its files are no exports
		}
		all = append(all, d)
	}
	return all
}

// assign leaves a unit those of its days that no other source lists, and reports
// whether there are any.
func (l *lister) assign(s *source, u *trail.Unit) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	// Delivery days, what lies loose and what lies deeper in one folder are told apart.
	folder := fmt.Sprintf("%s%t %t %t %q %s", s.storeName(), u.Flat(), u.Deep, u.Export, u.Only, u.Folder)
	u.Days = u.Days.Without(l.assigned[folder])
	for _, span := range u.Days {
		l.assigned[folder] = l.assigned[folder].With(span)
	}
	return len(u.Days) > 0
}

// visit reports whether a folder has not been discovered yet, by anybody who can
// reach the same.
func (l *lister) visit(s *source, folder string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	who := s.URL
	who.Prefix = folder
	name := fmt.Sprintf("%q", who)
	seen := l.visited[name]
	l.visited[name] = true
	return !seen
}

// unit lists what must be listed of a unit: the shard's days that are not
// settled. What failed before is tried again first.
func (d *discovery) unit(ctx context.Context, unit trail.Unit) error {
	where, shard, all := d.source.placeOf(unit), d.config.Shard, d.config.RecheckAll
	known, err := d.checkpoints.Account(ctx, where.Account, where.Folder)
	if err != nil {
		return err
	}
	today := trail.DayOf(d.config.Now())
	searched := known.Regions[unit.Region] != nil && known.Regions[unit.Region].Searched && !all
	whole := unit
	if !unit.Flat() {
		unit.Days = shard.days(where.Folder+unit.Region, unit.Days, all, today)
	}
	u := &unitLister{discovery: d, today: today}
	u.batcher = resume.NewBatcher(resume.Listing{
		Unit: unit, Place: where, Known: known, AsOf: d.source.asOf, Settled: all,
		Wanted: func(region string, day trail.Day) bool { return shard.has(where.Folder+region, day, all, today) },
	}, u)
	if err := u.retry(ctx); err != nil {
		return err
	}
	switch {
	case unit.Flat():
		return u.listFlat(ctx)
	case searched || !unit.HasMargins():
		return u.list(ctx)
	case u.batcher.Unit().Whole(today):
		u.margins = &margins{unit: whole}
		u.margins.parts.Add(1)
		return u.list(ctx)
	}
	if err := u.list(ctx); err != nil {
		return err
	}
	return d.margins(ctx, whole)
}

// A margins is what the listing of a whole region knows of what lies beside its
// delivery days.
type margins struct {
	unit  trail.Unit
	parts atomic.Int64 // of the listing
	seen  atomic.Bool  // there is something
}

// margins looks for log files in a region's folder beside the delivery days.
func (d *discovery) margins(ctx context.Context, unit trail.Unit) error {
	search := trail.NewMargins(unit)
	if onlyDays(ctx, d.source, unit) {
		return d.partDone(ctx, search)
	}
	return d.trails.Margins(ctx, unit, search)
}

// onlyDays reports whether there is nothing beside the delivery days in a region's folder,
// if all that is in it fits on one page: that page tells.
func onlyDays(ctx context.Context, l lists, unit trail.Unit) bool {
	if unit.Below != unit.Folder {
		return false
	}
	outside := func(o store.Object) bool { return !unit.Holds(o.Key) }
	pages := 0
	for page, err := range l.List(ctx, store.Range{Prefix: unit.Below}) {
		pages++
		if err != nil || pages > 1 || len(page.Objects) >= fullPage || slices.ContainsFunc(page.Objects, outside) {
			return false
		}
	}
	return true
}

// lists is what lists objects.
type lists interface {
	List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error]
}
