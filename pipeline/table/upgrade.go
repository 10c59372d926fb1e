package table

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"time"

	"plantrail/pipeline/store"
	"plantrail/schema"
)

// ErrOutdated says that files of a table are of an earlier layout or schema version.
// The errors that wrap it say what that means.
var ErrOutdated = errors.New("files of this table were written by an earlier plantrail")

// outdatedBy returns what is wrong with a file or table of a layout and schema version.
func outdatedBy(of, version int) error {
	switch {
	case of < layout:
		return fmt.Errorf("%w, and what their page index says of JSON columns is wrong: Athena, Trino, Spark and other engines find too few rows "+
			"where a query filters by one; plantrail run replaces them, once, with the same rows", ErrOutdated)
	case version < schema.Version:
		return fmt.Errorf("%w, and lack the columns that have come since; plantrail run replaces them, once, with the same rows", ErrOutdated)
	}
	return nil
}

// Outdated returns an error that wraps [ErrOutdated] if files of the table may be of
// an earlier layout or schema version, until [Table.Upgrade] has replaced them.
func (t *Table) Outdated() error { return t.outdated }

// Upgrade replaces the files that are of an earlier layout or schema version with
// files of the same rows, and then notes that there are none, so that this is done once:
//
//  1. List the partitions.
//  2. Put each file that its footer shows to be an earlier one anew, if
//     nobody has replaced it meanwhile: then it is as it should be, or was looked
//     at too early and is looked at again.
//  3. Note the layout and the version in the table's description.
//
// It may end at any point, and be done by several runs at once: each partition is
// old or new, with the same rows, and the next run looks at all of them again
// until the description says that this is over.
//
// done is called for each file that was replaced, and for each that could not be
// because it is damaged: the table stays as it is then, and the next run tries
// again.
func (t *Table) Upgrade(ctx context.Context, done func(partition string, err error)) error {
	names, err := partitions(ctx, t.location, t.scheme, func(time.Time, time.Time) bool { return true })
	if err != nil {
		return err
	}
	// Shards begin at once. In orders of their own they hardly meet.
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	whole := true
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		var replaced bool
		err := t.merges.Do(ctx, store.IsChanged, func() (err error) {
			replaced, err = t.upgradeOnce(ctx, name)
			return err
		})
		switch {
		case errors.Is(err, ErrDamaged):
			whole = false
			done(name, err)
		case err != nil:
			return err
		case replaced:
			done(name, nil)
		}
	}
	if !whole {
		return nil
	}
	return t.noteLayout(ctx)
}

// noteLayout writes the layout and the schema version into the table's description.
func (t *Table) noteLayout(ctx context.Context) error {
	text, etag, err := document(ctx, t.location, path.Base(metaName))
	if err == nil {
		_, err = parseMeta(t.location, text)
	}
	if err == nil {
		err = t.putMeta(ctx, etag)
	}
	if errors.Is(err, store.ErrChanged) {
		err = nil // another run notes the same
	}
	if err == nil {
		t.outdated = nil
	}
	return err
}

func (t *Table) upgradeOnce(ctx context.Context, name string) (replaced bool, err error) {
	key := t.fileKey(name)
	old, err := t.openPartition(ctx, key)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, old.close()) }()
	if !old.outdated() {
		return false, nil
	}
	_, err = t.replace(ctx, key, old, nil)
	return true, err
}
