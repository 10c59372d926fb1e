package inventory

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline/store"
)

// batchRows is how many values of each column are decoded at a time.
const batchRows = 1024

// readParquet adds the current objects of a Parquet file. Of each row group it
// reads the needed columns only, side by side and page by page.
func readParquet(r io.ReaderAt, size int64, add func(store.Object) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not a Parquet file that can be read: %v", r)
		}
	}()
	f, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	var names []string
	for _, path := range f.Schema().Columns() {
		names = append(names, path[0])
	}
	c, err := newColumns(names)
	if err != nil {
		return err
	}
	classes := map[string]string{}
	for _, group := range f.RowGroups() {
		if err := readGroup(group, c, classes, add); err != nil {
			return err
		}
	}
	return nil
}

// readGroup reads a row group. Classes are few, so one string of each is kept.
func readGroup(group parquet.RowGroup, c columns, classes map[string]string, add func(store.Object) error) (err error) {
	var all []*column
	defer func() {
		for _, column := range all {
			err = errors.Join(err, column.close())
		}
	}()
	open := func(at int, kind parquet.Kind) *column {
		if at < 0 || err != nil {
			return nil
		}
		var opened *column
		if opened, err = openColumn(group.ColumnChunks()[at], kind, group.Schema().Columns()[at][0]); err == nil {
			all = append(all, opened)
		}
		return opened
	}
	key, size, etag := open(c.key, parquet.ByteArray), open(c.size, parquet.Int64), open(c.etag, parquet.ByteArray)
	class, tier := open(c.class, parquet.ByteArray), open(c.tier, parquet.ByteArray)
	latest, marker := open(c.latest, parquet.Boolean), open(c.marker, parquet.Boolean)
	if err != nil {
		return err
	}
	intern := func(text []byte) string {
		if known, ok := classes[string(text)]; ok {
			return known
		}
		classes[string(text)] = string(text)
		return string(text)
	}
	for row := range group.NumRows() {
		for _, column := range all {
			if err := column.next(); err != nil {
				return fmt.Errorf("column %s, row %d: %w", column.name, row+1, err)
			}
		}
		if !latest.boolean(true) || marker.boolean(false) {
			continue
		}
		if size.value.IsNull() || size.value.Int64() < 0 {
			return fmt.Errorf("key %q: there is no size", key.bytes())
		}
		if err := add(store.Object{
			Key: string(key.bytes()), Size: size.value.Int64(), ETag: etagOf(string(etag.bytes())),
			StorageClass: classOf(intern(class.bytes()), intern(tier.bytes())),
		}); err != nil {
			return err
		}
	}
	return nil
}

// A column goes through the values of a column of one row group. A nil column
// has nulls only.
type column struct {
	name   string
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	batch  []parquet.Value
	left   []parquet.Value // of the batch
	value  parquet.Value   // valid until next is called
}

var errKind = errors.New("is not of the type that S3 Inventory gives it")

func openColumn(chunk parquet.ColumnChunk, kind parquet.Kind, name string) (*column, error) {
	if chunk.Type().Kind() != kind {
		return nil, fmt.Errorf("column %s %w", name, errKind)
	}
	return &column{name: name, pages: chunk.Pages(), batch: make([]parquet.Value, batchRows)}, nil
}

func (c *column) next() error {
	for len(c.left) == 0 {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if err != nil {
				return short(err)
			}
			c.page, c.values = page, page.Values()
		}
		n, err := c.values.ReadValues(c.batch)
		c.left = c.batch[:n]
		if n == 0 && errors.Is(err, io.EOF) {
			parquet.Release(c.page)
			c.page, c.values = nil, nil
		} else if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	c.value, c.left = c.left[0], c.left[1:]
	return nil
}

// short makes an error of an end that comes too early.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (c *column) bytes() []byte {
	if c == nil || c.value.IsNull() {
		return nil
	}
	return c.value.ByteArray()
}

func (c *column) boolean(otherwise bool) bool {
	if c == nil || c.value.IsNull() {
		return otherwise
	}
	return c.value.Boolean()
}

func (c *column) close() error {
	if c.page != nil {
		parquet.Release(c.page)
	}
	return c.pages.Close()
}
