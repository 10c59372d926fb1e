package table

import (
	"bytes"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"plantrail/schema"
)

// The Parquet writer holds the least and the greatest value of each page, at full
// length, until the file is finished. Of JSON that is as much as the pages. So it is
// told to leave those columns out, and the writer keeps bounds of its own for each row
// group, which go into the column index of all its pages.

// A textBound is where the texts of a column lie in a row group.
type textBound struct {
	low, high []byte // nil: there is none yet
}

func (b *textBound) add(text []byte) {
	if b.low == nil || bytes.Compare(text, b.low) < 0 {
		b.low = append(make([]byte, 0, rawIndexBound), lowerBound(text)...)
	}
	if b.high == nil || bytes.Compare(text, b.high) > 0 {
		b.high = append(make([]byte, 0, rawIndexBound), upperBound(text)...)
	}
}

// groupBounds are the bounds of the JSON columns of a row group, by the column's place;
// nil for other columns.
type groupBounds []*textBound

func newGroupBounds(s *parquet.Schema) groupBounds {
	var g groupBounds
	long := schema.LongText()
	for _, path := range s.Columns() {
		var b *textBound
		if slices.ContainsFunc(long, func(l []string) bool { return slices.Equal(l, path) }) {
			b = new(textBound)
		}
		g = append(g, b)
	}
	return g
}

// set sets the bounds of the pages of a column, of which the Parquet writer has noted
// none.
func (g groupBounds) set(column int, index *format.ColumnIndex) {
	if g[column] == nil {
		return
	}
	for i := range index.NullPages {
		index.MinValues[i], index.MaxValues[i] = g[column].low, g[column].high
	}
}
