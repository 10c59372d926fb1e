package table

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"

	"plantrail/schema"
)

// distinct returns the events as rows, sorted, one of each, and how many copies
// fell away.
func (t *Table) distinct(events []schema.Event) (rows []parquet.Row, copies int) {
	all := &t.all
	for i := range events {
		rows = append(rows, all.schema.Deconstruct(nil, &events[i]))
	}
	slices.SortFunc(rows, func(a, b parquet.Row) int {
		return cmp.Or(
			all.identity(a).compare(all.identity(b)),
			bytes.Compare(all.from(a), all.from(b)),
			bytes.Compare(a[len(a)-all.raw].ByteArray(), b[len(b)-all.raw].ByteArray()),
		)
	})
	kept := slices.CompactFunc(rows, func(a, b parquet.Row) bool {
		return all.identity(a).compare(all.identity(b)) == 0
	})
	return kept, len(rows) - len(kept)
}

// A rowReader reads the rows of a partition's file in order. Rows are borrowed
// until the next call.
type rowReader struct {
	*columns
	reader *parquet.GenericReader[any]
	name   string
	batch  []parquet.Row
	next   int // in batch
	last   identity
}

// batchRows is how many rows are read at once: enough to make the cost per call
// small, few enough to stay in the processor's cache.
const batchRows = 64

func newRowReader(file *parquet.File, name string, c *columns) *rowReader {
	r := &rowReader{columns: c, name: name, reader: parquet.NewGenericReader[any](file, c.schema)}
	r.batch = make([]parquet.Row, 0, batchRows)
	return r
}

// read returns the next row, nil behind the last one.
func (r *rowReader) read() (parquet.Row, error) {
	if r.next == len(r.batch) {
		if err := undamaged(r.name, r.readBatch); err != nil {
			return nil, err
		}
		if len(r.batch) == 0 {
			return nil, nil
		}
	}
	row := r.batch[r.next]
	r.next++
	return row, r.inOrder(row)
}

// readBatch reads the next rows, none behind the last one.
func (r *rowReader) readBatch() error {
	n, err := r.reader.ReadRows(r.batch[:cap(r.batch)])
	r.batch, r.next = r.batch[:n], 0
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case n == 0 && err == nil:
		return io.ErrNoProgress
	}
	return nil
}

// undamaged calls read, which reads Parquet, and says so if the file cannot be
// read. The Parquet reader checks pages by their CRC, but trusts what the footer
// says of them; where that is damaged it may panic.
func undamaged(name string, read func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %w: %v", name, ErrDamaged, r)
		}
	}()
	if err := read(); err != nil {
		return fmt.Errorf("%s: %w: %w", name, ErrDamaged, err)
	}
	return nil
}

// inOrder checks that rows ascend: a merge of unsorted rows would lose some.
func (r *rowReader) inOrder(row parquet.Row) error {
	id := r.identity(row)
	if id.compare(r.last) < 0 {
		return fmt.Errorf("%s: %w: its rows are not sorted", r.name, ErrDamaged)
	}
	r.last = identity{
		time:    id.time,
		account: append(r.last.account[:0], id.account...),
		id:      append(r.last.id[:0], id.id...),
		name:    append(r.last.name[:0], id.name...),
		raw:     append(r.last.raw[:0], id.raw...),
	}
	return nil
}

func (r *rowReader) close() error { return r.reader.Close() }
