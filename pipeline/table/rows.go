package table

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"

	"plantrail/schema"
)

// distinct returns the events sorted, one of each, and what fell away.
//
// They become rows one by one when they are written: a row takes as much memory
// again.
func distinct(events []schema.Event) (kept []*schema.Event, copies Change) {
	all := make([]*schema.Event, len(events))
	for i := range events {
		all[i] = &events[i]
	}
	slices.SortFunc(all, func(a, b *schema.Event) int { return cmp.Or(compareEvents(a, b), compareCopies(a, b)) })
	for _, event := range all {
		if len(kept) == 0 || compareEvents(kept[len(kept)-1], event) != 0 {
			kept = append(kept, event)
			continue
		}
		copies.Duplicates++
		if event.RawEvent != kept[len(kept)-1].RawEvent {
			copies.Differing++
		}
	}
	return kept, copies
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
	pages  pageEnds
	lacks  bool // the file is of schema version 1, which has no eventcontext
}

// batchRows is how many rows are read at once: enough to make the cost per call
// small, few enough to stay in the processor's cache.
const batchRows = 64

// pageEnds tells where the pages of the longest column end. A batch of rows that
// are a page each would hold all of those pages.
type pageEnds struct {
	groups []parquet.RowGroup // that are still to come
	first  int64              // row of the group that ends belongs to
	ends   []int64            // rows behind which a page ends, of that group
	at     int64              // the next row
}

// rows returns how many rows of one page may be read at once.
func (p *pageEnds) rows() (int64, error) {
	for len(p.ends) == 0 && len(p.groups) > 0 {
		group := p.groups[0]
		leaf, ok := group.Schema().Lookup(rawColumn)
		if !ok {
			return 0, errors.New("it has no column " + rawColumn)
		}
		offsets, err := group.ColumnChunks()[leaf.ColumnIndex].OffsetIndex()
		if err != nil {
			return 0, err
		}
		for i := 1; i < offsets.NumPages(); i++ {
			p.ends = append(p.ends, p.first+offsets.FirstRowIndex(i))
		}
		p.first += group.NumRows()
		p.ends = append(p.ends, p.first)
		p.groups = p.groups[1:]
	}
	if len(p.ends) == 0 {
		return batchRows, nil
	}
	return max(1, min(batchRows, p.ends[0]-p.at)), nil
}

// read takes in how many rows were read.
func (p *pageEnds) read(n int) {
	p.at += int64(n)
	for len(p.ends) > 0 && p.ends[0] <= p.at {
		p.ends = p.ends[1:]
	}
}

func newRowReader(file *parquet.File, name string, c *columns) *rowReader {
	r := &rowReader{columns: c, name: name, reader: parquet.NewGenericReader[any](file, c.schema)}
	r.pages.groups = file.RowGroups()
	r.lacks = versionOf(file) < 2
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
	if r.lacks && r.context > 0 {
		r.addContext(row)
	}
	r.dropEarly(row)
	return row, r.inOrder(row)
}

// addContext makes the column eventcontext of the record.
func (r *rowReader) addContext(row parquet.Row) {
	if json := schema.EventContextOf(row[len(row)-r.raw].ByteArray()); json != nil {
		row[r.context] = parquet.ByteArrayValue([]byte(*json)).Level(0, 1, r.context)
	}
}

// dropEarly makes times before [schema.FirstTime] null, which earlier programs took.
func (r *rowReader) dropEarly(row parquet.Row) {
	for _, place := range r.times {
		v := &row[len(row)-place]
		if !v.IsNull() && v.Int64() < schema.FirstTime {
			*v = parquet.NullValue().Level(0, v.DefinitionLevel()-1, v.Column())
		}
	}
}

// readBatch reads the next rows, none behind the last one.
func (r *rowReader) readBatch() error {
	size, err := r.pages.rows()
	if err != nil {
		return err
	}
	n, err := r.reader.ReadRows(r.batch[:size])
	r.batch, r.next = r.batch[:n], 0
	r.pages.read(n)
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
			err = fmt.Errorf("%s: %w: %v", name, errDamagedFile, r)
		}
	}()
	if err := read(); err != nil {
		return fmt.Errorf("%s: %w: %w", name, errDamagedFile, err)
	}
	return nil
}

// inOrder checks that rows ascend: a merge of unsorted rows would lose some.
func (r *rowReader) inOrder(row parquet.Row) error {
	id := r.identity(row)
	if id.compare(r.last) < 0 {
		return fmt.Errorf("%s: %w: its rows are not sorted", r.name, errDamagedFile)
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
