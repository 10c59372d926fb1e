package wire

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// A scanner reads the XML that S3 and its kin write: elements, text, and the
// references for characters. What else XML has (comments, CDATA, document types,
// instructions) is refused, not skipped: no store is known to write it, and what
// a login page holds is not to be guessed. It works in place and allocates
// nothing but for text with references.
type scanner struct {
	b []byte // what is left
}

var (
	errCutOff  = errors.New("it ends in the middle")
	errRubbish = errors.New("it goes on after its end")
	errNotUTF8 = errors.New("it is not UTF-8")
)

// begin reads up to and with the root element's start, and returns its name.
func (s *scanner) begin() (name []byte, err error) {
	if !utf8.Valid(s.b) {
		return nil, errNotUTF8
	}
	if bytes.HasPrefix(s.b, []byte("<?xml ")) {
		end := bytes.IndexByte(s.b, '>')
		if end < 0 {
			return nil, errCutOff
		}
		declaration := s.b[:end+1]
		if !bytes.HasSuffix(declaration, []byte("?>")) || bytes.IndexByte(declaration[1:], '<') >= 0 {
			return nil, fmt.Errorf("%q is no XML declaration", short(declaration))
		}
		if at := bytes.Index(declaration, []byte("encoding=")); at >= 0 && !bytes.EqualFold(encodingOf(declaration[at:]), []byte("UTF-8")) {
			return nil, errNotUTF8
		}
		s.b = s.b[end+1:]
	}
	name, closing, empty, err := s.tag()
	if err == nil && (closing || empty) {
		err = errors.New("its root is empty")
	}
	return name, err
}

// encodingOf returns the value of encoding="value" or encoding='value'.
func encodingOf(attribute []byte) []byte {
	value := attribute[len("encoding="):]
	if len(value) < 2 {
		return nil
	}
	end := bytes.IndexByte(value[1:], value[0])
	if end < 0 {
		return nil
	}
	return value[1 : 1+end]
}

// end accepts nothing but white space.
func (s *scanner) end() error {
	if s.space(); len(s.b) > 0 {
		return errRubbish
	}
	return nil
}

func (s *scanner) space() {
	i := 0
	for i < len(s.b) && (s.b[i] == ' ' || s.b[i] == '\n' || s.b[i] == '\t' || s.b[i] == '\r') {
		i++
	}
	s.b = s.b[i:]
}

// tag reads the next tag, which nothing but white space may come before.
func (s *scanner) tag() (name []byte, closing, empty bool, err error) {
	s.space()
	if len(s.b) == 0 {
		return nil, false, false, errCutOff
	}
	if s.b[0] != '<' {
		return nil, false, false, fmt.Errorf("text %q where an element was due", short(s.b))
	}
	end := bytes.IndexByte(s.b, '>')
	if end < 0 {
		return nil, false, false, errCutOff
	}
	inside, whole := s.b[1:end], s.b[:end+1]
	s.b = s.b[end+1:]
	if len(inside) > 0 && inside[0] == '/' {
		inside, closing = inside[1:], true
	} else if len(inside) > 0 && inside[len(inside)-1] == '/' {
		inside, empty = inside[:len(inside)-1], true
	}
	n := nameLength(inside)
	name, rest := inside[:n], inside[n:]
	if n == 0 || closing && len(bytes.TrimLeft(rest, " \t\r\n")) > 0 || !closing && !attributes(rest) {
		return nil, false, false, fmt.Errorf("%q is no tag that S3 writes", short(whole))
	}
	return name, closing, empty, nil
}

func nameLength(b []byte) int {
	for i, c := range b {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':' || c >= utf8.RuneSelf
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '-' && c != '.') {
			return i
		}
	}
	return len(b)
}

// attributes reports whether b is what may follow an element's name. What the
// attributes say does not matter.
func attributes(b []byte) bool {
	for {
		rest := bytes.TrimLeft(b, " \t\r\n")
		if len(rest) == 0 {
			return true
		}
		n := nameLength(rest)
		if n == 0 || len(rest) == len(b) || len(rest) < n+3 || rest[n] != '=' {
			return false
		}
		quote := rest[n+1]
		value := rest[n+2:]
		end := bytes.IndexByte(value, quote)
		if quote != '"' && quote != '\'' || end < 0 || bytes.IndexByte(value[:end], '<') >= 0 {
			return false
		}
		b = value[end+1:]
	}
}

// text reads an element's text and its end, after its start was read. It is as
// written; appendResolved resolves its references.
func (s *scanner) text(name []byte) ([]byte, error) {
	end := bytes.IndexByte(s.b, '<')
	if end < 0 {
		return nil, errCutOff
	}
	raw := s.b[:end]
	s.b = s.b[end:]
	return raw, s.close(name)
}

// close reads the end of an element.
func (s *scanner) close(name []byte) error {
	if n := len(name) + len("</>"); len(s.b) >= n && s.b[0] == '<' && s.b[1] == '/' && s.b[n-1] == '>' && string(s.b[2:n-1]) == string(name) {
		s.b = s.b[n:]
		return nil
	}
	found, closing, _, err := s.tag()
	switch {
	case err != nil:
		return err
	case !closing:
		return fmt.Errorf("<%s> within <%s>", short(found), short(name))
	case string(found) != string(name):
		return fmt.Errorf("</%s> ends <%s>", short(found), short(name))
	}
	return nil
}

// maxDepth is how deep elements may lie in each other that are skipped.
const maxDepth = 8

// skip reads an element to its end, after its start was read.
func (s *scanner) skip(name []byte) error {
	var open [maxDepth][]byte
	open[0] = name
	for depth := 1; depth > 0; {
		at := bytes.IndexByte(s.b, '<')
		if at < 0 {
			return errCutOff
		}
		if within := s.b[:at]; !plain(within) && len(bytes.TrimLeft(within, " \t\r\n")) > 0 {
			if _, err := appendResolved(nil, within); err != nil {
				return err
			}
		}
		s.b = s.b[at:]
		found, closing, empty, err := s.tag()
		switch {
		case err != nil:
			return err
		case closing && string(found) != string(open[depth-1]):
			return fmt.Errorf("</%s> ends <%s>", short(found), short(open[depth-1]))
		case closing:
			depth--
		case !empty && depth == maxDepth:
			return fmt.Errorf("<%s> lies deeper than %d", short(found), maxDepth)
		case !empty:
			open[depth] = found
			depth++
		}
	}
	return nil
}

// appendResolved appends text with its references resolved. XML cannot have
// control characters as they are; a carriage return would be read as a line feed.
func appendResolved(dst, raw []byte) ([]byte, error) {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '&' {
			end := bytes.IndexByte(raw[i:min(i+maxReference, len(raw))], ';')
			if end < 0 {
				return dst, fmt.Errorf("%q is no reference", short(raw[i:]))
			}
			r, ok := reference(raw[i+1 : i+end])
			if !ok {
				return dst, fmt.Errorf("%q is no reference", short(raw[i:i+end+1]))
			}
			dst = utf8.AppendRune(dst, r)
			i += end
			continue
		}
		if c < ' ' && c != '\n' && c != '\t' {
			return dst, fmt.Errorf("a control character in %q", short(raw))
		}
		dst = append(dst, c)
	}
	return dst, nil
}

// plain reports whether text is what it stands for.
func plain(raw []byte) bool {
	for _, c := range raw {
		if c < ' ' || c == '&' {
			return false
		}
	}
	return true
}

// maxReference is the length of the longest reference, &#1114111; with zeros to
// spare.
const maxReference = 12

// reference returns the character that is written as &name;. Beyond XML it takes
// the numbers of control characters: stores that cannot escape keys write them.
func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	const longest = 8 // digits and all, of #1114111
	if len(name) < 2 || len(name) > longest || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	value := 0
	for _, c := range digits {
		digit := int(unhex(c))
		if digit >= base {
			return 0, false
		}
		value = value*base + digit
	}
	r := rune(value)
	return r, len(digits) > 0 && value > 0 && value <= utf8.MaxRune && utf8.ValidRune(r)
}

// maxQuote bounds what an error quotes of an answer.
const maxQuote = 120

// short returns the beginning of what an error quotes.
func short(b []byte) []byte { return b[:min(len(b), maxQuote)] }
