package verify

import (
	"context"
	"iter"

	"plantrail/pipeline/store"
)

// A cursor reads a listing one object at a time.
type cursor struct {
	pull func() (store.Page, error, bool)
	stop func()
	lost func(error) // a part that cannot be listed
	page []store.Object
	over bool
}

func newCursor(ctx context.Context, source *store.Location, r store.Range, lost func(error)) *cursor {
	c := &cursor{lost: lost}
	c.pull, c.stop = iter.Pull2(source.List(ctx, r))
	return c
}

// peek returns the next object, nil at the end.
func (c *cursor) peek() *store.Object {
	for len(c.page) == 0 && !c.over {
		page, err, ok := c.pull()
		switch {
		case !ok:
			c.over = true
		case err != nil:
			c.lost(err)
		default:
			c.page = page.Objects
		}
	}
	if len(c.page) == 0 {
		return nil
	}
	return &c.page[0]
}

// next moves on from the object that peek returned.
func (c *cursor) next() { c.page = c.page[1:] }
