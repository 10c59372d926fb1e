package table

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"plantrail/pipeline/store"
	"plantrail/schema"
)

// ErrNone says that there is no table at a place.
var ErrNone = errors.New("no table here")

// A Reader is a table open for reading. It writes nothing, and reads while others
// merge.
type Reader struct {
	location store.Location
	scheme   Scheme
	outdated atomic.Pointer[error] // of the table, or of a file that was read
}

// OpenReader opens a table for reading. The error wraps [ErrNone] if there is
// none, and [ErrNewer] if a later version of the program wrote it.
func OpenReader(ctx context.Context, location store.Location) (*Reader, error) {
	m, err := readMeta(ctx, location)
	if errors.Is(err, store.ErrNotFound) {
		err = ErrNone
	}
	if err == nil {
		_, err = ParseScheme(string(m.Partition))
	}
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w", location.URL, err)
	}
	r := &Reader{location: location, scheme: m.Partition}
	r.isOutdated(outdatedBy(m.Layout, m.SchemaVersion))
	return r, nil
}

// Reader returns a reader of the table.
func (t *Table) Reader() *Reader { return &Reader{location: t.location, scheme: t.scheme} }

// Scheme returns how the table is partitioned.
func (r *Reader) Scheme() Scheme { return r.scheme }

// Outdated returns an error that wraps [ErrOutdated] if the table, or a file that was
// read, is of an earlier layout or schema version. What Rows yields is right all the
// same, but columns that the file lacks are null.
func (r *Reader) Outdated() error {
	if err := r.outdated.Load(); err != nil {
		return *err
	}
	return nil
}

func (r *Reader) isOutdated(err error) {
	if err != nil {
		r.outdated.CompareAndSwap(nil, &err)
	}
}

// Document reads a document of the table's. The error wraps [store.ErrNotFound]
// if there is none.
func (r *Reader) Document(ctx context.Context, name string) (text []byte, etag string, err error) {
	return document(ctx, r.location, name)
}

// A Filter says which rows to read, and what of them.
type Filter struct {
	Since, Until time.Time // events at Since or later, and before Until; zero is no bound
	Accounts     []string  // events of these recipient accounts, and of those that name none; empty is all
	Columns      []string  // top-level columns to read, the others stay null; none is all
	Newest       bool      // the newest event first, else the oldest
	Addenda      bool      // only events that amend others; those of row groups without any are not read
}

// Rows reads the rows that a filter names, in order of time, or in exactly the
// reverse. What the filter excludes is passed over unread as far as the
// partitions' names and the files' statistics tell. Rows end behind an error.
//
// Each partition is read as it was when its turn came. If it is replaced while it
// is read, the error wraps [store.ErrChanged]: begin again.
func (r *Reader) Rows(ctx context.Context, f Filter) iter.Seq2[*schema.Event, error] {
	return func(yield func(*schema.Event, error) bool) {
		partitions, err := r.partitions(ctx, f)
		q := newQuery(f)
		for _, partition := range partitions {
			var more bool
			if more, err = r.partition(ctx, q, partition, yield); err != nil || !more {
				break
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// partitions lists the partitions that may hold rows of a filter, in its order.
func (r *Reader) partitions(ctx context.Context, f Filter) (names []string, err error) {
	names, err = partitions(ctx, r.location, r.scheme, func(from, to time.Time) bool {
		return (f.Since.IsZero() || f.Since.Before(to)) && (f.Until.IsZero() || from.Before(f.Until))
	})
	if f.Newest {
		slices.Reverse(names)
	}
	return names, err
}

// partitions lists the partitions of a table whose period is wanted, in order.
//
// A partition may be a link to a folder elsewhere: a merge writes through it.
func partitions(ctx context.Context, l store.Location, scheme Scheme, wanted func(from, to time.Time) bool) (names []string, err error) {
	for page, err := range l.List(ctx, store.Range{Prefix: l.Key(scheme.Column() + "="), Shallow: true, Links: true}) {
		if err != nil {
			return nil, err
		}
		for _, folder := range page.Folders {
			if from, to, ok := scheme.period(path.Base(folder)); ok && wanted(from, to) {
				names = append(names, strings.TrimSuffix(strings.TrimPrefix(folder, l.Key("")), "/"))
			}
		}
	}
	return names, nil
}

// partition reads the rows of one partition. more is false when the caller has
// seen enough.
func (r *Reader) partition(ctx context.Context, q *query, name string, yield func(*schema.Event, error) bool) (more bool, err error) {
	key := r.location.Key(name + "/" + fileName)
	file, err := store.OpenRanges(ctx, r.location, key)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil // a folder in which no merge was finished
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	s, err := newScan(file, r.location.URI(key), q)
	if err != nil {
		return false, err
	}
	r.isOutdated(outdatedBy(layoutOf(s.file), versionOf(s.file)))
	for events, err := range s.batches(ctx) {
		if err != nil {
			return false, err
		}
		for i := range events {
			if !yield(&events[i], nil) {
				return false, nil
			}
		}
	}
	return true, nil
}
