package table

import (
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
)

// A span is some rows of a row group, from one to before another.
type span struct{ from, to int64 }

func (s span) empty() bool { return s.from >= s.to }

const (
	// firstStep is how many rows are read first: enough for a person, who asks
	// for the newest few.
	firstStep = 256
	// lastStep is how many are read at once at most, which bounds memory. Steps
	// double up to it, so that a page is not decoded again for each of them.
	lastStep = 8192
)

// steps cuts a span into the steps in which it is read, backward for the newest
// rows first.
func (s span) steps(backward bool) iter.Seq[span] {
	return func(yield func(span) bool) {
		for size := int64(firstStep); !s.empty(); size = min(2*size, lastStep) {
			var step span
			if backward {
				step = span{max(s.from, s.to-size), s.to}
				s.to = step.from
			} else {
				step = span{s.from, min(s.to, s.from+size)}
				s.from = step.to
			}
			if !yield(step) {
				return
			}
		}
	}
}

// prune returns the rows of a row group among which those wanted are, as far as
// its statistics and its page index tell.
func (s *scan) prune(group parquet.RowGroup) (span, error) {
	rows := span{0, group.NumRows()}
	columns := group.ColumnChunks()
	leaf := func(path ...string) parquet.ColumnChunk {
		column, _ := group.Schema().Lookup(path...)
		return columns[column.ColumnIndex]
	}
	times, accounts := leaf(timeColumn), leaf(accountColumn)
	if first, last, ok := bounds(times); ok && (s.before(timeOf(last)) || s.behind(timeOf(first))) {
		return span{}, nil
	}
	if first, last, ok := bounds(accounts); ok && !s.mayBeAmong(string(first.ByteArray()), string(last.ByteArray())) && !hasNulls(accounts) {
		return span{}, nil
	}
	if s.Addenda && isNull(leaf(originalColumn()...)) {
		return span{}, nil
	}
	pages, err := times.ColumnIndex()
	if errors.Is(err, parquet.ErrMissingColumnIndex) {
		return rows, nil
	}
	if err != nil {
		return rows, err
	}
	offsets, err := times.OffsetIndex()
	if err != nil {
		return rows, err
	}
	for i := range pages.NumPages() {
		switch {
		case s.before(timeOf(pages.MaxValue(i))) && i+1 < pages.NumPages():
			rows.from = offsets.FirstRowIndex(i + 1)
		case s.behind(timeOf(pages.MinValue(i))):
			rows.to = min(rows.to, offsets.FirstRowIndex(i))
		}
	}
	return rows, nil
}

// mayBeAmong reports whether rows of accounts from first to last may be wanted.
func (q *query) mayBeAmong(first, last string) bool {
	return len(q.Accounts) == 0 || first == "" ||
		slices.ContainsFunc(q.Accounts, func(a string) bool { return first <= a && a <= last })
}

// hasNulls reports whether a column may have nulls in a row group.
func hasNulls(column parquet.ColumnChunk) bool {
	pages, err := column.ColumnIndex()
	if err != nil {
		return true
	}
	for i := range pages.NumPages() {
		if pages.NullCount(i) > 0 {
			return true
		}
	}
	return false
}

// isNull reports whether a column is known to have nothing but nulls in a row group.
func isNull(column parquet.ColumnChunk) bool {
	pages, err := column.ColumnIndex()
	if err != nil || pages.NumPages() == 0 {
		return false
	}
	for i := range pages.NumPages() {
		if !pages.NullPage(i) {
			return false
		}
	}
	return true
}

// bounds returns the least and the greatest value of a column in a row group. ok
// is false if the file does not tell.
func bounds(column parquet.ColumnChunk) (first, last parquet.Value, ok bool) {
	chunk, ok := column.(*parquet.FileColumnChunk)
	if !ok {
		return first, last, false
	}
	return chunk.Bounds()
}

func timeOf(v parquet.Value) time.Time { return time.UnixMilli(v.Int64()) }

// A groupRows reads a row group's rows, a span at a time.
type groupRows struct {
	open  func(parquet.RowGroup) (parquet.Rows, error)
	group parquet.RowGroup
	rows  parquet.Rows // nil before the first read
	at    int64        // the row that is read next
	batch [batchRows]parquet.Row
}

// read calls each for the rows of a span, in order. A row is borrowed for the
// call.
func (r *groupRows) read(s span, each func(parquet.Row) error) (err error) {
	if s.empty() {
		return nil
	}
	if r.rows == nil {
		if r.rows, err = r.open(r.group); err != nil {
			return err
		}
	}
	if r.at != s.from {
		if err := r.rows.SeekToRow(s.from); err != nil {
			return err
		}
		r.at = s.from
	}
	for r.at < s.to {
		n, err := r.rows.ReadRows(r.batch[:min(batchRows, s.to-r.at)])
		if n == 0 {
			return errors.Join(err, errors.New("rows are missing"))
		}
		for _, row := range r.batch[:n] {
			if err := each(row); err != nil {
				return err
			}
		}
		r.at += int64(n)
	}
	return nil
}

func (r *groupRows) close() error {
	if r.rows == nil {
		return nil
	}
	return r.rows.Close()
}
