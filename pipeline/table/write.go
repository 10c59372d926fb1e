package table

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/parquet-go/parquet-go"

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
)

// layout numbers how a file says the same rows: the encodings, the statistics and
// the page index. A file of an earlier one is replaced, see [Table.Upgrade].
//
//   - 1 has no mark. Its page index says of JSON columns that all pages hold only
//     empty texts, its texts without a dictionary are DELTA_LENGTH_BYTE_ARRAY, and
//     its integers and booleans have a length.
//   - 2 is what a [finisher] makes.
const layout = 2

// A writer writes rows, given in order, as a file of the table.
type writer struct {
	raw     *os.File // what the Parquet writer makes of them, before it is finished
	buffer  *bufio.Writer
	parquet *parquet.GenericWriter[any]
	row     [1]parquet.Row
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
		parquet.MaxRowsPerRowGroup(rowGroupRows),
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
	buffer := bufio.NewWriterSize(raw, 1<<20)
	return &writer{raw: raw, buffer: buffer, parquet: parquet.NewGenericWriter[any](buffer, options...)}, nil
}

// write adds one row. Rows go to the Parquet writer one by one, because it ends
// pages between calls: so where a page ends depends on the rows alone.
func (w *writer) write(row parquet.Row) error {
	w.row[0] = row
	if _, err := w.parquet.WriteRows(w.row[:]); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	return nil
}

// finish writes the file to out.
func (w *writer) finish(out io.Writer) error {
	if err := errors.Join(w.parquet.Close(), w.buffer.Flush()); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	info, err := w.raw.Stat()
	if err == nil {
		err = finish(out, w.raw, info.Size())
	}
	if err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	return nil
}

// close gives the temporary space back, finished or not.
func (w *writer) close() error { return w.raw.Close() }
