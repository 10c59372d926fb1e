package inventory

import (
	"context"
	"iter"
	"slices"
	"strings"

	"plantrail/pipeline/store"
)

// pageSize is how many keys a page holds, as many as a page of S3.
const pageSize = 1000

// List yields the pages of a range in key order, as [store.Store] does. Any
// number of goroutines may list at once. An error ends the listing.
func (s *Sorted) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		l := lister{Range: r, sorted: s, coder: newRowCoder()}
		l.seek(max(r.Prefix, r.After))
		for more := true; more; {
			var page store.Page
			var err error
			if page, more, err = l.page(); err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(store.Page{}, err)
				return
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

// A lister is how far a listing has come.
type lister struct {
	store.Range
	sorted *Sorted
	coder  rowCoder
	reader blockReader
	from   string // keys before it are passed over
}

// seek moves to the first key that is not before from.
func (l *lister) seek(from string) {
	l.from = from
	index := l.sorted.index
	n, found := slices.BinarySearchFunc(index, from, func(b block, key string) int { return strings.Compare(b.first, key) })
	if !found {
		n-- // the block may hold it that begins before
	}
	at := l.sorted.end
	if n = max(n, 0); n < len(index) {
		at = index[n].at
	}
	if l.reader.file != nil && at < l.reader.at {
		return // it is in the block that is being read, or soon after
	}
	l.reader.file, l.reader.at, l.reader.end, l.reader.left = l.sorted.blocks, at, l.sorted.end, nil
}

// page reads a page, and says whether there may be another one.
func (l *lister) page() (page store.Page, more bool, err error) {
	for len(page.Objects)+len(page.Folders) < pageSize {
		more, err := l.reader.next()
		if err != nil || !more {
			return page, false, err
		}
		key, tail := l.reader.row()
		switch name := string(key); {
		case name < l.from || name <= l.After || name < l.Prefix:
		case !strings.HasPrefix(name, l.Prefix):
			return page, false, nil
		case l.Shallow && strings.Contains(name[len(l.Prefix):], "/"):
			folder := name[:len(l.Prefix)+strings.IndexByte(name[len(l.Prefix):], '/')+1]
			page.Folders = append(page.Folders, folder)
			l.seek(folder[:len(folder)-1] + "0") // which follows the slash
		default:
			object, err := l.coder.object(key, tail)
			if err != nil {
				return page, false, err
			}
			page.Objects = append(page.Objects, object)
		}
	}
	return page, true, nil
}
