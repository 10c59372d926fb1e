package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline/retry"
	"plantrail/pipeline/store"
	"plantrail/schema"
)

// A Change is what a merge did to a partition.
type Change struct {
	Added      int  // rows that were not there before
	Duplicates int  // copies of an event from another log file, of which one was kept
	Differing  int  // of the duplicates, those that say something else than the copy beside them
	Written    bool // whether the file was replaced

	Rows, Size int64 // of the file, which may be another's by now
}

// merges returns how a merge is done again because another writer was faster.
// Each time at least one writer of the partition gets through, so it takes
// hundreds of them on one partition to come to the end of the attempts.
func merges() retry.Policy {
	return retry.Policy{Attempts: 100, Step: 50 * time.Millisecond, Most: time.Second}
}

// Merge adds events to a partition, to which all of them must belong.
func (t *Table) Merge(ctx context.Context, partition string, events []schema.Event) (Change, error) {
	return t.MergeNoted(ctx, partition, events, func([]*schema.Event) error { return nil })
}

// MergeNoted adds events to a partition as [Table.Merge] does. note is told which of
// them become rows that were not there, before they do. Where another writer is
// faster it is told anew, and the last time counts.
func (t *Table) MergeNoted(ctx context.Context, partition string, events []schema.Event, note func(added []*schema.Event) error) (Change, error) {
	fresh, copies := distinct(events)
	var change Change
	err := t.merges.Do(ctx, store.IsChanged, func() (err error) {
		change, err = t.mergeOnce(ctx, partition, fresh, note)
		if store.IsChanged(err) {
			t.refused.Store(true)
		}
		return err
	})
	if err != nil {
		return Change{}, err
	}
	change.Duplicates += copies.Duplicates
	change.Differing += copies.Differing
	return change, nil
}

func (t *Table) mergeOnce(
	ctx context.Context, partition string, events []*schema.Event, note func([]*schema.Event) error,
) (change Change, err error) {
	key := t.fileKey(partition)
	old, err := t.openPartition(ctx, key)
	if err != nil {
		return Change{}, err
	}
	defer func() { err = errors.Join(err, old.close()) }()

	fresh, added, change, err := t.fresh(old, events)
	if err != nil {
		return Change{}, err
	}
	if err := note(added); err != nil {
		return Change{}, err
	}
	change.Rows, change.Size = old.rows()+int64(change.Added), old.size()
	if len(fresh) == 0 && !old.outdated() {
		return change, nil
	}
	if change.Size, err = t.replace(ctx, key, old, fresh); err != nil {
		return Change{}, err
	}
	change.Written = true
	return change, nil
}

// replace puts a file with the partition's rows and fresh ones in place of the
// partition's, if that is still as it was, and returns its size.
func (t *Table) replace(ctx context.Context, key string, old *partition, fresh []*schema.Event) (size int64, err error) {
	out, err := store.TempFile()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := t.write(out, old, fresh); err != nil {
		return 0, err
	}
	info, err := out.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), t.location.Put(ctx, key, out, info.Size(), old.etag)
}

// A partition is a partition's file as it was when a merge began; without a
// file, it has no rows.
type partition struct {
	name  string
	etag  string
	file  *store.File
	table *parquet.File
}

func (t *Table) openPartition(ctx context.Context, key string) (*partition, error) {
	p := &partition{name: t.location.URI(key)}
	file, err := t.location.Open(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.file, p.etag = file, file.ETag
	err = undamaged(p.name, func() error {
		p.table, err = parquet.OpenFile(file, file.Size)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if err := checkVersion(p.table, p.name); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

// checkVersion refuses a file that this program did not write, or that a later
// version wrote.
func checkVersion(file *parquet.File, name string) error {
	text, _ := file.Lookup(versionKey)
	switch version, err := strconv.Atoi(text); {
	case err != nil:
		return fmt.Errorf("%s: %w: it does not say its %s", name, errDamagedFile, versionKey)
	case version > schema.Version, layoutOf(file) > layout:
		return fmt.Errorf("%s: %w", name, ErrNewer)
	case version < 1, !parquet.SameNodes(file.Schema(), schema.ParquetOf(version)):
		return fmt.Errorf("%s: %w: its columns are not this table's: it is not from plantrail", name, errDamagedFile)
	}
	return nil
}

// layoutOf returns a file's layout.
func layoutOf(file *parquet.File) int {
	text, _ := file.Lookup(layoutKey)
	n, err := strconv.Atoi(text)
	if err != nil {
		return 1 // it has no mark
	}
	return n
}

// versionOf returns a file's schema version, 0 if it says none.
func versionOf(file *parquet.File) int {
	text, _ := file.Lookup(versionKey)
	n, _ := strconv.Atoi(text)
	return n
}

// outdated reports whether a file is of an earlier layout or schema version.
func (p *partition) outdated() bool {
	return p.table != nil && outdatedBy(layoutOf(p.table), versionOf(p.table)) != nil
}

func (p *partition) size() int64 {
	if p.file == nil {
		return 0
	}
	return p.file.Size
}

func (p *partition) close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}

// fresh returns the events that the partition lacks, or that win over its row of the
// same event: of copies from several log files by [rank]; of one log file, what it
// says now. So rows do not depend on the order in which log files are read, only on
// what they hold. Those that it lacks are added.
func (t *Table) fresh(p *partition, events []*schema.Event) (fresh, added []*schema.Event, change Change, err error) {
	if p.table == nil {
		return events, events, Change{Added: len(events)}, nil
	}
	for _, event := range events {
		if event.EventID == nil || *event.EventID == "" {
			return t.freshBy(&t.all, p, events) // such an event is told apart by its record
		}
	}
	fresh, added, change, err = t.freshBy(&t.key, p, events)
	if errors.Is(err, errRecord) {
		return t.freshBy(&t.all, p, events)
	}
	return fresh, added, change, err
}

// errRecord says that records must be compared, which the columns do not have.
var errRecord = errors.New("records must be compared")

func (t *Table) freshBy(c *columns, p *partition, events []*schema.Event) (fresh, added []*schema.Event, change Change, err error) {
	old := newRowReader(p.table, p.name, c)
	defer func() { err = errors.Join(err, old.close()) }()
	have, err := old.read()
	var id identity
	for _, event := range events {
		id.set(event)
		for err == nil && have != nil && old.identity(have).compare(id) < 0 {
			have, err = old.read()
		}
		if err != nil {
			return nil, nil, Change{}, err
		}
		if have == nil || old.identity(have).compare(id) != 0 {
			fresh, added = append(fresh, event), append(added, event)
			change.Added++
			continue
		}
		if c.raw == 0 {
			return nil, nil, Change{}, errRecord
		}
		ours, there := rankOf(event), c.rank(have)
		differs := string(event.RawEvent) != string(have[len(have)-c.raw].ByteArray())
		if bytes.Equal(ours.logFile, there.logFile) { // the log file was read before
			if differs {
				fresh = append(fresh, event)
			}
			continue
		}
		if change.Duplicates++; differs {
			change.Differing++
		}
		if ours.compare(there) < 0 {
			fresh = append(fresh, event)
		}
	}
	return fresh, added, change, nil
}

// write merges the partition's rows and fresh ones, which win, into out.
func (t *Table) write(out *os.File, p *partition, fresh []*schema.Event) (err error) {
	w, err := newWriter(t.all.schema, t.version)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	var id identity // of the first fresh event
	next := func() {
		if fresh = fresh[1:]; len(fresh) > 0 {
			id.set(fresh[0])
		}
	}
	if p.table != nil {
		all := &t.all
		old := newRowReader(p.table, p.name, all)
		defer func() { err = errors.Join(err, old.close()) }()
		if len(fresh) > 0 {
			id.set(fresh[0])
		}
		for {
			have, err := old.read()
			if err != nil {
				return err
			}
			if have == nil {
				break
			}
			order := 1
			for len(fresh) > 0 {
				if order = id.compare(all.identity(have)); order >= 0 {
					break
				}
				if err := w.event(fresh[0]); err != nil {
					return err
				}
				next()
			}
			if len(fresh) > 0 && order == 0 {
				err = w.event(fresh[0])
				next()
			} else {
				err = w.write(have)
			}
			if err != nil {
				return err
			}
		}
	}
	for _, event := range fresh {
		if err := w.event(event); err != nil {
			return err
		}
	}
	return w.finish(out)
}
