package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// readBuffer holds a head and, nearly always, a small object.
	readBuffer = 4 << 10
	// leastRate is how many bytes a second an answer must have, counted from the
	// end of its first stall time on. So an answer ends, however slow: one of n
	// bytes after twice the stall time and a second for each of these.
	leastRate = 8 << 10
)

// A conn is a connection. One request at a time uses it.
type conn struct {
	net.Conn
	stall time.Duration
	idle  time.Time // since when it waits in the pool

	out           []byte // a request
	path, scratch []byte // what it is made from
	in            []byte // what was read
	from, to      int    // in in: what is not used yet

	began    time.Time // the request was sent
	answered bool      // something has come since
	received int64     // bytes of the answer

	mutex sync.Mutex
	done  <-chan struct{} // of the context that it was last used in
	stop  func() bool     // ends the watch over that
	busy  bool
	ended bool // the context has, while it was busy
}

var (
	// errEnded says that the context ended an exchange.
	errEnded = errors.New("the context has ended")
	// errStalled says that an answer did not begin, or go on, in time.
	errStalled = errors.New("stalled")
)

// begin readies the connection for a request of ctx, whose end ends it. The
// watch over a context stays for the requests that follow in it.
func (c *conn) begin(ctx context.Context) {
	c.mutex.Lock()
	if done := ctx.Done(); done != c.done {
		if c.stop != nil {
			c.stop()
		}
		c.done, c.stop = done, nil
		if done != nil {
			c.stop = context.AfterFunc(ctx, func() { c.interrupt(done) })
		}
	}
	c.busy = true
	c.mutex.Unlock()
	c.from, c.to, c.received, c.answered = 0, 0, 0, false
}

// interrupt ends the request that is under way in a context.
func (c *conn) interrupt(done <-chan struct{}) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.busy && c.done == done {
		c.ended = true
		_ = c.SetDeadline(time.Unix(1, 0)) // a connection that is gone has ended too
	}
}

// finish ends a request, and reports whether another may follow.
func (c *conn) finish() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.busy = false
	return !c.ended
}

// close ends the connection.
func (c *conn) close() {
	c.mutex.Lock()
	c.busy = false
	if c.stop != nil {
		c.stop()
	}
	c.mutex.Unlock()
	_ = c.Close() // it carries nothing that matters any more
}

// deadline sets how long may be waited, from now on.
func (c *conn) deadline(now time.Time) error {
	until := now.Add(c.stall)
	if c.answered {
		last := c.began.Add(2*c.stall + time.Duration(float64(c.received)/leastRate*float64(time.Second)))
		if last.Before(until) {
			until = last
		}
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.ended {
		return errEnded
	}
	return c.SetDeadline(until)
}

// send writes the request.
func (c *conn) send() error {
	c.began = time.Now()
	if err := c.deadline(c.began); err != nil {
		return err
	}
	_, err := c.Write(c.out)
	return c.explain(err)
}

// read reads what has come, at least a byte.
func (c *conn) read(p []byte) (int, error) {
	if c.answered { // the deadline of send is good for the first read
		if err := c.deadline(time.Now()); err != nil {
			return 0, err
		}
	}
	n, err := c.Read(p)
	if n > 0 {
		c.answered = true
		c.received += int64(n)
		return n, nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return 0, c.explain(err)
}

// explain says in words what a deadline was for.
func (c *conn) explain(err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch took := time.Since(c.began).Round(time.Millisecond); {
	case c.ended:
		return errEnded
	case took > c.stall && c.answered:
		return fmt.Errorf("%w: only %d bytes of the answer came within %s", errStalled, c.received, took)
	}
	return fmt.Errorf("%w: nothing came for %s", errStalled, c.stall)
}

// fill reads more into the buffer.
func (c *conn) fill() error {
	if c.from == c.to {
		c.from, c.to = 0, 0
	}
	if c.to == len(c.in) {
		if c.from > 0 {
			c.to = copy(c.in, c.in[c.from:c.to])
			c.from = 0
		} else {
			c.in = append(c.in, make([]byte, max(len(c.in), readBuffer))...)
		}
	}
	n, err := c.read(c.in[c.to:])
	c.to += n
	return err
}

// head reads the head of the answer. What h has of it is valid until more is
// read.
func (c *conn) head(h *head) error {
	for range maxInterim {
		end, err := c.until("\r\n\r\n")
		if err != nil {
			return err
		}
		begun := c.in[c.from : c.from+end]
		c.from += end
		if err := parseHead(begun, h); err != nil {
			return err
		}
		if h.status >= 200 {
			return nil
		}
	}
	return fmt.Errorf("%w: it does not come after %d announcements", errHead, maxInterim)
}

// until returns where in the buffer a mark ends, after reading up to it.
func (c *conn) until(mark string) (int, error) {
	for searched := 0; ; {
		have := c.in[c.from:c.to]
		if at := bytes.Index(have[searched:], []byte(mark)); at >= 0 {
			return searched + at + len(mark), nil
		}
		if len(have) > maxHead {
			return 0, fmt.Errorf("%w: it is longer than %d bytes", errHead, maxHead)
		}
		// What cannot be one is told before waiting for the rest.
		if n := min(len(have), len("HTTP/1.")); mark == "\r\n\r\n" && string(have[:n]) != "HTTP/1."[:n] {
			return 0, fmt.Errorf("%w: it begins %s", errHead, quote(have))
		}
		searched = max(len(have)-len(mark)+1, 0)
		if err := c.fill(); err != nil {
			return 0, unexpected(err)
		}
	}
}

// unexpected makes an end that comes too early an error of its own.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
