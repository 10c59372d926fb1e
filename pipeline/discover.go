package pipeline

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"plantrail/pipeline/resume"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A discovery finds the units of one source and has them listed. What cannot be
// listed is unreachable. It implements [trail.Source] and [trail.Finder].
type discovery struct {
	*lister
	source *source
	trails *trail.Discovery
	others []string // folders in the source that other sources begin at
}

// run finds the units. Listing them may find more.
func (d *discovery) run(ctx context.Context) error {
	if done, err := d.single(ctx); done || err != nil {
		return err
	}
	err := d.trails.All(ctx, d.source.URL.Prefix)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, trail.ErrNotWanted) {
		d.trails.Saw(true, nil) // there is another error to tell
		return d.Lost(d.source.URL.Prefix, err)
	}
	return err
}

// Folder implements [trail.Source].
func (d *discovery) Folder(ctx context.Context, folder, after string) iter.Seq2[trail.Page, error] {
	return func(yield func(trail.Page, error) bool) {
		for page, err := range d.source.List(ctx, store.Range{Prefix: folder, After: after, Shallow: true}) {
			found := trail.Page{Folders: page.Folders}
			for _, object := range page.Objects {
				if trail.Named(object.Key[len(folder):]) {
					found.LogFiles = true
				} else {
					found.Others.Add(trail.KindOf(object.Key), object.Key)
				}
			}
			if !yield(found, err) {
				return
			}
		}
	}
}

// countPages is how many pages of a folder of another service are listed to count
// what is in it. There may be hundreds of millions.
const countPages = 10

// Count implements [trail.Source].
func (d *discovery) Count(ctx context.Context, folder string) (trail.Other, error) {
	var count trail.Other
	pages := 0
	for page, err := range d.source.List(ctx, store.Range{Prefix: folder}) {
		if err != nil {
			return count, err
		}
		count.Objects += int64(len(page.Objects))
		if count.First == "" && len(page.Objects) > 0 {
			count.First = page.Objects[0].Key
		}
		if pages++; pages == countPages {
			count.More = len(page.Objects) >= fullPage
			break
		}
	}
	return count, nil
}

// Known implements [trail.Source].
func (d *discovery) Known(ctx context.Context, account, folder string) (kinds []string, searched bool, err error) {
	known, err := d.checkpoints.Account(ctx, account, d.source.URI(folder))
	if err != nil || known.Searched == nil || d.config.RecheckAll {
		return nil, false, err
	}
	return known.Searched.Kinds, true, nil
}

// Unit implements [trail.Finder].
func (d *discovery) Unit(ctx context.Context, u trail.Unit) error {
	if !d.assign(d.source, &u) || u.Deep && slices.Contains(d.others, u.Folder) {
		u.Search.Found() // it is another source's
		return d.partDone(ctx, u.Search)
	}
	d.config.Progress.unitFound()
	d.crew.do(func() error {
		defer d.config.Progress.unitListed()
		return d.unit(ctx, u)
	})
	return nil
}

// Others implements [trail.Finder].
func (d *discovery) Others(others trail.Others) error {
	for _, kind := range others.Kinds() {
		if err := d.to.skipped(d.source, kind, others[kind]); err != nil {
			return err
		}
	}
	return nil
}

// Lost implements [trail.Finder].
func (d *discovery) Lost(folder string, err error) error {
	return d.to.unreachable(d.source, folder, err)
}

// Visit implements [trail.Finder].
func (d *discovery) Visit(folder string) bool { return d.visit(d.source, folder) }

// Searched implements [trail.Finder]. What is known already is not claimed again.
func (d *discovery) Searched(ctx context.Context, s *trail.Search, found bool) error {
	where := resume.Place{Account: s.Account, Folder: d.source.URI(s.Folder)}
	known, err := d.checkpoints.Account(ctx, where.Account, where.Folder)
	if err != nil {
		return err
	}
	was := known.Searched != nil
	if s.Region != "" {
		was = known.Regions[s.Region] != nil && known.Regions[s.Region].Searched
	}
	switch {
	case found && was:
		return d.to.searched(where, s, state.LogFilesThere)
	case !found && !was:
		return d.to.searched(where, s, state.NothingThere)
	}
	return nil
}

// partDone says that a part of a search is over.
func (d *discovery) partDone(ctx context.Context, s *trail.Search) error {
	if over, found := s.Done(); over {
		return d.Searched(ctx, s, found)
	}
	return nil
}

// nested returns the folders below folder that other sources begin at. One that
// begins at the folder itself is none of them: the folder was assigned to this one.
func (d *discovery) nested(folder string) []string {
	var inside []string
	for _, other := range d.others {
		if other != folder && strings.HasPrefix(other, folder) {
			inside = append(inside, other)
		}
	}
	return inside
}
