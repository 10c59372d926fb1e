package pipeline

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxLayers bounds how often a file may be compressed.
const maxLayers = 4

// errLayers says that a file is compressed again and again.
var errLayers = fmt.Errorf("compressed more than %d times over", maxLayers)

// byteOrderMark is how some editors and programs begin a text.
const byteOrderMark = "\xef\xbb\xbf"

// unwrapped returns a reader of what is in r, however often it is compressed. window
// bounds what zstd may ask for. close gives back what it holds.
func unwrapped(r io.Reader, window int) (text io.Reader, closeAll func(), err error) {
	var decoders []*zstd.Decoder
	closeAll = func() {
		for _, d := range decoders {
			d.Close()
		}
	}
	for range maxLayers + 1 {
		buffered := bufio.NewReaderSize(r, pieceSize)
		head, err := buffered.Peek(len(zstdMagic))
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, closeAll, err
		}
		switch formatOf(head) {
		case gzipped:
			r = &members{from: buffered}
		case zstandard:
			d, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(uint64(window))) //nolint:gosec // a share is positive
			if err != nil {
				return nil, closeAll, fmt.Errorf("inflate: %w", err)
			}
			decoders = append(decoders, d)
			r = d
		default:
			return buffered, closeAll, nil
		}
	}
	return nil, closeAll, errLayers
}

// members reads the members of a gzip file. Zeros behind the last one are padding,
// which tapes and block devices leave.
type members struct {
	from *bufio.Reader
	gzip *gzip.Reader
}

// Read implements [io.Reader].
func (m *members) Read(p []byte) (n int, err error) {
	if m.gzip == nil {
		if m.gzip, err = gzip.NewReader(m.from); err != nil {
			return 0, err
		}
		m.gzip.Multistream(false)
	}
	for {
		n, err = m.gzip.Read(p)
		if n > 0 || err == nil {
			return n, nil
		}
		if !errors.Is(err, io.EOF) {
			return 0, err
		}
		if head, err := m.from.Peek(1); err != nil || head[0] == 0 {
			return 0, m.padding()
		}
		if err := m.gzip.Reset(m.from); err != nil {
			return 0, err
		}
		m.gzip.Multistream(false)
	}
}

// padding passes over zeros. What else follows is an error.
func (m *members) padding() error {
	for {
		if _, err := m.from.Peek(1); err != nil {
			return err
		}
		head, _ := m.from.Peek(m.from.Buffered()) // which is there
		if len(bytes.TrimLeft(head, "\x00")) > 0 {
			return errPadding
		}
		if _, err := m.from.Discard(len(head)); err != nil {
			return err
		}
	}
}

// errPadding says that something else than zeros is behind the last member.
var errPadding = errors.New("inflate: bytes that are neither a gzip member nor zeros follow the last member")
