// Package gunzip inflates whole gzip files held in memory.
package gunzip

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// ErrTooLarge says that a file inflates to more than the limit.
var ErrTooLarge = errors.New("inflates to more than the limit")

// A Decoder inflates gzip files one after the other. The zero value is ready.
type Decoder struct {
	reader gzip.Reader
}

// Decode inflates src, all members of it, over dst, which grows if need be, and
// returns the result. limit bounds its size in bytes.
func (d *Decoder) Decode(dst, src []byte, limit int) ([]byte, error) {
	if err := d.reader.Reset(bytes.NewReader(src)); err != nil {
		return nil, fmt.Errorf("inflate: %w", err)
	}
	out := bytes.NewBuffer(dst[:0])
	n, err := io.Copy(out, io.LimitReader(&d.reader, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("inflate: %w", err)
	}
	if n > int64(limit) {
		return nil, fmt.Errorf("inflate: %w of %d bytes", ErrTooLarge, limit)
	}
	return out.Bytes(), nil
}
