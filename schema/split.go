package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxRecord is how long a record may be to be looked at. CloudTrail's own bound
// is far below: 256 KB, 1 MB with enriched events. Decoding takes some ten times
// as much memory.
const maxRecord = 12 << 20

// A splitter cuts a log file into its raw records, as its text comes in pieces. It
// holds no more than one record, and of that only what earlier pieces had.
//
// It checks the text by JSON's grammar from the first byte to the last, one state
// a byte but for strings, which [bytes.IndexByte] passes over. In strings it takes
// any control character and any escape, as the records' decoder does.
//
// The elements of every top-level array "Records" are records; a file that has
// two loses neither.
type splitter struct {
	record func(i int, raw []byte) // a record, borrowed for the call
	long   func(i int)             // a record over maxRecord that may be wanted

	state   state
	at      int64 // bytes in earlier pieces
	depth   int
	objects [maxDepth/64 + 1]uint64 // a bit for each level: is it an object?
	isKey   bool                    // the string is a key
	literal string                  // what is left of true, false or null

	key       []byte // the top-level key, cut off where it cannot be Records
	inRecords bool
	found     bool // there is an array "Records"
	mistaken  bool // there is a "Records" of another type
	missing   bool // an earlier document has no "Records"

	count int // records that are complete
	open  bool
	from  int    // where the open record begins in the piece
	head  []byte // what earlier pieces had of it
	tail  search // over the rest of a record that is too long
	huge  bool   // the open record is too long
}

const (
	// maxDepth is how deep values may be nested, as in encoding/json.
	maxDepth = 10_000
	// maxKey is how long "Records" can be with every letter escaped.
	maxKey = len(`"\u0000\u0000\u0000\u0000\u0000\u0000\u0000"`)
	// keepHead is how large a buffer is kept for the next record.
	keepHead = 1 << 20
)

type state uint8

// What may come next.
const (
	wantValue    state = iota
	wantFirst          // a value or ]
	wantFirstKey       // a key or }
	wantKey
	wantColon
	wantNext // a comma or the end of what is around
	inString
	inEscape
	inLiteral
	inMinus // a number's states: the last byte was its sign, …
	inZero
	inWhole
	inPoint
	inFraction
	inExponent
	inSign
	inPower
)

// expected says in an error what a state is about.
func (s state) expected() string {
	switch s {
	case wantValue, wantFirst:
		return "where a value should begin"
	case wantFirstKey, wantKey:
		return "where a key should begin"
	case wantColon:
		return "after a key"
	case wantNext:
		return "after a value"
	case inLiteral:
		return "in true, false or null"
	}
	return "in a number"
}

// write takes the next piece of the text. The error says where it stops being
// JSON.
func (s *splitter) write(p []byte) error {
	s.from = 0
	for i := 0; i < len(p); {
		c := p[i]
		switch {
		case s.state == inString:
			i += s.text(p[i:])
			if s.state == wantNext {
				s.ended(p[:i])
			}
			continue
		case s.state == inEscape:
			s.addKey(p[i : i+1])
			s.state = inString
		case s.state > inLiteral:
			next, ok := s.state.digit(c)
			if next == wantNext && ok { // c is behind the number
				s.state = wantNext
				s.ended(p[:i])
				continue
			}
			if !ok {
				return s.wrong(i, c)
			}
			s.state = next
		case s.state == inLiteral:
			if c != s.literal[0] {
				return s.wrong(i, c)
			}
			if s.literal = s.literal[1:]; s.literal == "" {
				s.state = wantNext
				s.ended(p[:i+1])
			}
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		case !s.token(p, i):
			return s.wrong(i, c)
		}
		i++
	}
	s.at += int64(len(p))
	s.keep(p)
	return nil
}

// text passes over a string's text and returns how much of it there is in p, with
// the closing quote if there is one.
func (s *splitter) text(p []byte) int {
	n := bytes.IndexByte(p, '"')
	text := p
	if n >= 0 {
		text = p[:n]
	}
	if escape := bytes.IndexByte(text, '\\'); escape >= 0 {
		s.addKey(p[:escape+1])
		s.state = inEscape
		return escape + 1
	}
	s.addKey(text)
	if n < 0 {
		return len(p)
	}
	s.addKey(p[n : n+1])
	if s.state = wantNext; s.isKey {
		s.state = wantColon
	}
	return n + 1
}

// token takes the token that begins with p[i], and reports whether one may begin
// there that does.
func (s *splitter) token(p []byte, i int) bool {
	c := p[i]
	switch s.state {
	case wantColon:
		s.state = wantValue
		return c == ':'
	case wantNext:
		return s.next(p, i)
	case wantFirst:
		if c == ']' {
			return s.next(p, i)
		}
	case wantFirstKey:
		if c == '}' {
			return s.next(p, i)
		}
		return s.beginKey(c)
	case wantKey:
		return s.beginKey(c)
	}
	return s.begin(i, c)
}

// next takes what follows a value.
func (s *splitter) next(p []byte, i int) bool {
	switch c := p[i]; {
	case s.depth == 0:
		return s.another(i, c)
	case c == ',' && s.inObject():
		s.state = wantKey
	case c == ',':
		s.state = wantValue
	case c == '}' && s.inObject() || c == ']' && !s.inObject():
		s.depth--
		s.state = wantNext
		if s.depth == 1 {
			s.inRecords = false
		}
		s.ended(p[:i+1])
	default:
		return false
	}
	return true
}

// another begins another document: log files are put together, too.
func (s *splitter) another(i int, c byte) bool {
	if c != '{' {
		return false
	}
	s.missing = s.missing || !s.found
	s.found = false
	return s.begin(i, c)
}

func (s *splitter) inObject() bool {
	return s.objects[s.depth/64]>>(s.depth%64)&1 != 0
}

func (s *splitter) beginKey(c byte) bool {
	s.state, s.isKey = inString, true
	if s.depth == 1 {
		s.key = append(s.key[:0], '"')
	}
	return c == '"'
}

// addKey adds to a top-level key.
func (s *splitter) addKey(text []byte) {
	if s.isKey && s.depth == 1 && len(s.key) <= maxKey {
		s.key = append(s.key, text[:min(len(text), maxKey)]...)
	}
}

// begin takes the first byte of a value at i.
func (s *splitter) begin(i int, c byte) bool {
	switch {
	case s.depth == 1 && s.inObject() && s.isRecords():
		s.inRecords = c == '['
		s.found = s.found || s.inRecords
		s.mistaken = s.mistaken || c != '[' && c != 'n'
	case s.depth == 2 && s.inRecords:
		s.open, s.from = true, i
	}
	s.isKey = false
	switch c {
	case '{', '[':
		if s.depth++; s.depth > maxDepth {
			return false
		}
		word, bit := &s.objects[s.depth/64], uint64(1)<<(s.depth%64)
		if *word &^= bit; c == '{' {
			*word |= bit
		}
		if s.state = wantFirst; c == '{' {
			s.state = wantFirstKey
		}
	case '"':
		s.state = inString
	case 't':
		s.state, s.literal = inLiteral, "true"[1:]
	case 'f':
		s.state, s.literal = inLiteral, "false"[1:]
	case 'n':
		s.state, s.literal = inLiteral, "null"[1:]
	case '-':
		s.state = inMinus
	case '0':
		s.state = inZero
	default:
		s.state = inWhole
		return c >= '1' && c <= '9'
	}
	return true
}

// isRecords reports whether the last top-level key is "Records". JSON's names are
// compared exactly: "records" is another one.
func (s *splitter) isRecords() bool {
	var key string
	return len(s.key) <= maxKey && json.Unmarshal(s.key, &key) == nil && key == "Records"
}

// digit returns the state behind c in a number; wantNext if c does not belong to
// it any more. ok is false if the number must not end or go on so.
func (s state) digit(c byte) (next state, ok bool) {
	number := c >= '0' && c <= '9'
	switch {
	case number && s == inMinus && c == '0':
		return inZero, true
	case number && s <= inMinus || number && s == inWhole:
		return inWhole, true
	case number && (s == inPoint || s == inFraction):
		return inFraction, true
	case number && s >= inExponent:
		return inPower, true
	case c == '.' && (s == inZero || s == inWhole):
		return inPoint, true
	case (c == 'e' || c == 'E') && (s == inZero || s == inWhole || s == inFraction):
		return inExponent, true
	case (c == '+' || c == '-') && s == inExponent:
		return inSign, true
	}
	return wantNext, !number && (s == inZero || s == inWhole || s == inFraction || s == inPower)
}

// ended emits the open record if the value that ends where p does is it.
func (s *splitter) ended(p []byte) {
	if !s.open || s.depth != 2 {
		return
	}
	raw := p[s.from:]
	switch {
	case s.huge:
		s.tail.write(raw)
	case len(s.head)+len(raw) > maxRecord:
		s.overflow(raw)
	case len(s.head) > 0:
		s.head = append(s.head, raw...)
		s.record(s.count, s.head)
	default:
		s.record(s.count, raw)
	}
	if s.huge && s.tail.found {
		s.long(s.count)
	}
	s.count++
	s.open, s.huge = false, false
	s.clear()
}

// keep holds what a piece has of the open record.
func (s *splitter) keep(p []byte) {
	if !s.open {
		return
	}
	raw := p[s.from:]
	switch {
	case s.huge:
		s.tail.write(raw)
	case len(s.head)+len(raw) > maxRecord:
		s.overflow(raw)
	default:
		s.head = append(s.head, raw...)
	}
}

// overflow goes on with a record that is too long: it is only searched.
func (s *splitter) overflow(raw []byte) {
	s.huge, s.tail = true, search{}
	s.tail.write(s.head)
	s.tail.write(raw)
	s.clear()
}

func (s *splitter) clear() {
	if s.head = s.head[:0]; cap(s.head) > keepHead {
		s.head = nil
	}
}

// close says at the end of the text whether it was a log file.
func (s *splitter) close() error {
	switch {
	case s.depth > 0 || s.state != wantNext && !s.state.whole():
		return fmt.Errorf("parse JSON: at byte %d: unexpected end", s.at)
	case s.mistaken || s.missing || !s.found:
		return ErrNoRecords
	}
	return nil
}

// whole reports whether a number may end in a state.
func (s state) whole() bool {
	_, ok := s.digit(' ')
	return s > inLiteral && ok
}

func (s *splitter) wrong(i int, c byte) error {
	at := s.at + int64(i) + 1
	if s.depth > maxDepth {
		return fmt.Errorf("parse JSON: at byte %d: nested deeper than %d", at, maxDepth)
	}
	return fmt.Errorf("parse JSON: at byte %d: %q %s", at, rune(c), s.state.expected())
}
