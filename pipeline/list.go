package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// listWidth is how many units are listed at once. A unit's pages come one after
// the other, and each takes a few tens of milliseconds for a thousand keys.
const listWidth = 32

// A key is a log file as listed, or something else that a listing turned up.
type key struct {
	source *source
	store.Object
	trail.LogFile
	skipped bool  // an object that is no log file
	folder  bool  // a folder that could not be listed
	err     error // why the store does not give the folder or the log file

	batch *batch // what the log file is finished with
	retry bool   // it failed before, and is tried on its own
	gone  bool   // it was listed or failed before, and is not there any more
	mark  *mark  // instead of a log file: the end of a batch
	end   *end   // instead of a log file: the end of a unit
}

func (k *key) uri() string { return k.source.URI(k.Key) }

// A lister lists the log files of all sources.
type lister struct {
	config      *Config
	checkpoints *state.Checkpoints
	emit        func(key) error
	group       *errgroup.Group // what lists side by side

	mutex    sync.Mutex
	assigned map[string]trail.Days // by folder: the days that some source lists
}

// list sends the keys of all selected log files that are this shard's, and what
// else a listing turns up, and closes keys.
func list(ctx context.Context, c *Config, sources []*source, checkpoints *state.Checkpoints, keys chan<- key) error {
	defer close(keys)
	defer c.Progress.listingOver()
	group, listing := errgroup.WithContext(ctx)
	group.SetLimit(listWidth)
	l := lister{config: c, checkpoints: checkpoints, group: group, assigned: map[string]trail.Days{}, emit: func(k key) error {
		c.Progress.list(&k)
		select {
		case keys <- k:
			return nil
		case <-listing.Done():
			return listing.Err()
		}
	}}
	discovering, _ := errgroup.WithContext(listing)
	discovering.SetLimit(listWidth)
	for _, same := range byStore(sources) {
		discovering.Go(func() error {
			for _, s := range same {
				if err := l.discover(listing, s); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return errors.Join(discovering.Wait(), group.Wait())
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

// discover finds the units of a source and has them listed. What cannot be
// listed is emitted.
func (l *lister) discover(ctx context.Context, s *source) error {
	onError := func(folder string, err error) {
		l.emit(key{source: s, Object: store.Object{Key: folder}, folder: true, err: err}) //nolint:errcheck // fails only when the run is over
	}
	found := func(u trail.Unit) {
		if l.assign(s, &u) {
			l.config.Progress.unitFound()
			l.group.Go(func() error {
				defer l.config.Progress.unitListed()
				return l.unit(ctx, s, u)
			})
		}
	}
	err := trail.Discover(ctx, s.folder, s.URL.Prefix, l.config.Selection, found, onError)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, trail.ErrUnsearched):
		l.config.Log.Warn("searched in part", slog.String("source", s.URL.String()), slog.Any("error", err))
	case err != nil:
		onError(s.URL.Prefix, err)
	}
	return nil
}

// assign leaves a unit those of its days that no other source lists, and reports
// whether there are any.
func (l *lister) assign(s *source, u *trail.Unit) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	folder := s.storeName() + u.Folder
	u.Days = u.Days.Without(l.assigned[folder])
	for _, span := range u.Days {
		l.assigned[folder] = l.assigned[folder].With(span)
	}
	return len(u.Days) > 0
}

// unit lists what must be listed of a unit: the shard's days that are not
// settled.
func (l *lister) unit(ctx context.Context, s *source, unit trail.Unit) error {
	where := s.placeOf(unit)
	known, err := l.checkpoints.Account(ctx, where.account, where.folder)
	if err != nil {
		return err
	}
	g := batcher{source: s, unit: unit, place: where, known: known, shard: l.config.Shard, months: l.config.RecheckAll, emit: l.emit, gone: map[string]bool{}}
	if !unit.Flat() {
		g.unit.Days = l.config.Shard.days(where.folder+unit.Region, unit.Days, g.months)
	}
	if err := g.retries(ctx); err != nil {
		return err
	}
	if region := known.Regions[unit.Region]; region != nil && !g.months && !unit.Flat() {
		days := g.unit.Days.Without(region.Settled)
		g.settled = region.Count(g.unit.Days)
		g.unit.Days = days
	}
	return l.list(ctx, g)
}

// list emits the keys of a unit. It begins at the first day and ends after the
// last, so it costs a page per thousand keys, whatever the days.
func (l *lister) list(ctx context.Context, g batcher) error {
	for day, more := g.unit.Days.Next(0); more; {
		var err error
		if day, more, err = l.listFrom(ctx, &g, day); err != nil {
			return err
		}
	}
	return g.finishUnit()
}

// listFrom emits the keys from a day on, up to the end or to where many days in
// a row are not wanted: then it returns the day after them.
func (l *lister) listFrom(ctx context.Context, g *batcher, day trail.Day) (next trail.Day, more bool, err error) {
	within := store.Range{Prefix: g.unit.Folder, After: g.unit.After(day), Shallow: g.unit.Flat()}
	for page, err := range g.source.List(ctx, within) {
		if err != nil {
			if err := g.unreachable(ctx, err); err != nil {
				return 0, false, err
			}
			continue
		}
		if g.source.asOf.IsZero() {
			g.pages++
		}
		end := g.unit.End()
		for _, object := range page.Objects {
			if end != "" && object.Key > end {
				return 0, false, nil
			}
			if err := g.take(object); err != nil {
				return 0, false, err
			}
		}
		if len(page.Objects) < fullPage || g.unit.Flat() {
			continue
		}
		first, _, ok := g.unit.LogFile(page.Objects[0].Key)
		last, _, also := g.unit.LogFile(page.Objects[len(page.Objects)-1].Key)
		if !ok || !also {
			continue
		}
		span := trail.Span{From: first.Day, To: last.Day}
		if next, ok := jump(g.unit, span); ok {
			return next, true, nil
		}
		l.split(ctx, g, span)
	}
	return 0, false, nil
}

const (
	// fullPage is how many keys a page has that others follow.
	fullPage = 1000
	// splitPages is how many more pages a unit must be expected to have for half
	// of them to be listed by another. That costs a request more, which must be
	// small beside what it saves in waiting.
	splitPages = 8
)

// jump tells, by the days that the last page was of, whether the unit's next day
// is so many keys ahead that it is better to begin a listing there.
func jump(unit trail.Unit, page trail.Span) (trail.Day, bool) {
	next, more := unit.Days.Next(page.To)
	perPage := page.To - page.From + 1 // days
	return next, more && next-page.To > perPage
}

// split has the later half of a busy unit's days listed side by side with the
// earlier one, if anybody is free for it. How busy the unit is, its last page
// tells. It is asked again after each page, so a unit spreads as far as it
// must, and days without log files after the last cost a request or two.
func (l *lister) split(ctx context.Context, g *batcher, page trail.Span) {
	left := g.unit.Days.Within(trail.Span{From: page.To + 1, To: g.unit.Days.Last()})
	perPage := int(page.To-page.From) + 1 // days
	if g.months || left.Count()/perPage < splitPages {
		return
	}
	whole := g.unit
	if rest, ok := g.unit.Split(page.To + (left.Last()-page.To)/2); ok {
		other := batcher{source: g.source, unit: rest, place: g.place, known: g.known, shard: g.shard, emit: g.emit, gone: g.gone, rest: true}
		if !l.group.TryGo(func() error { return l.list(ctx, other) }) {
			g.unit = whole
		}
	}
}
