package fault

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// chunkSize is how much is read of a client at once: more than a request
	// without a body.
	chunkSize = 16 << 10
	// chunksWaiting is how many chunks of a connection may wait. A client that
	// sends more within the delay waits itself.
	chunksWaiting = 64
)

// A tunnel forwards connections to a server, what the client sends with a delay.
// What a client sends is read at once, and sent on when it has waited: so a
// request takes that much longer, in however many pieces it comes, and no
// connection waits for another. What the server answers passes without delay, and
// on Linux without being copied through this process.
type tunnel struct {
	listener net.Listener
	server   string // host:port
	delay    time.Duration
	done     sync.WaitGroup

	mutex  sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

// newTunnel forwards what connects to the listener, until the tunnel is closed.
func newTunnel(listener net.Listener, server string, delay time.Duration) *tunnel {
	t := &tunnel{listener: listener, server: server, delay: delay, open: map[net.Conn]bool{}}
	t.done.Go(t.accept)
	return t
}

// close ends the tunnel and all its connections.
func (t *tunnel) close() error {
	err := t.listener.Close()
	t.mutex.Lock()
	t.closed = true
	for c := range t.open {
		_ = c.Close() // it may be closed already
	}
	t.mutex.Unlock()
	t.done.Wait()
	return err
}

// accept takes connections until the listener is closed.
func (t *tunnel) accept() {
	for {
		client, err := t.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(t.delay) // out of files, perhaps: others may close theirs
			continue
		}
		t.done.Go(func() { t.forward(client) })
	}
}

// forward connects a client with the server until both have said all.
func (t *tunnel) forward(client net.Conn) {
	defer t.drop(client)
	if !t.keep(client) {
		return
	}
	server, err := net.Dial("tcp", t.server)
	if err != nil {
		return // the client sees a connection that ends
	}
	defer t.drop(server)
	if !t.keep(server) {
		return
	}
	t.done.Go(func() {
		t.send(server, client)
		closeWrite(server)
	})
	if _, err := io.Copy(client, server); err != nil {
		breakOff(client) // what broke for the tunnel breaks for the client
		return
	}
	closeWrite(client)
}

// A chunk is what a client sent, and when it goes on to the server.
type chunk struct {
	bytes []byte
	due   time.Time
}

// send forwards what a client sends, each chunk when it is due.
func (t *tunnel) send(server io.Writer, client io.Reader) {
	waiting := make(chan chunk, chunksWaiting)
	t.done.Go(func() {
		defer close(waiting)
		buf := make([]byte, chunkSize)
		for {
			n, err := client.Read(buf)
			if n > 0 {
				waiting <- chunk{bytes: append([]byte(nil), buf[:n]...), due: time.Now().Add(t.delay)}
			}
			if err != nil {
				return
			}
		}
	})
	var err error
	for c := range waiting {
		time.Sleep(time.Until(c.due))
		if err == nil {
			_, err = server.Write(c.bytes)
		}
	}
}

// keep notes a connection for close, unless that has been called.
func (t *tunnel) keep(c net.Conn) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !t.closed {
		t.open[c] = true
	}
	return !t.closed
}

// drop closes a connection.
func (t *tunnel) drop(c net.Conn) {
	_ = c.Close() // it may be closed already
	t.mutex.Lock()
	defer t.mutex.Unlock()
	delete(t.open, c)
}

// closeWrite tells the other side that nothing more will come.
func closeWrite(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // the other side may have gone
	}
}

// breakOff has the connection end with a reset.
func breakOff(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // then closing resets
	}
	_ = c.Close() // as good as gone
}
