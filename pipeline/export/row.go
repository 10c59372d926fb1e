package export

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// cellBegin is how JSON begins in a cell of comma-separated values: its quotes are
// doubled.
const cellBegin = `{""`

// row passes on the records in a row of comma-separated values that begins here. The error
// says that it is none, a cell of which holds JSON, or does not end.
func (f *finder) row(text []byte, at int, here place, more bool) (found, end int, err error) {
	if f.within {
		return 0, 0, errSyntax
	}
	cells, end, err := rowOf(text, at, more)
	if err != nil || !f.spend(end-at) {
		return 0, 0, cmp.Or(err, errSyntax)
	}
	for _, cell := range cells {
		if body := text[cell.begin:cell.end]; bytes.IndexByte(body, '{') >= 0 {
			found += f.inner(bytes.ReplaceAll(body, []byte(`""`), []byte(`"`)), here.plus(cell.begin))
		}
	}
	f.column = f.column || found > 0
	f.searched(text[at:end], here.plus(at), found)
	return found, end, nil
}

// rowOf returns the quoted cells of a row that begins here, a cell of which holds JSON,
// and where it ends.
func rowOf(text []byte, at int, more bool) (cells []span, end int, err error) {
	if text[at] == '{' || text[at] == '[' {
		return nil, at, errSyntax
	}
	// A cell may go on with the next line.
	if line := firstLine(text[at:]); !bytes.Contains(line, []byte(cellBegin)) && bytes.Count(line, []byte{'"'})%2 == 0 {
		return nil, at, errSyntax
	}
	cells, end, err = cellsOf(text, at, more)
	holds := func(cell span) bool {
		body := bytes.TrimLeft(text[cell.begin:cell.end], " \t\r\n")
		return len(body) > 0 && (body[0] == '{' || body[0] == '[') && bytes.Contains(body, []byte(`""`))
	}
	if err == nil && !slices.ContainsFunc(cells, holds) {
		err = errSyntax
	}
	return cells, end, err
}

// cellsOf returns the quoted cells of the row that begins here, and where it ends. If more
// follows, the end of the text is no end of a row.
func cellsOf(text []byte, at int, more bool) (cells []span, end int, err error) {
	for at < len(text) {
		if text[at] == '"' {
			begin := at + 1
			for at = begin; ; at += 2 {
				next := bytes.IndexByte(text[at:], '"')
				if next < 0 {
					return nil, at, errEnd
				}
				if at += next; at+1 == len(text) || text[at+1] != '"' {
					break
				}
			}
			cells = append(cells, span{begin, at})
			at++
		} else {
			for at < len(text) && strings.IndexByte(",;\t\n\"", text[at]) < 0 {
				at++
			}
		}
		switch {
		case at == len(text) && more:
			return nil, at, errEnd
		case at == len(text), text[at] == '\n', text[at] == '\r':
			return cells, at, nil
		case text[at] == ',', text[at] == ';', text[at] == '\t':
			at++
		default:
			return nil, at, errSyntax
		}
	}
	if more {
		return nil, at, errEnd
	}
	return cells, at, nil
}

// names reports whether a line names the columns of the file, so far as one can tell: it is
// the first, or the same again. Whether it is counted, the end tells.
func (f *finder) names(line []byte, here place) bool {
	line = bytes.TrimRight(line, "\r")
	switch {
	case here.wraps > 0:
		return false
	case f.headed:
		return f.column && bytes.Equal(line, f.header)
	case bytes.IndexByte(line, '{') >= 0 || isRest(line):
		f.headed = true
		return false
	}
	f.headed, f.header = true, bytes.Clone(line)
	return true
}

// unnamed counts the first line, where no row has followed it.
func (f *finder) unnamed() {
	if f.header == nil || f.column {
		return
	}
	before := f.result.First
	f.result.First = nil
	f.other(f.header, place{}, kindOfHeader(f.header))
	if f.result.First == nil {
		f.result.First = before
	}
}
