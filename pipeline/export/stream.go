package export

import (
	"bytes"
	"errors"
	"slices"
)

// A stream is the part of a finder that takes a text in pieces. It holds the end of
// the text so far whose document is not whole. If that grows beyond the limit, the
// document is entered: its first bracket is passed, and what is in it are documents
// of their own from then on.
type stream struct {
	begun  bool
	held   []byte // not searched yet
	offset int    // of that in the file
	wait   int    // for how much of it to wait
	skip   bool   // up to the next line
	open   []byte // the brackets to come that close what was entered
	wide
}

// errLong says that a value does not fit in memory and cannot be taken apart.
var errLong = errors.New("too long to be held: run with more --memory")

// write takes the next piece.
func (f *finder) write(piece []byte) error {
	if !f.begun && len(piece) > 0 {
		f.begun, f.wide = true, newWide(piece)
		trimmed := bytes.TrimPrefix(piece, []byte("\xef\xbb\xbf"))
		f.offset = len(piece) - len(trimmed)
		piece = trimmed
	}
	if f.order != nil {
		piece = f.narrow(piece)
	}
	f.work = min(f.work, 1<<62) + maxWork*len(piece)
	if len(f.held) > 0 {
		f.held = append(f.held, piece...)
		piece = f.held
	}
	if len(piece) < f.wait {
		return f.err
	}
	rest := f.advance(piece, true)
	for f.err == nil && len(rest) >= f.limit {
		rest = f.advance(f.enter(rest), true)
	}
	f.wait = 2 * len(rest)
	f.held = append(f.held[:0], rest...)
	return f.err
}

// close takes the end of the text.
func (f *finder) close() {
	f.advance(f.held, false)
	if len(f.open) > 0 && f.err == nil {
		f.other(nil, place{offset: f.offset}, errEnd)
	}
}

// advance searches what is whole, and returns the rest.
func (f *finder) advance(text []byte, more bool) []byte {
	for f.err == nil {
		if f.skip {
			line := bytes.IndexByte(text, '\n')
			if line < 0 {
				return f.pass(text, len(text))
			}
			text, f.skip = f.pass(text, line), false
		}
		before := len(text)
		if len(f.open) == 0 {
			_, used := f.documents(text, place{offset: f.offset}, more)
			return f.pass(text, used)
		}
		if text = f.inside(text, more); len(text) == before {
			return text
		}
	}
	return nil
}

// pass moves on by n bytes.
func (f *finder) pass(text []byte, n int) []byte {
	f.offset += n
	return text[n:]
}

// inside takes the next value, or bracket, of what was entered. It returns the text
// as it is if that is not whole.
func (f *finder) inside(text []byte, more bool) []byte {
	s := scanner{text: text}
	c := s.space()
	if c == ',' {
		s.at++
		c = s.space()
	}
	closes := f.open[len(f.open)-1]
	switch {
	case c == 0 && s.at == len(text):
		return text
	case c == closes:
		f.open = f.open[:len(f.open)-1]
		return f.pass(text, s.at+1)
	}
	err := error(nil)
	if closes == '}' {
		_, err = s.name()
		s.space()
	}
	f.left = f.limit
	begin, found := s.at, 0
	if err == nil {
		if err = s.value(0); err == nil && s.at == len(text) && more {
			err = errEnd // of a number, nobody knows
		}
	}
	switch {
	case !f.spend(s.at):
		return nil
	case more && errors.Is(err, errEnd):
		return text
	case err != nil: // what was entered is broken: documents begin again with the next line
		f.other(text, place{offset: f.offset}, err)
		f.open, f.skip = nil, true
		return f.pass(text, min(len(text), max(1, begin)))
	default:
		found = f.search(text[begin:s.at], place{offset: f.offset + begin})
	}
	if found == 0 && closes == ']' && f.err == nil {
		f.none(text[begin:s.at], place{offset: f.offset + begin})
	}
	return f.pass(text, s.at)
}

// enter passes the beginning of a value that is too long to be held, up to the first
// value in it that does not end. If there is none, it gives the value up.
func (f *finder) enter(text []byte) []byte {
	s := scanner{text: text}
	for c := s.space(); c == ','; c = s.space() {
		s.at++
	}
	if len(f.open) > 0 && f.open[len(f.open)-1] == '}' {
		s.name() //nolint:errcheck // if there is none, there is no bracket either
		s.space()
	}
	if s.at < len(text) && len(f.open) < maxDepth {
		switch text[s.at] {
		case '[':
			f.open = append(f.open, ']')
			return f.pass(text, s.at+1)
		case '{':
			if at, ok := f.enterObject(&s); ok {
				return f.pass(text, at)
			}
		}
	}
	f.other(text, place{offset: f.offset}, errLong)
	f.open, f.skip = nil, true
	return f.pass(text, len(text))
}

// enterObject passes the members of an object that are whole. It returns where the
// next one begins. A record is not taken apart.
func (f *finder) enterObject(s *scanner) (next int, ok bool) {
	var fields [len(recordFields)]bool
	for s.at++; f.spend(0); {
		if c := s.space(); c == ',' {
			s.at++
			s.space()
		}
		next = s.at
		end, err := s.name()
		if err != nil {
			return 0, false
		}
		name := s.text[next:end]
		s.space()
		begin := s.at
		err = s.value(0)
		if !f.spend(s.at-begin) || err != nil {
			break
		}
		if i := slices.Index(recordFields[:], string(name)); i >= 0 {
			fields[i] = true
		}
		f.search(s.text[begin:s.at], place{offset: f.offset + begin})
	}
	if !slices.Contains(fields[:], false) {
		return 0, false
	}
	f.open = append(f.open, '}')
	return next, true
}

// isEmpty reports whether a document says that there is nothing: an empty list of
// records, or an answer or log file with one.
func isEmpty(document []byte) bool {
	s := scanner{text: document}
	if document[0] == '[' {
		s.at++
		return s.space() == ']'
	}
	if document[0] != '{' {
		return false
	}
	empty := false
	err := s.object(0, func(name, value []byte) {
		switch string(name) {
		case `"Records"`, `"Events"`, `"logEvents"`:
			list := scanner{text: value, at: 1}
			empty = value[0] == '[' && list.space() == ']'
		}
	})
	return err == nil && empty
}
