package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"plantrail/pipeline/gunzip"
	"plantrail/schema"
)

// A largeText plays the text of log files in pieces. Its buffers are used for one
// after another.
type largeText struct {
	limit  int // of a text
	window int // that zstd may ask for
	gunzip gunzip.Decoder
	buf    []byte
	zstd   *zstd.Decoder // of whole texts; made when first needed, as the next
	stream *zstd.Decoder
}

// pieceSize is how long a piece of a text is that is not gzipped.
const pieceSize = 512 << 10

// text returns a log file's text. Whenever it is played, inflated becomes its size as
// far as it came.
func (l *largeText) text(delivered []byte, inflated *int64) schema.Text {
	return func(each func([]byte) error) (err error) {
		*inflated = 0
		count := func(piece []byte) error {
			*inflated += int64(len(piece))
			if *inflated > int64(l.limit) {
				return fmt.Errorf("inflate: %w of %d bytes", gunzip.ErrTooLarge, l.limit)
			}
			return each(piece)
		}
		switch formatOf(delivered) {
		case gzipped:
			l.buf, err = l.gunzip.Stream(l.buf, delivered, l.limit, count)
			return err
		case zstandard:
			return l.playZstd(delivered, count)
		default:
			return count(delivered)
		}
	}
}

func (l *largeText) playZstd(delivered []byte, each func([]byte) error) error {
	if l.stream == nil {
		var err error
		l.stream, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(uint64(l.window))) //nolint:gosec // a share is positive
		if err != nil {
			return fmt.Errorf("inflate: %w", err)
		}
	}
	if err := l.stream.Reset(bytes.NewReader(delivered)); err != nil {
		return fmt.Errorf("inflate: %w", err)
	}
	if cap(l.buf) < pieceSize {
		l.buf = make([]byte, pieceSize)
	}
	for {
		n, err := l.stream.Read(l.buf[:pieceSize])
		if n > 0 {
			if err := each(l.buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, zstd.ErrWindowSizeExceeded):
			return fmt.Errorf("inflate: a zstd window of over %d MiB: %w", l.window>>20, errMemory)
		case err != nil:
			return fmt.Errorf("inflate: %w", err)
		}
	}
}

// unzstd inflates a text of at most limit bytes whole.
func (l *largeText) unzstd(dst, delivered []byte, limit int) ([]byte, error) {
	if l.zstd == nil {
		var err error
		l.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(limit))) //nolint:gosec // a limit is positive
		if err != nil {
			return nil, fmt.Errorf("inflate: %w", err)
		}
	}
	json, err := l.zstd.DecodeAll(delivered, dst[:0])
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return dst, fmt.Errorf("inflate: %w of %d bytes", gunzip.ErrTooLarge, limit)
	}
	if err != nil {
		return dst, fmt.Errorf("inflate: %w", err)
	}
	return json, nil
}

func (l *largeText) close() {
	for _, d := range []*zstd.Decoder{l.zstd, l.stream} {
		if d != nil {
			d.Close()
		}
	}
}
