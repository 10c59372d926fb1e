package table

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync/atomic"

	"plantrail/pipeline/retry"
	"plantrail/pipeline/store"
	"plantrail/schema"
)

const (
	// metaName describes the table. Readers skip names that begin with '_'.
	metaName = "_plantrail/table.json"
	fileName = "events.parquet"
)

var (
	// ErrNewer says that a later version of the program wrote the table.
	ErrNewer = errors.New("written by a newer plantrail: upgrade this one")
	// ErrScheme says that the table is partitioned in another way.
	ErrScheme = errors.New("partitioned differently")
	// ErrUnconditional says that the store takes no notice of the condition of a
	// put, so that two runs could overwrite each other's rows.
	ErrUnconditional = errors.New("the store ignores conditional puts: a table cannot be kept there safely; use another store")
	// ErrOverwritten says that the store let another run overwrite what it had
	// accepted.
	ErrOverwritten = errors.New("the store let another run overwrite rows that were just written: use a store with atomic conditional puts, " +
		"or let one run at a time write the table, and run again: the rows are read again")
	// ErrTrail says that a new table would be among a trail's log files.
	ErrTrail = errors.New("not a place for a table")
	// ErrDamaged says that a file of the table cannot be read. It is left as it
	// is.
	ErrDamaged = errors.New("damaged")
)

// What to do about it depends on the file: rows are read again from the log files, a
// document takes with it what the states rest on.
var (
	errDamagedFile     = fmt.Errorf("%w: restore it from a backup, or delete it and run with --repair", ErrDamaged)
	errDamagedDocument = fmt.Errorf("%w: restore it from a backup, or delete it and _plantrail/state, and run again", ErrDamaged)
)

// A SchemeError is an [ErrScheme] that says how the table is partitioned.
type SchemeError struct{ Have, Want Scheme }

// Error implements error.
func (e *SchemeError) Error() string {
	return fmt.Sprintf("%s: by %s, not by %s", ErrScheme, e.Have, e.Want)
}

// Unwrap returns [ErrScheme].
func (e *SchemeError) Unwrap() error { return ErrScheme }

// A Table is a table open for merging. Its methods may be called from several
// goroutines, and from several processes on one table.
type Table struct {
	location store.Location
	scheme   Scheme
	version  string
	all, key columns // of whole rows, and of those that only identify
	meta     meta    // as it is written
	outdated error   // what is wrong if files may be of an earlier layout or version
	merges   retry.Policy
	refused  atomic.Bool // whether another writer was faster once
}

// meta is the content of table.json.
type meta struct {
	SchemaVersion int    `json:"schema_version"`
	Partition     Scheme `json:"partition"`
	// Layout is that of all files, or an earlier one of some: see layout.
	Layout int `json:"layout,omitempty"`
	// Puts is provenPuts where the store has been tried: see checkStore.
	Puts int `json:"puts,omitempty"`
	// Probe makes a description that is put to try the store unlike any other.
	Probe string `json:"probe,omitempty"`
}

// Open opens a table, or begins one if there is none. version is that of the
// program, for the files' metadata. An error means that nothing can be written:
// the table is newer, partitioned differently, or the place refuses.
func Open(ctx context.Context, location store.Location, scheme Scheme, version string) (*Table, error) {
	if dir, ok := location.Store.(*store.Dir); ok {
		if err := dir.Sweep(location.URL.Prefix); err != nil {
			return nil, fmt.Errorf("open table %s: %w", location.URL, err)
		}
	}
	t := &Table{location: location, scheme: scheme, version: version, all: allColumns(), key: keyColumns(), merges: merges()}
	err := t.check(ctx)
	if errors.Is(err, store.ErrNotFound) {
		if err = t.begin(ctx); errors.Is(err, store.ErrChanged) {
			err = t.check(ctx) // another run began it just now
		}
	}
	if err == nil {
		err = t.checkPut(ctx)
	}
	if err == nil {
		err = t.checkStore(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w", location.URL, err)
	}
	return t, nil
}

// checkPut tries to write the description as if there were none. The store must
// refuse that: because it is there, not because it must not be written.
func (t *Table) checkPut(ctx context.Context) error {
	switch err := t.putMeta(ctx, ""); {
	case err == nil:
		return fmt.Errorf("it puts a file whatever If-None-Match says: %w", ErrUnconditional)
	case errors.Is(err, store.ErrChanged):
		return nil
	default:
		return err
	}
}

// check compares the table's description with what is asked for.
func (t *Table) check(ctx context.Context) error {
	m, err := readMeta(ctx, t.location)
	t.meta, t.outdated = m, nil
	if err == nil {
		t.outdated = outdatedBy(m.Layout, m.SchemaVersion)
	}
	if err == nil && m.Partition != t.scheme {
		err = &SchemeError{Have: m.Partition, Want: t.scheme}
	}
	return err
}

// readMeta reads a table's description. The error wraps [store.ErrNotFound] if
// there is none.
func readMeta(ctx context.Context, location store.Location) (m meta, err error) {
	text, err := location.Get(ctx, location.Key(metaName), nil)
	if err != nil {
		return m, err
	}
	return parseMeta(location, text)
}

func parseMeta(location store.Location, text []byte) (m meta, err error) {
	if err := json.Unmarshal(text, &m); err != nil || m.SchemaVersion == 0 {
		return m, fmt.Errorf("%s: %w: it should say schema_version and partition", location.URI(location.Key(metaName)), errDamagedDocument)
	}
	if m.SchemaVersion > schema.Version || m.Layout > layout {
		return m, fmt.Errorf("%w (schema version %d, layout %d; this one knows %d and %d)",
			ErrNewer, m.SchemaVersion, m.Layout, schema.Version, layout)
	}
	return m, nil
}

// begin writes the table's description, and so finds out whether the place can
// be written at all.
func (t *Table) begin(ctx context.Context) error {
	if err := t.checkFolders(ctx); err != nil {
		return err
	}
	if err := t.beginContents(ctx); err != nil {
		return err
	}
	t.meta = t.newest()
	return t.putMeta(ctx, "")
}

// newest returns the description of a table whose files are all of this layout.
func (t *Table) newest() meta {
	return meta{SchemaVersion: schema.Version, Partition: t.scheme, Layout: layout, Puts: t.meta.Puts}
}

// putMeta writes the table's description in place of that with an ETag, or where
// there is none.
func (t *Table) putMeta(ctx context.Context, etag string) error {
	text, err := t.newest().text()
	if err != nil {
		return err
	}
	return t.location.Put(ctx, t.location.Key(metaName), bytes.NewReader(text), int64(len(text)), etag)
}

// text returns the description as it is written.
func (m meta) text() ([]byte, error) {
	text, err := json.Marshal(m)
	return append(text, '\n'), err
}

// checkFolders refuses a place that holds a trail, or partitions of another
// scheme, but has lost its description.
func (t *Table) checkFolders(ctx context.Context) error {
	for page, err := range t.location.List(ctx, store.Range{Prefix: t.location.Key(""), Shallow: true}) {
		if err != nil {
			return err
		}
		for _, folder := range page.Folders {
			if path.Base(folder) == "AWSLogs" {
				return fmt.Errorf("%w: it holds AWSLogs, where a trail delivers: give the table a place of its own", ErrTrail)
			}
			column, _, found := strings.Cut(path.Base(folder), "=")
			if found && strings.HasPrefix(column, "event") && column != t.scheme.Column() {
				return fmt.Errorf("%w: it holds %s", &SchemeError{Have: Scheme(strings.TrimPrefix(column, "event")), Want: t.scheme}, path.Base(folder))
			}
		}
	}
	return nil
}

// Partition names the partition that an event belongs to.
func (t *Table) Partition(event *schema.Event) string { return t.scheme.Partition(event.EventTime) }

func (t *Table) fileKey(partition string) string {
	return t.location.Key(partition + "/" + fileName)
}
