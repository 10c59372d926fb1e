package pipeline

import (
	"context"
	"strings"

	"plantrail/pipeline/resume"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A unitLister lists one unit, or what was split off it.
type unitLister struct {
	*discovery
	batcher *resume.Batcher
	today   trail.Day
	pages   int      // that were asked of the store
	margins *margins // nil: nobody asks for what lies beside the days
}

// Read implements [resume.Output].
func (u *unitLister) Read(f resume.File) error {
	u.config.Progress.logFileListed()
	return u.to.read(logFile{source: u.source, File: f})
}

// Gone implements [resume.Output].
func (u *unitLister) Gone(f resume.File) error {
	u.config.Progress.logFileListed()
	return u.to.gone(logFile{source: u.source, File: f})
}

// BatchListed implements [resume.Output].
func (u *unitLister) BatchListed(b *resume.BatchListed) error {
	u.config.Progress.alreadyDone(b.Known)
	return u.to.batchListed(b)
}

// retry sends the log files that failed before.
func (u *unitLister) retry(ctx context.Context) error {
	for _, f := range u.batcher.Retries() {
		object, there, err := u.source.find(ctx, f.Object)
		if err != nil {
			return err
		}
		if there {
			f.Object = object // it may have been replaced since
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
	if err := u.finish(); err != nil || u.margins == nil || u.margins.parts.Add(-1) > 0 {
		return err
	}
	search := trail.NewMargins(u.margins.unit)
	if u.margins.seen.Load() {
		return u.trails.Margins(ctx, u.margins.unit, search)
	}
	return u.partDone(ctx, search)
}

// finish says that the unit is listed, if it was listed whole.
func (u *unitLister) finish() error {
	listed, err := u.batcher.Finish()
	if err != nil || listed == nil {
		return err
	}
	return u.to.unitListed(listed, u.pages)
}

// toTheEnd reports whether the listing goes on after the last day, to see that
// nothing but days to come follows.
func (u *unitLister) toTheEnd() bool {
	return u.margins != nil && u.batcher.Unit().Days.Last() == u.margins.unit.Days.Last()
}

// beside says that something is, or may be, beside the delivery days.
func (u *unitLister) beside() {
	if u.margins != nil {
		u.margins.seen.Store(true)
	}
}

// listFrom lists from a day on, up to the end or to where many days in a row are
// not wanted: then it returns the day after them.
func (u *unitLister) listFrom(ctx context.Context, day trail.Day) (next trail.Day, more bool, err error) {
	unit := u.batcher.Unit()
	for page, err := range u.source.List(ctx, store.Range{Prefix: unit.Folder, After: unit.From(day)}) {
		if err != nil {
			u.beside()
			if err := u.lose(ctx, err); err != nil {
				return 0, false, err
			}
			continue
		}
		if u.source.asOf.IsZero() {
			u.pages++
		}
		end := unit.End()
		for _, object := range page.Objects {
			held, later := unit.Holds(object.Key), object.Key > end
			if later && !u.toTheEnd() {
				return 0, false, nil
			}
			if later && !held {
				u.beside()
				return 0, false, nil
			}
			if !held {
				u.beside()
			} else if _, err := u.add(object); err != nil {
				return 0, false, err
			}
		}
		if len(page.Objects) < fullPage {
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

// lose says that a part of the unit could not be listed, unless the run is over.
func (u *unitLister) lose(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	u.batcher.Partial()
	return u.to.unreachable(u.source, u.batcher.Unit().Folder, err)
}

// add takes an object of the unit, and reports whether it is a log file.
func (u *unitLister) add(object store.Object) (ok bool, err error) {
	kind := trail.KindEmpty
	if !u.batcher.Unit().Export || object.Size > 0 || strings.HasSuffix(object.Key, "/") {
		ok, err = u.batcher.Add(object)
		if err != nil || ok {
			return ok, err
		}
		kind = trail.KindOf(object.Key)
	}
	var others trail.Others
	others.Add(kind, object.Key)
	u.trails.Saw(false, others)
	return false, u.Others(others)
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
	left := days.Within(trail.Span{From: page.To + 1, To: min(days.Last(), u.today)})
	perPage := int(page.To-page.From) + 1 // days
	if u.config.RecheckAll || left.Count()/perPage < splitPages {
		return
	}
	other := &unitLister{discovery: u.discovery, today: u.today, margins: u.margins}
	u.batcher.Split(page.To+(left.Last()-page.To)/2, other, func(rest *resume.Batcher) bool {
		other.batcher = rest
		if u.margins != nil {
			u.margins.parts.Add(1)
		}
		started := u.crew.try(func() error { return other.list(ctx) })
		if !started && u.margins != nil {
			u.margins.parts.Add(-1)
		}
		return started
	})
}
