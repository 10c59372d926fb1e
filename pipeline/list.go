package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"path"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// listWidth is how many units are listed at once. A unit's pages come one after
// the other, and each takes a few tens of milliseconds for a thousand keys.
const listWidth = 32

// A source is a place that trails deliver to.
type source struct{ store.Location }

// A key is a log file as listed, or something else that a listing turned up.
type key struct {
	source *source
	store.Object
	trail.LogFile
	skipped bool  // an object that is no log file
	folder  bool  // a folder that could not be listed
	err     error // why the store does not give the folder or the log file

	batch *batch // what the log file is finished with; nil where nothing is remembered
	retry bool   // it failed before, and is tried on its own
	gone  bool   // it failed before, and is not there any more
	mark  *mark  // instead of a log file: the end of a batch
	end   *end   // instead of a log file: the end of a unit
}

func (k *key) uri() string { return k.source.URI(k.Key) }

func openSources(ctx context.Context, c *Config, requests *store.Requests) ([]*source, error) {
	options := store.Options{Concurrency: c.Concurrency, Requests: requests}
	var sources []*source
	for _, u := range c.Sources {
		location, err := c.OpenStore(ctx, u, true, options)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &source{location})
	}
	return sources, nil
}

// list sends the keys of all selected log files, and what else a listing turns
// up, and closes keys. Without a book nothing is known of earlier runs.
func list(ctx context.Context, c *Config, sources []*source, book *state.Book, keys chan<- key) error {
	defer close(keys)
	defer c.Progress.listingOver()
	emit := func(k key) error {
		c.Progress.list(&k)
		select {
		case keys <- k:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(listWidth)
	for _, s := range sources {
		l := unitLister{source: s, group: group, emit: emit, book: book, recheck: c.RecheckAll}
		if err := s.discover(ctx, c.Selection, func(u trail.Unit) {
			c.Progress.unitFound()
			group.Go(func() error {
				defer c.Progress.unitListed()
				return l.unit(ctx, u)
			})
		}, emit, c.Log); err != nil {
			return errors.Join(err, group.Wait())
		}
	}
	return group.Wait()
}

// discover finds the units of a source. What cannot be listed is emitted.
func (s *source) discover(ctx context.Context, selection trail.Selection, found func(trail.Unit), emit func(key) error, log *slog.Logger) error {
	lost := func(folder string, err error) {
		emit(key{source: s, Object: store.Object{Key: folder}, folder: true, err: err}) //nolint:errcheck // fails only when the run is over
	}
	err := trail.Discover(ctx, s.folder, s.URL.Prefix, selection, found, lost)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, trail.ErrUnsearched):
		log.Warn("searched in part", slog.String("source", s.URL.String()), slog.Any("error", err))
	case err != nil:
		lost(s.URL.Prefix, err)
	}
	return nil
}

// folder lists the folders in a folder, and says whether it holds log files.
func (s *source) folder(ctx context.Context, folder string) (folders []string, logFiles bool, err error) {
	for page, err := range s.List(ctx, store.Range{Prefix: folder, Shallow: true}) {
		if err != nil {
			return nil, false, err
		}
		folders = append(folders, page.Folders...)
		for _, object := range page.Objects {
			logFiles = logFiles || trail.Named(path.Base(object.Key))
		}
	}
	return folders, logFiles, nil
}

// A unitLister lists the units of a source.
type unitLister struct {
	*source
	group *errgroup.Group // what runs side by side
	emit  func(key) error

	book    *state.Book
	recheck bool // list settled days too
}

// unit lists what must be listed of a unit: the days that are not settled.
func (l *unitLister) unit(ctx context.Context, unit trail.Unit) error {
	if l.book == nil {
		return l.list(ctx, unit, nil)
	}
	where := l.placeOf(unit)
	known, err := l.book.Account(ctx, where.account, where.folder)
	if err != nil {
		return err
	}
	g := gatherer{unit: unit, place: where, known: known, send: l.send}
	if err := g.retries(func(k string) (bool, error) { return l.exists(ctx, k) }); err != nil {
		return err
	}
	days := []trail.Span{{From: unit.From, To: unit.To}}
	if region := known.Regions[unit.Region]; region != nil && !l.recheck && !unit.Flat() {
		days = region.Unsettled(days[0])
	}
	for _, span := range days {
		part := unit
		part.From, part.To = span.From, span.To
		if err := l.list(ctx, part, known); err != nil {
			return err
		}
	}
	return nil
}

// exists asks a listing whether a key is there: that it cannot be got may have
// other reasons. Where nothing can be listed, it counts as there.
func (l *unitLister) exists(ctx context.Context, name string) (bool, error) {
	for page, err := range l.List(ctx, store.Range{Prefix: name}) {
		if err != nil {
			return true, ctx.Err()
		}
		if len(page.Objects) > 0 {
			return page.Objects[0].Key == name, nil
		}
	}
	return false, nil
}

// send emits a key of this source.
func (l *unitLister) send(k key) error {
	k.source = l.source
	return l.emit(k)
}

// list emits the keys of one unit. It begins at the unit's first day and ends
// behind its last, so it costs a page per thousand keys, whatever the days.
func (l *unitLister) list(ctx context.Context, unit trail.Unit, known *state.Account) error {
	g := gatherer{unit: unit, place: l.placeOf(unit), known: known, send: l.send}
	take, whole := g.take, true
	if known == nil {
		take = l.send
	}
	for page, err := range l.List(ctx, store.Range{Prefix: unit.Folder, After: unit.After(), Shallow: unit.Flat()}) {
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			whole = false
			lost := key{source: l.source, Object: store.Object{Key: unit.Folder}, folder: true, err: err}
			if err := l.emit(lost); err != nil {
				return err
			}
			continue
		}
		for _, object := range page.Objects {
			if unit.Past(object.Key) {
				return l.finish(&g, unit, whole)
			}
			file, selected, ok := unit.LogFile(object.Key)
			if ok && !selected {
				continue
			}
			if !ok {
				err = l.send(key{Object: object, skipped: true})
			} else {
				err = take(key{Object: object, LogFile: file})
			}
			if err != nil {
				return err
			}
		}
		l.split(ctx, &unit, page.Objects, known)
	}
	return l.finish(&g, unit, whole)
}

// finish ends the batches of a unit of which not all may have been listed:
// then nothing is claimed of it.
func (l *unitLister) finish(g *gatherer, unit trail.Unit, whole bool) error {
	if g.known == nil || !whole {
		return nil
	}
	g.unit = unit // without the days that others list
	return g.finishUnit()
}

const (
	// fullPage is how many keys a page has that others follow.
	fullPage = 1000
	// splitPages is how many more pages a unit must be expected to have for half
	// of them to be listed by another. That costs a request more, which must be
	// small beside what it saves in waiting.
	splitPages = 8
)

// split has the later half of a busy unit's days listed side by side with the
// earlier one, if anybody is free for it. How busy the unit is, its last page
// tells. It is asked again after each page, so a unit spreads as far as it
// must, and days without log files behind the last cost a request or two.
func (l *unitLister) split(ctx context.Context, unit *trail.Unit, page []store.Object, known *state.Account) {
	if len(page) < fullPage || l.recheck {
		return
	}
	first, _, ok := unit.LogFile(page[0].Key)
	last, _, also := unit.LogFile(page[len(page)-1].Key)
	if !ok || !also {
		return
	}
	perPage, left := int(last.Day-first.Day)+1, int(unit.To-last.Day) // days
	if left/perPage < splitPages {
		return
	}
	whole := *unit
	if rest, ok := unit.Split(last.Day + trail.Day(left/2)); ok && !l.group.TryGo(func() error { return l.list(ctx, rest, known) }) {
		*unit = whole
	}
}
