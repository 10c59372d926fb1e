package soak

import (
	"bytes"
	"context"
	"fmt"
	"path"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// EventIDs returns how many rows of the table each event has.
func (f Files) EventIDs(ctx context.Context) (map[string]int, error) {
	rows := map[string]int{}
	for name, body := range f {
		if path.Ext(name) != ".parquet" {
			continue
		}
		if err := countIDs(ctx, body, rows); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	return rows, nil
}

// countIDs counts the event IDs of one Parquet file. Arrow panics on some
// damaged files.
func countIDs(ctx context.Context, body []byte, rows map[string]int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	reader, err := file.NewParquetReader(bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer reader.Close() // only reads memory
	columns, err := pqarrow.NewFileReader(reader, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	all, err := columns.ReadTable(ctx)
	if err != nil {
		return err
	}
	defer all.Release()
	for _, at := range all.Schema().FieldIndices("eventid") {
		for _, chunk := range all.Column(at).Data().Chunks() {
			ids, ok := chunk.(*array.String)
			if !ok {
				return fmt.Errorf("eventid is of type %s", chunk.DataType())
			}
			for i := range ids.Len() {
				rows[ids.Value(i)]++
			}
		}
	}
	return nil
}

// Compare returns the events of want that the table lacks, and those that it has
// more than once.
func Compare(rows map[string]int, want []string) (lost, doubled []string) {
	for _, id := range want {
		switch n := rows[id]; {
		case n == 0:
			lost = append(lost, id)
		case n > 1:
			doubled = append(doubled, id)
		}
	}
	return lost, doubled
}
