package table_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"plantrail/schema"
)

// A claimant is one column of one row group, with its values and what the file
// says of them.
type claimant struct {
	name    string
	chunk   *format.ColumnChunk
	typ     parquet.Type
	index   format.ColumnIndex
	offsets format.OffsetIndex
	headers []format.PageHeader // of data pages
	values  [][]parquet.Value   // by page
	rows    []int64             // by page, where it begins
}

// claimants reads a file by its footer, its page headers and its values.
func claimants(t *testing.T, body []byte) []*claimant {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var all []*claimant
	for g, group := range file.RowGroups() {
		meta := &file.Metadata().RowGroups[g]
		for i, column := range group.ColumnChunks() {
			c := &claimant{chunk: &meta.Columns[i], typ: column.Type()}
			c.name = fmt.Sprintf("row group %d, %s", g, strings.Join(c.chunk.MetaData.PathInSchema, "."))
			unmarshal(t, body, c.chunk.ColumnIndexOffset, c.chunk.ColumnIndexLength, &c.index)
			unmarshal(t, body, c.chunk.OffsetIndexOffset, c.chunk.OffsetIndexLength, &c.offsets)
			c.readHeaders(t, body)
			c.readValues(t, column)
			all = append(all, c)
		}
	}
	return all
}

func unmarshal(t *testing.T, body []byte, at int64, size int32, to any) {
	t.Helper()
	if at == 0 || size == 0 {
		t.Fatal("a column has no page index")
	}
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), body[at:at+int64(size)], to); err != nil {
		t.Fatal(err)
	}
}

func (c *claimant) readHeaders(t *testing.T, body []byte) {
	t.Helper()
	from := c.chunk.MetaData.DataPageOffset
	if c.chunk.MetaData.DictionaryPageOffset > 0 {
		from = c.chunk.MetaData.DictionaryPageOffset
	}
	end := from + c.chunk.MetaData.TotalCompressedSize
	var uncompressed int64
	for at := from; at < end; {
		in := bytes.NewReader(body[at:end])
		var header format.PageHeader
		if err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(in)).Decode(&header); err != nil {
			t.Fatalf("%s: page header at %d: %v", c.name, at, err)
		}
		head := in.Size() - int64(in.Len())
		size := head + int64(header.CompressedPageSize)
		uncompressed += head + int64(header.UncompressedPageSize)
		if header.Type == format.DataPage {
			location := c.offsets.PageLocations[len(c.headers)]
			if location.Offset != at || int64(location.CompressedPageSize) != size {
				t.Errorf("%s: the offset index says %+v of a page at %d of %d bytes", c.name, location, at, size)
			}
			c.headers = append(c.headers, header)
		}
		at += size
	}
	if uncompressed != c.chunk.MetaData.TotalUncompressedSize {
		t.Errorf("%s: %d bytes uncompressed, the footer says %d", c.name, uncompressed, c.chunk.MetaData.TotalUncompressedSize)
	}
}

func (c *claimant) readValues(t *testing.T, column parquet.ColumnChunk) {
	t.Helper()
	pages := column.Pages()
	defer func() {
		if err := pages.Close(); err != nil {
			t.Error(err)
		}
	}()
	var row int64
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		values := make([]parquet.Value, page.NumValues())
		if n, err := page.Values().ReadValues(values); n != len(values) || err != nil && !errors.Is(err, io.EOF) {
			t.Fatalf("%s: %d of %d values: %v", c.name, n, len(values), err)
		}
		for i, v := range values {
			values[i] = v.Clone()
		}
		c.values, c.rows = append(c.values, values), append(c.rows, row)
		row += page.NumRows()
	}
}

// check compares everything that the file says of the column's values with them.
func (c *claimant) check(t *testing.T) {
	t.Helper()
	meta := &c.chunk.MetaData
	if n := len(c.values); len(c.headers) != n || len(c.offsets.PageLocations) != n ||
		len(c.index.NullPages) != n || len(c.index.MinValues) != n || len(c.index.MaxValues) != n || len(c.index.NullCounts) != n {
		t.Fatalf("%s: %d pages, but %d headers, %d locations, an index of %d", c.name, n, len(c.headers), len(c.offsets.PageLocations), len(c.index.NullPages))
	}
	var all []parquet.Value
	for i, values := range c.values {
		name := fmt.Sprintf("%s, page %d", c.name, i)
		all = append(all, values...)
		nulls := nullsAmong(values)
		header := &c.headers[i].DataPageHeader.V
		if int(header.NumValues) != len(values) {
			t.Errorf("%s: the header says %d values of %d", name, header.NumValues, len(values))
		}
		c.checkStatistics(t, name+", header", header.Statistics, values)
		if c.index.NullCounts[i] != nulls || c.index.NullPages[i] != (nulls == int64(len(values))) {
			t.Errorf("%s: the index says %d nulls, all %t, of %d in %d values", name, c.index.NullCounts[i], c.index.NullPages[i], nulls, len(values))
		}
		if c.index.NullPages[i] {
			if len(c.index.MinValues[i])+len(c.index.MaxValues[i]) > 0 {
				t.Errorf("%s: the index has bounds of nulls", name)
			}
		} else {
			c.checkBounds(t, name+", index", c.index.MinValues[i], c.index.MaxValues[i], values)
		}
		if c.offsets.PageLocations[i].FirstRowIndex != c.rows[i] {
			t.Errorf("%s: begins at row %d, the index says %d", name, c.rows[i], c.offsets.PageLocations[i].FirstRowIndex)
		}
	}
	c.checkOrder(t)
	if meta.NumValues != int64(len(all)) {
		t.Errorf("%s: the footer says %d values of %d", c.name, meta.NumValues, len(all))
	}
	c.checkStatistics(t, c.name+", footer", meta.Statistics, all)
	if s := meta.SizeStatistics; s.UnencodedByteArrayDataBytes != 0 || s.DefinitionLevelHistogram != nil || s.RepetitionLevelHistogram != nil ||
		c.index.DefinitionLevelHistogram != nil || c.index.RepetitionLevelHistogram != nil || c.offsets.UnencodedByteArrayDataBytes != nil {
		t.Errorf("%s: sizes are claimed that this test does not check", c.name)
	}
}

func nullsAmong(values []parquet.Value) (n int64) {
	for _, v := range values {
		if v.IsNull() {
			n++
		}
	}
	return n
}

func (c *claimant) checkStatistics(t *testing.T, name string, s format.Statistics, values []parquet.Value) {
	t.Helper()
	if nulls := nullsAmong(values); s.NullCount != nulls {
		t.Errorf("%s: says %d nulls of %d", name, s.NullCount, nulls)
	}
	if s.Min != nil || s.Max != nil || s.DistinctCount != 0 {
		t.Errorf("%s: has statistics whose meaning depends on the reader: %+v", name, s)
	}
	if (s.MinValue == nil) != (s.MaxValue == nil) {
		t.Errorf("%s: has one bound of two: %q to %q", name, s.MinValue, s.MaxValue)
	}
	if s.MinValue == nil {
		return
	}
	least, greatest := c.checkBounds(t, name, s.MinValue, s.MaxValue, values)
	// Engines answer min() and max() from these.
	if !bytes.Equal(least, s.MinValue) || !bytes.Equal(greatest, s.MaxValue) {
		t.Errorf("%s: says %q to %q of values from %q to %q", name, s.MinValue, s.MaxValue, least, greatest)
	}
}

// checkBounds returns the least and the greatest value, as bounds.
func (c *claimant) checkBounds(t *testing.T, name string, low, high []byte, values []parquet.Value) (least, greatest []byte) {
	t.Helper()
	kind := c.typ.Kind()
	size, fixed := map[parquet.Kind]int{parquet.Int64: 8, parquet.Boolean: 1}[kind]
	if fixed && (len(low) != size || len(high) != size) {
		t.Fatalf("%s: bounds %x and %x of %s", name, low, high, kind)
	}
	// No short text sorts after those that begin with the last character there is.
	beyond := bytes.HasPrefix(high, []byte(strings.Repeat(string(utf8.MaxRune), 4)))
	if !fixed && (!utf8.Valid(low) || !utf8.Valid(high) && !beyond) {
		t.Errorf("%s: bounds %q and %q are no texts", name, low, high)
	}
	from, to := kind.Value(low), kind.Value(high)
	seen := false
	var first, last parquet.Value
	for _, v := range values {
		if v.IsNull() {
			continue
		}
		if c.typ.Compare(v, from) < 0 || c.typ.Compare(v, to) > 0 {
			t.Fatalf("%s: says %q to %q, has %q", name, low, high, v.Bytes())
		}
		if !seen || c.typ.Compare(v, first) < 0 {
			first = v
		}
		if !seen || c.typ.Compare(v, last) > 0 {
			last = v
		}
		seen = true
	}
	if !seen {
		t.Fatalf("%s: bounds %q and %q of nothing", name, low, high)
	}
	return first.Bytes(), last.Bytes()
}

// checkOrder checks that bounds are in the order that the index says.
func (c *claimant) checkOrder(t *testing.T) {
	t.Helper()
	last := -1
	for i := range c.values {
		if c.index.NullPages[i] {
			continue
		}
		if last >= 0 {
			kind := c.typ.Kind()
			low := c.typ.Compare(kind.Value(c.index.MinValues[last]), kind.Value(c.index.MinValues[i]))
			high := c.typ.Compare(kind.Value(c.index.MaxValues[last]), kind.Value(c.index.MaxValues[i]))
			if order := c.index.BoundaryOrder; order == format.Ascending && (low > 0 || high > 0) || order == format.Descending && (low < 0 || high < 0) {
				t.Errorf("%s: pages %d and %d are not %s", c.name, last, i, order)
			}
		}
		last = i
	}
}

// texts are values that are hard to bound.
func texts(random *rand.Rand) []string {
	ascii := strings.Repeat("a", 40)
	list := []string{
		"", "a", ascii[:15], ascii[:16], ascii[:17], ascii[:23], ascii[:24], ascii[:25],
		strings.Repeat("\x7f", 40), strings.Repeat("é", 40), strings.Repeat("\u202f", 40), strings.Repeat("\U0001F600", 40),
		strings.Repeat("\uD7FF", 40), strings.Repeat("\uFFFD", 40), strings.Repeat("\uFFFF", 40), strings.Repeat("\U0010FFFF", 40),
		"aaaaaaaaaaaaaa\uFFFF", "aaaaaaaaaaaaaaxy", "aaaaaaaaaaaaaa\uFFFFb", "aaaaaaaaaaaaaaa\U0010FFFFb", "\x00", "{}", `{"a":1}`,
		"arn:aws:iam::111122223333:user/" + strings.Repeat("ü", 100), strings.Repeat("x", 257), strings.Repeat("ÿ", 5000),
	}
	for range 40 {
		var b strings.Builder
		for range random.IntN(40) {
			b.WriteRune([]rune{'a', 'b', 0x7f, 'é', 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, utf8.MaxRune}[random.IntN(11)])
		}
		list = append(list, b.String())
	}
	return list
}

// shapes are the events of one file each.
func shapes() map[string][]schema.Event {
	random := rand.New(rand.NewPCG(7, 11))
	all := map[string][]schema.Event{"one row": {event(0, "a")}}
	hard := texts(random)
	for _, s := range hard {
		all[fmt.Sprintf("only %.20q of %d bytes", s, len(s))] = []schema.Event{hardEvent(random, 0, 1, []string{s}), hardEvent(random, 1, 0.5, []string{s})}
	}
	for _, filled := range []float64{0, 0.01, 0.5, 0.99, 1} {
		for _, n := range []int{2, 100, 1500} {
			var events []schema.Event
			for i := range n {
				events = append(events, hardEvent(random, i, filled, hard))
			}
			all[fmt.Sprintf("%d rows, %v filled", n, filled)] = events
		}
	}
	// Pages end at 256 KiB: runs of nulls and runs of values make pages of each.
	var runs []schema.Event
	for i := range 6000 {
		e := hardEvent(random, i, float64(i/1000%2), hard)
		e.RawEvent = schema.JSON(strings.Repeat(string(e.RawEvent), 1+random.IntN(20)))
		runs = append(runs, e)
	}
	all["runs of nulls"] = runs
	return all
}

// hardEvent returns an event whose columns have a value of texts with a
// probability.
func hardEvent(random *rand.Rand, i int, filled float64, texts []string) schema.Event {
	e := schema.Event{
		EventTime:   time.Date(2024, 3, 1, 0, 0, i, 0, time.UTC),
		EventSource: "supportplans.amazonaws.com",
		LogFile:     texts[random.IntN(len(texts))],
		RawEvent:    schema.JSON(texts[random.IntN(len(texts))]),
	}
	fillHard(random, reflectOf(&e), filled, texts)
	return e
}

func TestTruth(t *testing.T) {
	for name, events := range shapes() {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && len(events) > 100 {
				t.Skip("it is long: see make test")
			}
			folder := t.TempDir()
			merge(t, open(t, folder), events...)
			for _, c := range claimants(t, fileOf(t, folder)) {
				c.check(t)
			}
		})
	}
}

// TestFooter reads the footer's bytes as they are: what is no part of the schema
// that the library shows may still confuse a reader.
func TestFooter(t *testing.T) {
	folder := t.TempDir()
	merge(t, open(t, folder), event(1, "a"), event(2, "b"))
	body := fileOf(t, folder)
	size := binary.LittleEndian.Uint32(body[len(body)-8:])
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), body[len(body)-8-int(size):len(body)-8], &meta); err != nil {
		t.Fatal(err)
	}
	for _, element := range meta.Schema {
		if element.TypeLength.Valid {
			t.Errorf("%s has type_length %d, which is for FIXED_LEN_BYTE_ARRAY only", element.Name, element.TypeLength.V)
		}
	}
	for _, column := range meta.RowGroups[0].Columns {
		name := strings.Join(column.MetaData.PathInSchema, ".")
		for _, encoding := range column.MetaData.Encoding {
			if !slices.Contains([]format.Encoding{format.Plain, format.RLEDictionary, format.RLE}, encoding) {
				t.Errorf("%s is encoded %s", name, encoding)
			}
		}
		for _, pages := range column.MetaData.EncodingStats {
			if encoding := pages.Encoding; encoding != format.Plain && encoding != format.RLEDictionary {
				t.Errorf("%s has pages encoded %s", name, encoding)
			}
		}
		if column.MetaData.Codec != format.Zstd {
			t.Errorf("%s is compressed by %s", name, column.MetaData.Codec)
		}
	}
}
