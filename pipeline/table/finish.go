package table

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Readers leave out what statistics and the page index say cannot match, so
// whatever those say must be true. The Parquet writer cannot be told all of this,
// and a finisher makes it so in what it has written:
//
//   - A page's header counts its nulls and says nothing else of its values.
//   - The column index bounds the texts of a page by whole characters, and has no
//     bounds for a page of nulls. Those of JSON are of the row group, see textBound.
//   - A column's statistics have no bounds that are longer than maxBound: an
//     event's text may be megabytes, and a footer is read whole.
//   - Only a fixed length has a type_length. Hive takes it for one elsewhere.
//
// Pages stay as they are, so the cost is that of a copy of the compressed bytes.
type finisher struct {
	raw    *parquet.File
	size   int64
	bounds []groupBounds // by row group
	out    *bufio.Writer
	at     int64 // where out is
}

const (
	// maxBound is how long a text may be that bounds a column in the footer.
	// ARNs and URIs of log files are shorter.
	maxBound = 256
	// indexBound is how long a text is at most that bounds a page in the column
	// index. rawIndexBound is what the Parquet writer cuts them to, between bytes
	// and with a last byte that is one too many: far enough after indexBound.
	indexBound    = 16
	rawIndexBound = indexBound + 2*utf8.UTFMax
)

const magic = "PAR1"

var errTooLong = errors.New("a page, an index or the footer is longer than 2 GiB")

// finish copies a file that the Parquet writer has written to out, true.
func finish(out io.Writer, raw io.ReaderAt, size int64, bounds []groupBounds) error {
	file, err := parquet.OpenFile(raw, size)
	if err != nil {
		return err
	}
	f := &finisher{raw: file, size: size, bounds: bounds, out: bufio.NewWriterSize(out, 1<<20)}
	if err := f.write([]byte(magic)); err != nil {
		return err
	}
	meta, columns := file.Metadata(), file.ColumnIndexes()
	offsets := file.OffsetIndexes()
	for i := range meta.RowGroups {
		n := len(meta.RowGroups[i].Columns)
		if err := f.rowGroup(&meta.RowGroups[i], columns[i*n:], offsets[i*n:]); err != nil {
			return err
		}
	}
	if err := f.indexes(meta, columns, offsets); err != nil {
		return err
	}
	if err := f.footer(meta); err != nil {
		return err
	}
	return f.out.Flush()
}

// rowGroup copies the pages of a row group, and sets in its metadata and its
// offset indexes where they are now.
func (f *finisher) rowGroup(group *format.RowGroup, columns []format.ColumnIndex, offsets []format.OffsetIndex) error {
	group.FileOffset, group.TotalByteSize, group.TotalCompressedSize = f.at, 0, 0
	for i := range group.Columns {
		chunk := &group.Columns[i].MetaData
		if err := f.chunk(chunk, columns[i].NullCounts, offsets[i].PageLocations); err != nil {
			return err
		}
		if s := &chunk.Statistics; len(s.MinValue) > maxBound || len(s.MaxValue) > maxBound {
			s.MinValue, s.MaxValue = nil, nil
		}
		chunk.SizeStatistics = format.SizeStatistics{}
		group.TotalByteSize += chunk.TotalUncompressedSize
		group.TotalCompressedSize += chunk.TotalCompressedSize
	}
	return nil
}

// chunk copies the pages of one column of a row group.
func (f *finisher) chunk(chunk *format.ColumnMetaData, nulls []int64, pages []format.PageLocation) error {
	from, began, size := chunk.DataPageOffset, f.at, chunk.TotalCompressedSize
	if chunk.DictionaryPageOffset > 0 {
		from, chunk.DictionaryPageOffset = chunk.DictionaryPageOffset, f.at
	}
	in := io.NewSectionReader(f.raw, from, size)
	var uncompressed int64
	for page := 0; ; {
		at, err := in.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		if at == size {
			break
		}
		var header format.PageHeader
		if err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(byteReader{in})).Decode(&header); err != nil {
			return fmt.Errorf("page header: %w", err)
		}
		head := f.at
		if header.DataPageHeader.Valid {
			header.DataPageHeader.V.Statistics = format.Statistics{NullCount: nulls[page]}
			if page == 0 {
				chunk.DataPageOffset = head
			}
		}
		if _, err := f.encode(&header); err != nil {
			return err
		}
		uncompressed += f.at - head + int64(header.UncompressedPageSize)
		if err := f.copy(in, int64(header.CompressedPageSize)); err != nil {
			return err
		}
		if header.DataPageHeader.Valid {
			pages[page].Offset = head
			if pages[page].CompressedPageSize, err = f.since(head); err != nil {
				return err
			}
			page++
		}
	}
	chunk.TotalCompressedSize, chunk.TotalUncompressedSize = f.at-began, uncompressed
	return nil
}

// byteReader reads byte by byte, so that no byte after a header is consumed.
type byteReader struct{ *io.SectionReader }

// ReadByte implements [io.ByteReader].
func (r byteReader) ReadByte() (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(r.SectionReader, b[:])
	return b[0], err
}

// indexes writes the page index, and sets in the metadata where it is.
func (f *finisher) indexes(meta *format.FileMetaData, columns []format.ColumnIndex, offsets []format.OffsetIndex) (err error) {
	next := 0
	for i := range meta.RowGroups {
		for j := range meta.RowGroups[i].Columns {
			chunk := &meta.RowGroups[i].Columns[j]
			f.bounds[i].set(j, &columns[next])
			trueBounds(&columns[next], chunk.MetaData.Type == format.ByteArray)
			chunk.ColumnIndexOffset = f.at
			if chunk.ColumnIndexLength, err = f.encode(&columns[next]); err != nil {
				return err
			}
			next++
		}
	}
	next = 0
	for i := range meta.RowGroups {
		for j := range meta.RowGroups[i].Columns {
			chunk := &meta.RowGroups[i].Columns[j]
			offsets[next].UnencodedByteArrayDataBytes = nil
			chunk.OffsetIndexOffset = f.at
			if chunk.OffsetIndexLength, err = f.encode(&offsets[next]); err != nil {
				return err
			}
			next++
		}
	}
	return nil
}

// footer writes the metadata, and what ends the file.
func (f *finisher) footer(meta *format.FileMetaData) error {
	for i := range meta.Schema {
		if element := &meta.Schema[i]; element.Type.V != format.FixedLenByteArray {
			element.TypeLength = thrift.Null[int32]{}
		}
	}
	size, err := f.encode(meta)
	if err != nil {
		return err
	}
	end, err := binary.Append(nil, binary.LittleEndian, size)
	if err != nil {
		return err
	}
	return f.write(append(end, magic...))
}

// encode writes a value, and returns how long it is.
func (f *finisher) encode(value any) (size int32, err error) {
	text, err := thrift.Marshal(new(thrift.CompactProtocol), value)
	if err != nil {
		return 0, err
	}
	began := f.at
	if err := f.write(text); err != nil {
		return 0, err
	}
	return f.since(began)
}

// since returns how much was written from a place on.
func (f *finisher) since(at int64) (int32, error) {
	n := f.at - at
	if n < 0 || n > math.MaxInt32 {
		return 0, errTooLong
	}
	return int32(n), nil
}

func (f *finisher) write(text []byte) error {
	n, err := f.out.Write(text)
	f.at += int64(n)
	return err
}

func (f *finisher) copy(in io.Reader, n int64) error {
	n, err := io.CopyN(f.out, in, n)
	f.at += n
	return err
}

// trueBounds cuts the bounds of texts in a column index, and takes away those of
// pages that have only nulls.
func trueBounds(index *format.ColumnIndex, text bool) {
	for i, null := range index.NullPages {
		switch {
		case null:
			index.MinValues[i], index.MaxValues[i] = []byte{}, []byte{}
		case text:
			index.MinValues[i] = lowerBound(index.MinValues[i])
			index.MaxValues[i] = upperBound(index.MaxValues[i])
		}
	}
	if text { // what was in order need not be when it is cut
		index.BoundaryOrder = orderOf(index)
	}
	index.RepetitionLevelHistogram, index.DefinitionLevelHistogram = nil, nil
}

// orderOf returns the order of a column index of texts: that of the pages that are
// not all null.
func orderOf(index *format.ColumnIndex) format.BoundaryOrder {
	ascending, descending, last := true, true, -1
	for i, null := range index.NullPages {
		if null {
			continue
		}
		if last >= 0 {
			low, high := bytes.Compare(index.MinValues[last], index.MinValues[i]), bytes.Compare(index.MaxValues[last], index.MaxValues[i])
			ascending, descending = ascending && low <= 0 && high <= 0, descending && low >= 0 && high >= 0
		}
		last = i
	}
	switch {
	case ascending:
		return format.Ascending
	case descending:
		return format.Descending
	}
	return format.Unordered
}

// lowerBound cuts a text to a few whole characters, which sort no later.
func lowerBound(text []byte) []byte {
	if len(text) <= indexBound {
		return text
	}
	end := indexBound
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// upperBound cuts a text to a few whole characters, of which the last is replaced
// by the next there is, so that they sort later. Where each is the last there is,
// or the text is none, it stays as it is: a bound, if no pretty one.
func upperBound(text []byte) []byte {
	if len(text) <= indexBound {
		return text
	}
	cut := lowerBound(text)
	if !utf8.Valid(cut) {
		return text
	}
	for len(cut) > 0 {
		last, size := utf8.DecodeLastRune(cut)
		cut = cut[:len(cut)-size]
		if last == utf8.MaxRune {
			continue
		}
		last++
		if !utf8.ValidRune(last) {
			last = 0xE000 // after the surrogates
		}
		return utf8.AppendRune(cut[:len(cut):len(cut)], last)
	}
	return text
}
