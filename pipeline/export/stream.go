package export

import (
	"bytes"
	"errors"
	"strings"
)

// A stream is the part of a finder that takes a text in pieces. It holds the end of
// the text so far whose document is not whole. If that grows beyond the limit, the
// document is entered: its first bracket is passed, and what is in it are documents
// of their own from then on.
type stream struct {
	begun  bool   // enough was there to tell what the text is
	held   []byte // not searched yet
	offset int    // of that in the file
	wait   int    // for how much of it to wait
	skip   bool   // up to the next line
	open   []byte // the brackets to come that close what was entered
	first  bool   // no comma is to come before what is next in there
	wide
}

// errLong says that a value does not fit in memory and cannot be taken apart.
var errLong = errors.New("too long to be held: run with more --memory")

// beginBytes is how much of a text tells what it is.
const beginBytes = 512

// write takes the next piece.
func (f *finder) write(piece []byte) error {
	if f.begun {
		return f.take(piece)
	}
	if len(f.held) > 0 || len(piece) < beginBytes {
		f.held = append(f.held, piece...)
		piece = f.held
	}
	if len(piece) < beginBytes {
		return nil
	}
	f.held = nil
	return f.begin(piece)
}

// begin takes the first piece.
func (f *finder) begin(piece []byte) error {
	if err := checkFormat(piece); err != nil {
		return err
	}
	f.begun, f.wide = true, newWide(piece)
	return f.take(piece)
}

func (f *finder) take(piece []byte) error {
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
	for f.err == nil && len(rest) >= f.Limit {
		rest = f.advance(f.enter(rest, errLong), true)
	}
	f.wait = 2 * len(rest)
	f.held = append(f.held[:0], rest...)
	return f.err
}

// close takes the end of the text.
func (f *finder) close() error {
	if !f.begun {
		head := f.held
		f.held = nil
		if err := f.begin(head); err != nil {
			return err
		}
	}
	f.advance(f.held, false)
	if len(f.open) > 0 && f.err == nil {
		f.broke(nil, place{offset: f.offset}, errEnd)
	}
	if len(f.half) > 0 {
		f.broke(f.half, place{offset: f.offset}, errHalf)
	}
	f.unnamed()
	return f.err
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
		if len(f.open) == 0 {
			_, used, err := f.documents(text, place{offset: f.offset}, more)
			if text = f.pass(text, used); err == nil {
				return text
			}
			text = f.enter(text, err)
			continue
		}
		waits := false
		if text, waits = f.inside(text, more); waits {
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

// inside takes the next value, or bracket, of what was entered, and returns the rest. It
// waits if that is not whole.
func (f *finder) inside(text []byte, more bool) (rest []byte, waits bool) {
	s := scanner{text: text}
	c := s.space()
	if c == ',' {
		s.at++
		c = s.space()
	}
	closes := f.open[len(f.open)-1]
	switch comma := bytes.IndexByte(text[:s.at], ',') >= 0; {
	case c == 0 && s.at == len(text):
		return text, true
	case c != closes && comma == f.first:
		return f.giveUp(text, s.at, errSyntax), false
	case c == closes:
		f.open, f.first = f.open[:len(f.open)-1], false
		return f.pass(text, s.at+1), false
	}
	err := error(nil)
	if closes == '}' {
		_, err = s.name()
		s.space()
	}
	f.left = f.Limit
	begin, found := s.at, 0
	if err == nil {
		if err = s.value(0); err == nil && s.at == len(text) && more {
			err = errEnd // of a number, nobody knows
		}
	}
	switch {
	case !f.spend(s.at):
		return nil, true
	case more && errors.Is(err, errEnd):
		return text, true
	case err != nil:
		return f.enter(text, err), false
	}
	if found = f.search(text[begin:s.at], place{offset: f.offset + begin}); closes == '}' && f.hidden == nil {
		found = 1 // whatever it is, a member is no part of its own
	}
	if f.first = false; f.err == nil {
		f.searched(text[begin:s.at], place{offset: f.offset + begin}, found)
	}
	return f.pass(text, s.at), false
}

// enter passes the beginning of a value that is too long to be held, or broken, up to the
// first value in it that does not end. If there is none, it gives the value up.
func (f *finder) enter(text []byte, why error) []byte {
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
			f.open, f.first = append(f.open, ']'), true
			return f.pass(text, s.at+1)
		case '{':
			if f.enterObject(&s) {
				return f.pass(text, s.at)
			}
		}
	}
	if errors.Is(why, errLong) {
		s.at = len(text)
	}
	return f.giveUp(text, s.at, why)
}

// giveUp gives up what begins here and breaks at at: documents begin again with the next
// line.
func (f *finder) giveUp(text []byte, at int, why error) []byte {
	f.broke(text, place{offset: f.offset}, why)
	f.open, f.skip = nil, true
	if at = min(at, len(text)); errors.Is(why, errLong) {
		return f.pass(text, at)
	}
	for at > 0 && strings.IndexByte(" \t\r\n", text[at-1]) >= 0 {
		at-- // that it is broken may show only there
	}
	return f.pass(text, at)
}

// enterObject moves over the members of an object that are whole, and passes on what is in
// them. A record is not taken apart: what is in it, a caller has said.
func (f *finder) enterObject(s *scanner) (entered bool) {
	for s.at++; f.spend(0); {
		if c := s.space(); c == ',' {
			s.at++
			s.space()
		}
		next := s.at
		end, err := s.name()
		if err != nil || ofRecord(s.text[next:end]) {
			s.at = next // what was before it is passed on
			return false
		}
		s.space()
		begin := s.at
		if err = s.value(0); !f.spend(s.at-begin) || err != nil {
			s.at = next
			break
		}
		f.search(s.text[begin:s.at], place{offset: f.offset + begin})
	}
	f.open, f.first = append(f.open, '}'), true
	return true
}

// ofRecord reports whether an object with a member of this name is a record.
func ofRecord(name []byte) bool {
	switch string(name) {
	case `"eventVersion"`, `"userIdentity"`, `"eventTime"`, `"eventSource"`, `"eventName"`:
		return true
	}
	return false
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
