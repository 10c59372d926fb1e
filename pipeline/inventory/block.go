package inventory

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/s2"
)

// blockSize is how many bytes of rows a block holds before compression: enough
// to compress well, and few enough to have hundreds of runs open at once.
const blockSize = 64 << 10

// headSize is the length of what is before each block: its own length.
const headSize = 4

// A blockWriter writes rows, given in order, as blocks. Of rows with one key it
// writes the first. A row in a block is four parts: how many bytes of the key
// before it begins with, how many come from here, these, and the tail behind its
// length. The first row of a block has its whole key.
type blockWriter struct {
	out   io.Writer
	at    int64 // bytes written
	rows  int64
	index *[]block // where blocks are noted; nil: nowhere

	raw, packed []byte
	last        []byte // key
}

// A block is the place of a block in a file.
type block struct {
	at    int64
	first string // key
}

func (w *blockWriter) add(key, tail []byte) error {
	if w.rows > 0 && bytes.Equal(key, w.last) {
		return nil
	}
	if len(w.raw) >= blockSize {
		if err := w.flush(); err != nil {
			return err
		}
	}
	shared := 0
	if len(w.raw) > 0 {
		shared = common(key, w.last)
	} else if w.index != nil {
		*w.index = append(*w.index, block{w.at, string(key)})
	}
	w.raw = binary.AppendUvarint(w.raw, uint64(shared))
	w.raw = binary.AppendUvarint(w.raw, uint64(len(key)-shared))
	w.raw = append(w.raw, key[shared:]...)
	w.raw = binary.AppendUvarint(w.raw, uint64(len(tail)))
	w.raw = append(w.raw, tail...)
	w.last = append(w.last[:0], key...)
	w.rows++
	return nil
}

// common returns how many bytes two keys begin with alike.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// flush writes the rows so far. The next row begins a block.
func (w *blockWriter) flush() error {
	if len(w.raw) == 0 {
		return nil
	}
	if need := headSize + s2.MaxEncodedLen(len(w.raw)); cap(w.packed) < need {
		w.packed = make([]byte, need)
	}
	w.packed = w.packed[:cap(w.packed)]
	body := s2.Encode(w.packed[headSize:], w.raw)
	binary.LittleEndian.PutUint32(w.packed, uint32(len(body))) //nolint:gosec // about blockSize
	if _, err := w.out.Write(w.packed[:headSize+len(body)]); err != nil {
		return fmt.Errorf("write a temporary file: %w: TMPDIR must have room for the inventory", err)
	}
	w.at += int64(headSize + len(body))
	w.raw = w.raw[:0]
	return nil
}

// A blockReader reads the rows of blocks that lie one after the other.
type blockReader struct {
	file    io.ReaderAt
	at, end int64

	raw, packed []byte
	left        []byte // of raw
	key, tail   []byte
}

// cursorSize is about what a blockReader takes.
const cursorSize = 2 * blockSize

func (r *blockReader) next() (bool, error) {
	if len(r.left) == 0 {
		if r.at == r.end {
			return false, nil
		}
		if err := r.load(); err != nil {
			return false, err
		}
	}
	shared, n := binary.Uvarint(r.left)
	if n <= 0 || shared > uint64(len(r.key)) {
		return false, errRow
	}
	suffix, left, ok := cutText(r.left[n:])
	if !ok {
		return false, errRow
	}
	r.key = append(r.key[:shared], suffix...)
	if r.tail, r.left, ok = cutText(left); !ok {
		return false, errRow
	}
	return true, nil
}

func (r *blockReader) row() (key, tail []byte) { return r.key, r.tail }

// load reads the next block.
func (r *blockReader) load() error {
	var head [headSize]byte
	if _, err := r.file.ReadAt(head[:], r.at); err != nil {
		return fmt.Errorf("read a temporary file: %w", err)
	}
	size := int(binary.LittleEndian.Uint32(head[:]))
	if int64(size) > r.end-r.at-headSize {
		return errRow
	}
	if cap(r.packed) < size {
		r.packed = make([]byte, size)
	}
	r.packed = r.packed[:size]
	if n, err := r.file.ReadAt(r.packed, r.at+headSize); n < size {
		return fmt.Errorf("read a temporary file: %w", err)
	}
	if n, err := s2.DecodedLen(r.packed); err != nil || n > 2*blockSize {
		return errRow
	}
	raw, err := s2.Decode(r.raw[:cap(r.raw)], r.packed)
	if err != nil {
		return fmt.Errorf("%w (%w)", errRow, err)
	}
	r.raw, r.left, r.key = raw, raw, r.key[:0]
	r.at += headSize + int64(size)
	return nil
}
