package table

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"plantrail/pipeline/store"
	"plantrail/schema"
)

const (
	versionKey = "plantrail.schema_version"
	layoutKey  = "plantrail.layout"
	programKey = "plantrail.version"
	// rowGroupRows is how many rows a row group has. Readers skip by row group;
	// the writer holds one, compressed, in memory.
	rowGroupRows = 100_000
	// rowGroupPages is how many bytes of compressed pages end a row group earlier:
	// more than 100,000 ordinary rows have.
	rowGroupPages = 32 << 20
	// rowGroupTerms is how many bytes of values in columns with a dictionary do:
	// if no two were the same, the writer would hold them all.
	rowGroupTerms = 64 << 20
)

// layout numbers how a file says the same rows: the encodings, the statistics and
// the page index. A file of an earlier one is replaced, see [Table.Upgrade].
//
//   - 1 has no mark. Its page index says of JSON columns that all pages hold only
//     empty texts, its texts without a dictionary are DELTA_LENGTH_BYTE_ARRAY, and
//     its integers and booleans have a length.
//   - 2 is what a [finisher] makes.
const layout = 2

// A writer writes rows, given in order, as a file of the table. Its memory is
// bounded by what ends a row group, and by the longest row.
type writer struct {
	raw        *os.File // what the Parquet writer makes of them, before it is finished
	buffer     *bufio.Writer
	parquet    *parquet.GenericWriter[any]
	schema     *parquet.Schema
	dictionary []bool // by column
	row        [1]parquet.Row
	fresh      parquet.Row // memory for an event's row
	pages      pageCount
	terms      int64         // bytes of values in columns with a dictionary, of the row group
	rows       int           // of the row group
	bounds     []groupBounds // by row group
}

func newWriter(rows *parquet.Schema, version string) (*writer, error) {
	raw, err := store.TempFile()
	if err != nil {
		return nil, err
	}
	options := []parquet.WriterOption{
		rows,
		parquet.Compression(&parquet.Zstd),
		parquet.DataPageVersion(1), // Athena's and older readers' common ground
		parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.Plain),
		parquet.DataPageStatistics(false), // see finisher
		parquet.ColumnIndexSizeLimit(func([]string) int { return rawIndexBound }),
		parquet.CreatedBy("plantrail", version, ""),
		parquet.KeyValueMetadata(versionKey, strconv.Itoa(schema.Version)),
		parquet.KeyValueMetadata(layoutKey, strconv.Itoa(layout)),
		parquet.KeyValueMetadata(programKey, version),
		parquet.SortingWriterConfig(parquet.SortingColumns(
			parquet.Ascending("eventtime"),
			parquet.NullsFirst(parquet.Ascending("recipientaccountid")), parquet.NullsFirst(parquet.Ascending("eventid")),
		)),
	}
	for _, path := range schema.LongText() {
		options = append(options, parquet.SkipPageBounds(path...)) // see textBound
	}
	w := &writer{raw: raw, buffer: bufio.NewWriterSize(raw, 1<<20), schema: rows, dictionary: withDictionary(rows)}
	w.pages.BufferPool = parquet.NewBufferPool()
	w.parquet = parquet.NewGenericWriter[any](w.buffer, append(options, parquet.ColumnPageBuffers(&w.pages))...)
	return w, nil
}

// withDictionary tells which columns have a dictionary.
func withDictionary(s *parquet.Schema) []bool {
	var columns []bool
	for _, path := range s.Columns() {
		leaf, _ := s.Lookup(path...)
		encoding := leaf.Node.Encoding()
		columns = append(columns, encoding != nil && encoding.Encoding() == format.RLEDictionary)
	}
	return columns
}

// pageCount is page buffers that count what is written to them.
type pageCount struct {
	parquet.BufferPool
	size int64
}

type countedBuffer struct {
	io.ReadWriteSeeker
	count *pageCount
}

// GetBuffer implements [parquet.BufferPool].
func (p *pageCount) GetBuffer() io.ReadWriteSeeker {
	return &countedBuffer{p.BufferPool.GetBuffer(), p}
}

// PutBuffer implements [parquet.BufferPool].
func (p *pageCount) PutBuffer(b io.ReadWriteSeeker) {
	if counted, ok := b.(*countedBuffer); ok {
		p.BufferPool.PutBuffer(counted.ReadWriteSeeker)
	}
}

// Write implements [io.Writer].
func (b *countedBuffer) Write(p []byte) (int, error) {
	n, err := b.ReadWriteSeeker.Write(p)
	b.count.size += int64(n)
	return n, err
}

// event adds the row of an event.
func (w *writer) event(e *schema.Event) error {
	w.fresh = w.schema.Deconstruct(w.fresh[:0], e)
	return w.write(w.fresh)
}

// write adds one row. Rows go to the Parquet writer one by one, because it ends
// pages between calls: so where a page ends depends on the rows alone.
func (w *writer) write(row parquet.Row) error {
	w.row[0] = row
	if _, err := w.parquet.WriteRows(w.row[:]); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	if w.rows == 0 {
		w.bounds = append(w.bounds, newGroupBounds(w.schema))
	}
	bounds := w.bounds[len(w.bounds)-1]
	for _, value := range row {
		if b := bounds[value.Column()]; b != nil && !value.IsNull() {
			b.add(value.ByteArray())
		}
		if w.dictionary[value.Column()] && value.Kind() == parquet.ByteArray {
			w.terms += int64(len(value.ByteArray()))
		}
	}
	if w.rows++; w.rows >= rowGroupRows || w.pages.size >= rowGroupPages || w.terms >= rowGroupTerms {
		return w.endGroup()
	}
	return nil
}

// endGroup ends a row group. Where one ends, too, depends on the rows alone.
func (w *writer) endGroup() error {
	if err := w.parquet.Flush(); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	w.rows, w.terms, w.pages.size = 0, 0, 0
	return nil
}

// finish writes the file to out.
func (w *writer) finish(out io.Writer) error {
	if err := errors.Join(w.parquet.Close(), w.buffer.Flush()); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	info, err := w.raw.Stat()
	if err == nil {
		err = finish(out, w.raw, info.Size(), w.bounds)
	}
	if err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	return nil
}

// close gives the temporary space back, finished or not.
func (w *writer) close() error { return w.raw.Close() }
