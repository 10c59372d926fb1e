package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync"

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
}

func (f *logFile) uri() string { return f.source.URI(f.Key) }

// A receiver takes what a listing turns up, a method for each kind. Only what it
// is to read goes through the stages. A unit comes after its batches, and a batch
// after the last of its log files. An error means that the run is over.
type receiver interface {
	read(logFile) error
	// gone takes a log file that failed before and is not there any more.
	gone(logFile) error
	// skipped takes an object that is no log file.
	skipped(s *source, key string) error
	// unreachable takes a folder that could not be listed.
	unreachable(s *source, folder string, err error) error
	batchListed(*resume.BatchListed) error
	// unitListed takes a unit that was listed whole, and the pages that were asked
	// of the store for it.
	unitListed(u *resume.UnitListed, pages int) error
}

// A lister lists the log files of all sources.
type lister struct {
	config      *Config
	checkpoints *state.Checkpoints
	to          receiver
	group       *errgroup.Group // what lists side by side

	mutex    sync.Mutex
	assigned map[string]trail.Days // by folder: the days that some source lists
}

// list finds all log files that are selected and this shard's, and what else a
// listing turns up.
func list(ctx context.Context, c *Config, sources []*source, checkpoints *state.Checkpoints, to receiver) error {
	defer c.Progress.listingOver()
	group, listing := errgroup.WithContext(ctx)
	group.SetLimit(listWidth)
	l := lister{config: c, checkpoints: checkpoints, to: to, group: group, assigned: map[string]trail.Days{}}
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
// listed is unreachable.
func (l *lister) discover(ctx context.Context, s *source) error {
	onError := func(folder string, err error) {
		l.to.unreachable(s, folder, err) //nolint:errcheck // fails only when the run is over
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
// settled. What failed before is tried again first.
func (l *lister) unit(ctx context.Context, s *source, unit trail.Unit) error {
	where, shard, all := s.placeOf(unit), l.config.Shard, l.config.RecheckAll
	known, err := l.checkpoints.Account(ctx, where.Account, where.Folder)
	if err != nil {
		return err
	}
	if !unit.Flat() {
		unit.Days = shard.days(where.Folder+unit.Region, unit.Days, all)
	}
	u := &unitLister{lister: l, source: s}
	u.batcher = resume.NewBatcher(resume.Listing{
		Unit: unit, Place: where, Known: known, AsOf: s.asOf, Settled: all,
		Wanted: func(region string, day trail.Day) bool { return shard.has(where.Folder+region, day, all) },
	}, u)
	if err := u.retry(ctx); err != nil {
		return err
	}
	return u.list(ctx)
}

// A unitLister lists one unit, or what was split off it.
type unitLister struct {
	*lister
	source  *source
	batcher *resume.Batcher
	pages   int // that were asked of the store
}

// Read implements [resume.Output].
func (u *unitLister) Read(f resume.File) error {
	u.config.Progress.logFileListed()
	return u.to.read(logFile{u.source, f})
}

// Gone implements [resume.Output].
func (u *unitLister) Gone(f resume.File) error {
	u.config.Progress.logFileListed()
	return u.to.gone(logFile{u.source, f})
}

// BatchListed implements [resume.Output].
func (u *unitLister) BatchListed(b *resume.BatchListed) error {
	u.config.Progress.alreadyDone(b.Known)
	return u.to.batchListed(b)
}

// retry sends the log files that failed before.
func (u *unitLister) retry(ctx context.Context) error {
	for _, f := range u.batcher.Retries() {
		there, err := u.source.exists(ctx, f.Key)
		if err != nil {
			return err
		}
		if there {
			err = u.Read(f)
		} else {
			err = u.batcher.Missing(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// list lists a unit. It begins at the first day and ends after the last, so it
// costs a page per thousand keys, whatever the days.
func (u *unitLister) list(ctx context.Context) error {
	for day, more := u.batcher.Unit().Days.Next(0); more; {
		var err error
		if day, more, err = u.listFrom(ctx, day); err != nil {
			return err
		}
	}
	listed, err := u.batcher.Finish()
	if err != nil || listed == nil {
		return err
	}
	return u.to.unitListed(listed, u.pages)
}

// listFrom lists from a day on, up to the end or to where many days in a row are
// not wanted: then it returns the day after them.
func (u *unitLister) listFrom(ctx context.Context, day trail.Day) (next trail.Day, more bool, err error) {
	unit := u.batcher.Unit()
	within := store.Range{Prefix: unit.Folder, After: unit.After(day), Shallow: unit.Flat()}
	for page, err := range u.source.List(ctx, within) {
		if err != nil {
			if ctx.Err() != nil {
				return 0, false, ctx.Err()
			}
			u.batcher.Partial()
			if err := u.to.unreachable(u.source, unit.Folder, err); err != nil {
				return 0, false, err
			}
			continue
		}
		if u.source.asOf.IsZero() {
			u.pages++
		}
		end := unit.End()
		for _, object := range page.Objects {
			if end != "" && object.Key > end {
				return 0, false, nil
			}
			if err := u.add(object); err != nil {
				return 0, false, err
			}
		}
		if len(page.Objects) < fullPage || unit.Flat() {
			continue
		}
		first, _, ok := unit.LogFile(page.Objects[0].Key)
		last, _, also := unit.LogFile(page.Objects[len(page.Objects)-1].Key)
		if !ok || !also {
			continue
		}
		span := trail.Span{From: first.Day, To: last.Day}
		if next, ok := jump(unit, span); ok {
			return next, true, nil
		}
		u.split(ctx, span)
	}
	return 0, false, nil
}

func (u *unitLister) add(object store.Object) error {
	ok, err := u.batcher.Add(object)
	if err != nil || ok {
		return err
	}
	return u.to.skipped(u.source, object.Key)
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
func jump(unit *trail.Unit, page trail.Span) (trail.Day, bool) {
	next, more := unit.Days.Next(page.To)
	perPage := page.To - page.From + 1 // days
	return next, more && next-page.To > perPage
}

// split has the later half of a busy unit's days listed side by side with the
// earlier one, if anybody is free for it. How busy the unit is, its last page
// tells. It is asked again after each page, so a unit spreads as far as it
// must, and days without log files after the last cost a request or two.
func (u *unitLister) split(ctx context.Context, page trail.Span) {
	days := u.batcher.Unit().Days
	left := days.Within(trail.Span{From: page.To + 1, To: days.Last()})
	perPage := int(page.To-page.From) + 1 // days
	if u.config.RecheckAll || left.Count()/perPage < splitPages {
		return
	}
	other := &unitLister{lister: u.lister, source: u.source}
	u.batcher.Split(page.To+(left.Last()-page.To)/2, other, func(rest *resume.Batcher) bool {
		other.batcher = rest
		return u.group.TryGo(func() error { return other.list(ctx) })
	})
}
