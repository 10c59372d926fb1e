package schema

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Engines read JSON with parsers that have limits of their own, and where one
// value exceeds them a query over the whole table fails: Jackson, which Trino and
// Spark use, nests 1,000 deep and takes numbers of 1,000 characters.
const (
	maxNesting = 900 // leaves room for the record around a column's value
	maxNumber  = 900
)

// compact returns raw, which is JSON but for what the records' decoder lets pass in
// strings, without the white space between its tokens and as every engine can read
// it:
//
//   - what is not UTF-8 becomes U+FFFD, and so does the escape of half a surrogate
//     pair without the other half;
//   - control characters in strings are escaped;
//   - a value that nests too deep, and a number that is too long, becomes a string
//     of itself, so that it is all still there.
//
// All other bytes stay as they are.
func compact(raw []byte) []byte {
	c := compacter{out: make([]byte, 0, len(raw)), raw: raw}
	for c.at < len(raw) {
		c.token()
	}
	return c.out
}

type compacter struct {
	out, raw []byte
	at       int // in raw
	depth    int
}

// token appends the next token.
func (c *compacter) token() {
	switch b := c.raw[c.at]; b {
	case ' ', '\t', '\r', '\n':
		c.at++
	case '"':
		c.out = append(c.out, '"')
		c.at++
		c.text()
	case '{', '[':
		if c.depth == maxNesting {
			c.quote(c.value())
			return
		}
		c.depth++
		c.out = append(c.out, b)
		c.at++
	case '}', ']':
		c.depth--
		c.out = append(c.out, b)
		c.at++
	case ',', ':':
		c.out = append(c.out, b)
		c.at++
	default:
		c.scalar()
	}
}

// scalar appends a number, true, false or null.
func (c *compacter) scalar() {
	scalar := c.raw[c.at:]
	if end := bytes.IndexAny(scalar, " \t\r\n,]}"); end >= 0 {
		scalar = scalar[:end]
	}
	c.at += len(scalar)
	if len(scalar) > maxNumber {
		c.quote(scalar)
		return
	}
	c.out = append(c.out, scalar...)
}

// value passes over an object or array, and returns it.
func (c *compacter) value() []byte {
	from, depth := c.at, 0
	for c.at < len(c.raw) {
		switch c.raw[c.at] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			c.skipText()
		}
		c.at++
		if depth == 0 {
			break
		}
	}
	return c.raw[from:c.at]
}

// skipText passes over a string, up to its closing quote.
func (c *compacter) skipText() {
	for c.at++; c.at < len(c.raw) && c.raw[c.at] != '"'; c.at++ {
		if c.raw[c.at] == '\\' {
			c.at++
		}
	}
}

// quote appends a value as a string.
func (c *compacter) quote(value []byte) {
	c.out = append(c.out, '"')
	for _, r := range string(value) { // what is not UTF-8 is U+FFFD here
		switch {
		case r == '"' || r == '\\':
			c.out = append(c.out, '\\', byte(r))
		case r < ' ':
			c.out = fmt.Appendf(c.out, `\u%04x`, r)
		default:
			c.out = utf8.AppendRune(c.out, r)
		}
	}
	c.out = append(c.out, '"')
}

// text appends the rest of a string, with its closing quote.
func (c *compacter) text() {
	for c.at < len(c.raw) {
		b := c.raw[c.at]
		switch {
		case b == '\\':
			c.escape()
		case b < ' ':
			c.out = fmt.Appendf(c.out, `\u%04x`, b)
			c.at++
		case b < utf8.RuneSelf:
			c.out = append(c.out, b)
			if c.at++; b == '"' {
				return
			}
		default:
			r, size := utf8.DecodeRune(c.raw[c.at:])
			c.out = utf8.AppendRune(c.out, r)
			c.at += size
		}
	}
}

// escape appends an escape in a string.
func (c *compacter) escape() {
	unit, ok := c.unit(c.at)
	switch {
	case ok && isLow(unit): // a high one takes its low one with it
		c.out = append(c.out, `\ufffd`...)
		c.at += 6
		return
	case ok && isHigh(unit):
		if low, ok := c.unit(c.at + 6); ok && isLow(low) {
			c.out = append(c.out, c.raw[c.at:c.at+12]...)
			c.at += 12
			return
		}
		c.out = append(c.out, `\ufffd`...)
		c.at += 6
		return
	}
	end := min(c.at+2, len(c.raw))
	c.out = append(c.out, c.raw[c.at:end]...)
	c.at = end
}

// unit returns the UTF-16 unit of the escape \uXXXX at a place, if one is there.
func (c *compacter) unit(at int) (unit uint64, ok bool) {
	if at+6 > len(c.raw) || c.raw[at] != '\\' || c.raw[at+1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(c.raw[at+2:at+6]), 16, 16)
	return unit, err == nil
}

func isHigh(unit uint64) bool { return unit >= 0xD800 && unit < 0xDC00 }
func isLow(unit uint64) bool  { return unit >= 0xDC00 && unit < 0xE000 }
