package table

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"plantrail/schema"
)

const (
	versionKey = "plantrail.schema_version"
	programKey = "plantrail.version"
	// rowGroupRows is how many rows a row group has. Readers skip by row group;
	// the writer holds one, compressed, in memory.
	rowGroupRows = 100_000
)

// A writer writes rows, given in order, as a file of the table.
type writer struct {
	buffer  *bufio.Writer
	parquet *parquet.GenericWriter[any]
	row     [1]parquet.Row
}

func newWriter(out io.Writer, rows *parquet.Schema, version string) *writer {
	options := []parquet.WriterOption{
		rows,
		parquet.Compression(&parquet.Zstd),
		parquet.DataPageVersion(1), // Athena's and older readers' common ground
		parquet.MaxRowsPerRowGroup(rowGroupRows),
		parquet.CreatedBy("plantrail", version, ""),
		parquet.KeyValueMetadata(versionKey, strconv.Itoa(schema.Version)),
		parquet.KeyValueMetadata(programKey, version),
		parquet.SortingWriterConfig(parquet.SortingColumns(
			parquet.Ascending("eventtime"),
			parquet.NullsFirst(parquet.Ascending("recipientaccountid")), parquet.NullsFirst(parquet.Ascending("eventid")),
		)),
	}
	for _, path := range schema.LongText() {
		options = append(options, parquet.SkipPageBounds(path...))
	}
	buffer := bufio.NewWriterSize(out, 1<<20)
	return &writer{buffer: buffer, parquet: parquet.NewGenericWriter[any](buffer, options...)}
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

func (w *writer) close() error {
	if err := errors.Join(w.parquet.Close(), w.buffer.Flush()); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	return nil
}
