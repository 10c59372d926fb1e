package export

import (
	"bytes"
	"errors"
)

// A lines is what a finder knows of the lines between documents.
type lines struct {
	header []byte // the file's first line, if it may name columns
	headed bool   // the first line was looked at
	column bool   // the header was that of rows
	within bool   // something stands before in the line: no row begins, and no first line
	beside bool   // a document with records stood within its line: so may what follows it there
	broken error  // why the last part broke; nil: none did
	deeper bool   // what broke was in a text in it
}

// documents searches a sequence of documents. It returns how many records that holds,
// and how much of it was searched: all, unless more follows. Then the last document
// is left that does not end. A document of the file itself that breaks is left with
// the error, to be entered.
func (f *finder) documents(text []byte, here place, more bool) (found, used int, err error) {
	for at := 0; ; {
		var begin int
		begin, at = f.between(text, at, here, more)
		if at == len(text) {
			return found, begin, nil
		}
		if here.wraps == 0 {
			f.left = f.Limit
		}
		n, end, err := f.row(text, begin, here, more)
		if err == nil {
			found, at, f.within = found+n, end, true
			continue
		}
		if more && errors.Is(err, errEnd) {
			return found, begin, nil
		}
		end, n, err = f.document(text, at, here)
		switch {
		case !f.spend(end - at):
			return found, end, nil
		case more && errors.Is(err, errEnd):
			return found, begin, nil
		case err == nil:
			f.prefix(text[begin:at], here.plus(begin))
			f.beside = begin < at && n > 0
			if n == 0 && !isRest(text[begin:at]) {
				at = begin // the whole line is what holds none
			}
			f.searched(text[at:end], here.plus(at), n)
			found, at, f.within = found+n, end, true
			continue
		case isJSON(text[at:]) && here.wraps == 0:
			f.prefix(text[begin:at], here.plus(begin))
			return found, at, err
		case isJSON(text[at:]):
			f.broke(text[at:], here, err)
		case more && begin+len(firstLine(text[begin:])) == len(text):
			return found, begin, nil // what else is in it, its end tells
		case bytes.Contains(firstLine(text[begin:]), []byte(jsonColon)) && here.wraps == 0:
			f.broke(firstLine(text[begin:]), here.plus(begin), errBegin)
		default:
			f.other(firstLine(text[begin:]), here.plus(begin), err)
		}
		line := bytes.IndexByte(text[at:], '\n') // the next one may begin a whole document
		if line < 0 {
			f.skip = more
			return found, len(text), nil
		}
		at += line
	}
}

func startsDocument(c byte) bool { return c == '{' || c == '[' || c == '"' }

// isJSON reports whether a text begins as JSON in which a record may be, and not as
// words in brackets do.
func isJSON(text []byte) bool {
	rest := bytes.TrimLeft(text[1:], " \t\r")
	switch {
	case text[0] == '"':
		return bytes.ContainsAny(firstLine(rest), "{}")
	case len(rest) == 0 || rest[0] == '\n':
		return true
	case text[0] == '{':
		return rest[0] == '"'
	}
	return startsDocument(rest[0])
}

func firstLine(text []byte) []byte {
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		return text[:end]
	}
	return text
}

// prefix looks at what stands in a document's line before it. A time stamp or the like
// belongs to the document; the end of another document was a record once.
func (f *finder) prefix(part []byte, at place) {
	if isRest(part) {
		f.broke(part, at, errBegin)
	}
}

// jsonColon stands in JSON and hardly anywhere else.
const jsonColon = `":`

// isRest reports whether a part of a line looks like a part of JSON.
func isRest(part []byte) bool {
	return bytes.IndexByte(part, '}') >= 0 || bytes.HasPrefix(part, []byte{']'}) || bytes.Contains(part, []byte(jsonColon))
}

// byteOrderMark begins a text, and stands between texts that were put together.
const byteOrderMark = "\xef\xbb\xbf"

// between returns where the next document begins, and where its line does: at the first
// byte that is none of those that stand between documents, or, in a line that begins with
// something else, such as a time stamp, at its first brace. Lines without a
// document are counted. If more follows, a line is left that does not end.
func (f *finder) between(text []byte, at int, here place, more bool) (line, document int) {
	for {
		for at < len(text) {
			if bytes.IndexByte([]byte(" \t\r\n,\x1e\x00"), text[at]) >= 0 || f.broken != nil && (text[at] == '}' || text[at] == ']') {
				if text[at] == '\n' {
					f.within, f.beside = false, false
				}
				at++
			} else if bytes.HasPrefix(text[at:], []byte(byteOrderMark)) {
				at += len(byteOrderMark)
			} else {
				break
			}
		}
		if at == len(text) || text[at] == '{' || text[at] == '[' {
			f.headed = f.headed || at < len(text)
			return at, at
		}
		if f.within { // no look at the whole line for each document in it
			if text[at] == '"' {
				return at, at
			}
			if next := bytes.IndexAny(text[at:], "{\n"); next >= 0 && text[at+next] == '{' {
				return at, at + next
			}
		}
		line := firstLine(text[at:])
		end := at + len(line)
		brace := bytes.IndexByte(line, '{')
		if end == len(text) && more && (text[at] == '"' || brace < 0 || brace+len(cellBegin) > len(line) || bytes.Contains(line, []byte(cellBegin))) {
			return at, len(text) // what it is, its end tells
		}
		rows := text[at] == '"'
		if !rows && brace < 0 {
			_, _, err := rowOf(text, at, more)
			rows = err == nil || more && errors.Is(err, errEnd)
		}
		switch {
		case f.names(line, here):
		case rows:
			return at, at
		case brace >= 0:
			return at, at + brace
		case f.beside && !isRest(line) && (f.Wanted == nil || !f.Wanted(line)):
		case isRest(line) && here.wraps == 0:
			f.broke(line, here.plus(at), errBegin)
		default:
			f.other(line, here.plus(at), errText)
		}
		at = end
	}
}
