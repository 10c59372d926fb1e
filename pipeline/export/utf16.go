package export

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// A wide text is in UTF-16, as shells of Windows write what they redirect. Its pieces
// are turned into UTF-8.
type wide struct {
	order binary.ByteOrder // nil: the text is no such
	half  []byte           // a part of a character
	text  []byte
}

// newWide tells by a text's first bytes what it is.
func newWide(head []byte) wide {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return wide{order: binary.LittleEndian}
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return wide{order: binary.BigEndian}
	case len(head) < 2: // without a mark, a bracket or a quote tells
	case head[1] == 0 && startsDocument(head[0]):
		return wide{order: binary.LittleEndian}
	case head[0] == 0 && startsDocument(head[1]):
		return wide{order: binary.BigEndian}
	}
	return wide{}
}

// narrow returns a piece in UTF-8, valid until the next call.
func (w *wide) narrow(piece []byte) []byte {
	w.text = w.text[:0]
	piece = append(w.half, piece...)
	for len(piece) >= 2 {
		r, size := rune(w.order.Uint16(piece)), 2
		if utf16.IsSurrogate(r) {
			if len(piece) < 4 {
				break
			}
			if r = utf16.DecodeRune(r, rune(w.order.Uint16(piece[2:]))); r != utf8.RuneError {
				size = 4
			}
		}
		w.text = utf8.AppendRune(w.text, r) // a mark stays one
		piece = piece[size:]
	}
	w.half = bytes.Clone(piece)
	return w.text
}
