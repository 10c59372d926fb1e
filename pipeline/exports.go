package pipeline

import (
	"context"
	"errors"
	"fmt"

	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// errUnnamed says why a file that was named as a source is not read.
var errUnnamed = errors.New("a file that is not named as CloudTrail names log files: if it is an export, add ?layout=export; else name the folder that it is in")

// errNoFiles says that a source of exports is empty.
var errNoFiles = errors.New("no files are there: let the source be a folder of exports, or one of them")

// isExport reports whether a source's files are exports.
func (s *source) isExport() bool { return s.URL.Layout == store.Export }

// only returns the unit of a source that is a single file. ok is false where the
// source is a folder.
func (s *source) only() (u trail.Unit, ok bool, err error) {
	key := s.URL.Prefix
	switch {
	case !s.File:
		return trail.Unit{}, false, nil
	case !s.isExport() && !trail.Named(key[len(trail.Parent(key)):]):
		if s.URL.Bucket != "" {
			return trail.Unit{}, false, nil // there may be keys below it
		}
		return trail.Unit{}, true, errUnnamed
	}
	folder := trail.Parent(key)
	return trail.Unit{Root: folder, Folder: folder, Only: key, Export: s.isExport()}, true, nil
}

// single has a source listed that is no trail: a folder of exports, or one file. done
// is false if it is neither.
func (d *discovery) single(ctx context.Context) (done bool, err error) {
	u, only, err := d.source.only()
	switch {
	case err != nil:
		d.trails.Saw(true, nil) // there is another error to tell
		return true, d.Lost(d.source.URL.Prefix, err)
	case !only && !d.source.isExport():
		return false, nil
	case !only:
		folder := d.source.Key("")
		u = trail.Unit{Root: folder, Folder: folder, Deep: true, Export: true}
	}
	u.Selection, u.Days = d.config.Selection, trail.Days{{From: d.config.Selection.From, To: d.config.Selection.To}}
	if u.Export {
		u.Days = trail.Days{{To: trail.LastDay}} // the days that were selected are those of events
	}
	return true, d.Unit(ctx, u)
}

// check says at the end of the listing what is wrong with a source in which there was
// nothing to read.
func (d *discovery) check() error {
	err := d.trails.Check()
	switch {
	case err == nil:
		return nil
	case d.source.isExport():
		return errNoFiles
	case d.source.File:
		return errUnnamed
	case errors.Is(err, trail.ErrUnnamed):
		return fmt.Errorf("%w; if they are exports, from the console, from lookup-events, from EventBridge or a SIEM, add layout=export to the source", err)
	}
	return err
}
