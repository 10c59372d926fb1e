package schema

import "bytes"

// A Search is [Dismiss] over a log file whose text comes in pieces.
type Search struct {
	search
	head        int  // how much of enveloped's beginning was there
	other       bool // something else was there
	last, final byte // the last two bytes that are no white space, final the very last
}

// envelope is what every log file that CloudTrail writes begins with, white space
// aside, which may stand before the tokens' first bytes.
const envelope = `{"Records":[`

func tokenBegins(at int) bool {
	switch at {
	case 0, len(`{`), len(`{"Records"`), len(`{"Records":`):
		return true
	}
	return false
}

// Write takes the next piece of the text.
func (s *Search) Write(piece []byte) {
	s.write(piece)
	for len(piece) > 0 && s.head < len(envelope) && !s.other {
		switch c := piece[0]; {
		case c == envelope[s.head]:
			s.head++
		case !tokenBegins(s.head) || !isSpace(c):
			s.other = true
		}
		piece = piece[1:]
	}
	if s.head < len(envelope) {
		return
	}
	end := bytes.TrimRight(piece, space)
	if len(end) == 0 {
		return
	}
	before := bytes.TrimRight(end[:len(end)-1], space)
	if s.last = s.final; len(before) > 0 {
		s.last = before[len(before)-1]
	}
	s.final = end[len(end)-1]
}

// Dismissed reports, behind the last piece, whether the log file is proven to hold
// no wanted event.
func (s *Search) Dismissed() bool {
	return s.head == len(envelope) && s.last == ']' && s.final == '}' && !s.found
}

// Found reports whether the text can no longer be dismissed, whatever follows.
func (s *Search) Found() bool { return s.found || s.other }

const space = " \t\r\n"

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// overlap is more than what mentions looks for at a place.
const overlap = 64

// A search is mentions over a text that comes in pieces.
type search struct {
	found bool
	seam  [2 * overlap]byte // the end of the text so far, and room for what follows
	size  int               // of that end
}

func (s *search) write(piece []byte) {
	if s.found {
		return
	}
	joined := append(s.seam[:s.size:len(s.seam)], piece[:min(len(piece), overlap)]...)
	s.found = mentions(joined) || mentions(piece)
	end := piece
	if len(piece) < overlap {
		end = joined
	}
	s.size = copy(s.seam[:overlap], end[max(0, len(end)-overlap):])
}
