package wire

import (
	"errors"
	"fmt"
	"slices"
)

// growth is how many bytes a body's buffer grows by at least, beyond what it was
// given with. It then grows with what has come: a length is only announced.
const growth = 1 << 20

// errTooLarge says that an answer exceeds what it may have.
var errTooLarge = errors.New("the answer is too large")

// body reads a body over dst, which grows if need be.
func (c *conn) body(h *head, dst []byte, limit int64) ([]byte, error) {
	dst = dst[:0]
	switch {
	case h.status == 204 || h.status == 304:
		return dst, nil
	case h.chunked:
		return c.chunks(dst, limit)
	case h.length < 0:
		return dst, errors.New("the answer has neither Content-Length nor chunks: its end cannot be told")
	case h.length > limit:
		return dst, fmt.Errorf("%w: %d bytes, at most %d are read", errTooLarge, h.length, limit)
	}
	return c.take(dst, h.length)
}

// take appends the next n bytes to dst.
func (c *conn) take(dst []byte, n int64) ([]byte, error) {
	if have := int64(c.to - c.from); have > 0 {
		have = min(have, n)
		dst = append(grown(dst, n), c.in[c.from:c.from+int(have)]...)
		c.from += int(have)
		n -= have
	}
	for n > 0 {
		dst = grown(dst, n)
		room := dst[len(dst):min(int64(cap(dst)), int64(len(dst))+n)]
		read, err := c.read(room)
		dst = dst[:len(dst)+read]
		n -= int64(read)
		if err != nil {
			return dst, unexpected(err)
		}
	}
	return dst, nil
}

// rest returns what comes up to the end of the connection, or the beginning of
// it.
func (c *conn) rest(limit int) []byte {
	for c.to-c.from < limit && c.fill() == nil {
		continue
	}
	return c.in[c.from:min(c.to, c.from+limit)]
}

// grown returns dst with room for more bytes, n of which are to come.
func grown(dst []byte, n int64) []byte {
	if len(dst) < cap(dst) || n == 0 {
		return dst
	}
	return slices.Grow(dst, int(min(n, int64(max(growth, len(dst))))))
}

// chunks appends a body that comes in chunks.
func (c *conn) chunks(dst []byte, limit int64) ([]byte, error) {
	for {
		line, err := c.line()
		if err != nil {
			return dst, err
		}
		size, err := chunkSize(line)
		if err != nil {
			return dst, err
		}
		if size == 0 {
			return dst, c.trailers()
		}
		if size > limit-int64(len(dst)) {
			return dst, fmt.Errorf("%w: at most %d bytes are read", errTooLarge, limit)
		}
		if dst, err = c.take(dst, size); err != nil {
			return dst, err
		}
		if line, err = c.line(); err != nil {
			return dst, err
		}
		if len(line) > 0 {
			return dst, fmt.Errorf("%w: a chunk is longer than it says", errHead)
		}
	}
}

// trailers reads what may follow the last chunk, and throws it away.
func (c *conn) trailers() error {
	for read := 0; read <= maxHead; {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			return err
		}
		read += len(line)
	}
	return fmt.Errorf("%w: its trailers are longer than %d bytes", errHead, maxHead)
}

// line reads a line that ends in CR LF. It is valid until more is read.
func (c *conn) line() ([]byte, error) {
	end, err := c.until("\n")
	if err != nil {
		return nil, err
	}
	line, _, ok := cutLine(c.in[c.from : c.from+end])
	c.from += end
	if !ok {
		return nil, fmt.Errorf("%w: a line of a chunk has no end", errHead)
	}
	return line, nil
}

// chunkSize reads a chunk's size. What may follow it says nothing of the size.
func chunkSize(line []byte) (int64, error) {
	const most = 15 // digits that fit an int64
	size, n := int64(0), 0
	for n < len(line) && unhex(line[n]) < 16 {
		size = size<<4 | int64(unhex(line[n]))
		n++
		if n > most {
			break
		}
	}
	if n == 0 || n > most || n < len(line) && line[n] != ';' && line[n] != ' ' && line[n] != '\t' {
		return 0, fmt.Errorf("%w: a chunk's size is %s", errHead, quote(line))
	}
	return size, nil
}
