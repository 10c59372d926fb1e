package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A sweep is how far the listing of a flat unit has come. It goes through all keys,
// except those of folders that are listed in their own way: trails that it comes
// upon, and places where other sources begin.
type sweep struct {
	unit  trail.Unit
	after string // the key that it came to
	left  string // the last folder that is listed in its own way
	vain  int    // objects in a row that are no log files
}

// listFlat lists a flat unit.
func (u *unitLister) listFlat(ctx context.Context) error {
	s := sweep{unit: *u.batcher.Unit()}
	s.after = s.unit.After
	nested := u.nested(s.unit.Folder)
	for more := true; more; {
		var err error
		if more, err = u.sweep(ctx, &s, nested); err != nil {
			return err
		}
	}
	if err := u.finish(); err != nil {
		return err
	}
	return u.partDone(ctx, s.unit.Search)
}

// sweep lists up to the end, or to a folder that is listed in its own way.
func (u *unitLister) sweep(ctx context.Context, s *sweep, nested []string) (more bool, err error) {
	for page, err := range u.source.List(ctx, store.Range{Prefix: cmp.Or(s.unit.Only, s.unit.Folder), After: s.after, Shallow: !s.unit.Deep}) {
		if err != nil {
			s.unit.Search.Found()
			if err := u.lose(ctx, err); err != nil {
				return false, err
			}
			continue
		}
		for _, object := range page.Objects {
			if s.left != "" && strings.HasPrefix(object.Key, s.left) {
				continue
			}
			folder, what := s.unit.Inside(object.Key)
			for _, other := range nested {
				if strings.HasPrefix(object.Key, other) && (what == trail.Nothing || len(other) <= len(folder)) {
					folder, what = other, trail.Elsewhere
				}
			}
			if what != trail.Nothing {
				return u.leave(ctx, s, folder, what)
			}
			if err := u.meet(s, object); err != nil {
				return false, err
			}
		}
		if s.vain > u.config.MaxSearch && len(page.Objects) > 0 {
			return u.giveUp(s)
		}
	}
	return false, nil
}

// meet takes an object of the unit.
func (u *unitLister) meet(s *sweep, object store.Object) error {
	s.after = object.Key
	s.vain++
	if !s.unit.Holds(object.Key) {
		return nil
	}
	ok, err := u.add(object)
	if ok {
		s.vain = 0
		s.unit.Search.Found()
		u.trails.Saw(true, nil)
	}
	return err
}

// leave has a folder listed in its own way. more says whether something may follow
// it in the unit.
func (u *unitLister) leave(ctx context.Context, s *sweep, folder string, what trail.Structure) (more bool, err error) {
	s.unit.Search.Found()
	if what != trail.Elsewhere {
		if err := u.trails.Inside(ctx, s.unit, folder, what, s.after); err != nil {
			return false, err
		}
	}
	s.left, s.after = folder, trail.Past(folder)
	return folder != s.unit.Folder, nil
}

// giveUp leaves what has too many other objects: the folder in the unit's that the
// sweep has come to, or all that lies loose in it.
func (u *unitLister) giveUp(s *sweep) (more bool, err error) {
	folder, more := s.unit.Folder, false
	if slash := strings.IndexByte(s.after[len(folder):], '/'); slash >= 0 {
		folder, more = s.after[:len(folder)+slash+1], true
	}
	s.unit.Search.Found()
	u.batcher.Partial()
	u.trails.Saw(true, nil) // there is another error to tell
	err = fmt.Errorf("%w after %s: more than %d objects in a row are no log files", trail.ErrUnsearched, u.source.URI(s.after), u.config.MaxSearch)
	s.left, s.after, s.vain = folder, trail.Past(folder), 0
	return more, u.to.unreachable(u.source, folder, err)
}
