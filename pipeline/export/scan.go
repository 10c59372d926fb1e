package export

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"strings"
)

var (
	errEnd    = errors.New("the document does not end")
	errSyntax = errors.New("not valid JSON")
	errDeep   = errors.New("nested too deep")
	errHalf   = errors.New("the text ends within a character")
)

// maxDepth bounds how deep values nest. CloudTrail's records nest ten deep.
const maxDepth = 512

// A scanner moves over JSON, a value at a time. It checks brackets, commas,
// colons and strings, so that a broken document is noticed where it breaks.
// Whether numbers and escapes are right, whoever decodes the record checks.
type scanner struct {
	text []byte
	at   int
}

// space moves to the next byte that is no white space, and returns it; 0 at the
// end.
func (s *scanner) space() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// value moves over the value that begins here.
func (s *scanner) value(depth int) error {
	switch c := s.space(); {
	case c == '"':
		return s.string()
	case c == '{':
		return s.object(depth, nil)
	case c == '[':
		return s.array(depth, nil)
	case c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z':
		for s.at < len(s.text) && strings.IndexByte(",:[]{}\" \n\r\t", s.text[s.at]) < 0 {
			s.at++
		}
		return nil
	}
	return s.broken()
}

// broken is the error of a document that breaks here.
func (s *scanner) broken() error {
	if s.at >= len(s.text) {
		return errEnd
	}
	return errSyntax
}

// string moves over the string that begins here. An end of line in it is an
// error: no JSON has it, and a line that was cut off goes on so.
func (s *scanner) string() error {
	for s.at++; s.at < len(s.text); s.at++ {
		for s.at+8 <= len(s.text) {
			word := binary.LittleEndian.Uint64(s.text[s.at:])
			if at := bytesIn(word, '"') | bytesIn(word, '\\') | bytesIn(word, '\n'); at != 0 {
				s.at += bits.TrailingZeros64(at) / 8
				break
			}
			s.at += 8
		}
		if s.at >= len(s.text) {
			break
		}
		switch s.text[s.at] {
		case '"':
			s.at++
			return nil
		case '\\':
			s.at++
		case '\n':
			return errSyntax
		}
	}
	s.at = len(s.text)
	return errEnd
}

// bytesIn marks where a byte occurs in eight: the lowest mark is of the first one.
func bytesIn(word uint64, c byte) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	word ^= ones * uint64(c)
	return (word - ones) &^ word & highs
}

// object moves over the object that begins here and passes its members to each,
// names with their quotes.
func (s *scanner) object(depth int, each func(name, value []byte)) error {
	return s.list('}', depth, func() error {
		s.space()
		name := s.at
		nameEnd, err := s.name()
		if err != nil {
			return err
		}
		s.space()
		value := s.at
		err = s.value(depth + 1)
		if err == nil && each != nil {
			each(s.text[name:nameEnd], s.text[value:s.at])
		}
		return err
	})
}

// name moves over a member's name and the colon, and returns where the name ends.
func (s *scanner) name() (end int, err error) {
	if s.space() != '"' {
		return s.at, s.broken()
	}
	if err := s.string(); err != nil {
		return s.at, err
	}
	end = s.at
	if s.space() != ':' {
		return end, s.broken()
	}
	s.at++
	return end, nil
}

// array moves over the array that begins here and passes its elements to each.
func (s *scanner) array(depth int, each func(value []byte)) error {
	return s.list(']', depth, func() error {
		s.space()
		value := s.at
		err := s.value(depth + 1)
		if err == nil && each != nil {
			each(s.text[value:s.at])
		}
		return err
	})
}

// list moves over what stands between brackets and commas.
func (s *scanner) list(end byte, depth int, one func() error) error {
	if depth >= maxDepth {
		return errDeep
	}
	s.at++
	if s.space() == end {
		s.at++
		return nil
	}
	for {
		if err := one(); err != nil {
			return err
		}
		switch s.space() {
		case ',':
			s.at++
		case end:
			s.at++
			return nil
		default:
			return s.broken()
		}
	}
}
