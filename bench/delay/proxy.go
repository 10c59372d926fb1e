package delay

import (
	"context"
	"errors"
	"fmt"
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

// A Proxy forwards connections to a server, with a delay.
type Proxy struct {
	listener net.Listener
	server   string
	delay    time.Duration
	done     sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

// Start returns a proxy, on a free port of the loopback interface, of the
// server at an address, host:port.
func Start(ctx context.Context, server string, delay time.Duration) (*Proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start proxy: %w", err)
	}
	p := &Proxy{listener: listener, server: server, delay: delay, open: make(map[net.Conn]bool)}
	p.done.Go(p.accept)
	return p, nil
}

// Address returns where the proxy listens, as host:port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Close ends the proxy and all its connections.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.open {
		_ = c.Close() // it may be closed already
	}
	p.mu.Unlock()
	p.done.Wait()
	if err != nil {
		return fmt.Errorf("close proxy: %w", err)
	}
	return nil
}

// accept takes connections until the listener is closed.
func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(p.delay) // out of files, perhaps: others may close theirs
			continue
		}
		p.done.Go(func() { p.forward(client) })
	}
}

// forward connects a client with the server until both have said all.
func (p *Proxy) forward(client net.Conn) {
	defer p.drop(client)
	if !p.keep(client) {
		return
	}
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return // the client sees a connection that ends
	}
	defer p.drop(server)
	if !p.keep(server) {
		return
	}
	p.done.Go(func() {
		p.send(server, client)
		closeWrite(server)
	})
	_, _ = io.Copy(client, server) // a broken connection breaks for the client
	closeWrite(client)
}

// A chunk is what a client sent, and when it goes on to the server.
type chunk struct {
	bytes []byte
	due   time.Time
}

// send forwards what a client sends, each chunk when it is due.
func (p *Proxy) send(server io.Writer, client io.Reader) {
	waiting := make(chan chunk, chunksWaiting)
	p.done.Go(func() {
		defer close(waiting)
		buf := make([]byte, chunkSize)
		for {
			n, err := client.Read(buf)
			if n > 0 {
				waiting <- chunk{bytes: append([]byte(nil), buf[:n]...), due: time.Now().Add(p.delay)}
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

// keep notes a connection for Close, unless that has been called.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.open[c] = true
	}
	return !p.closed
}

// drop closes a connection.
func (p *Proxy) drop(c net.Conn) {
	_ = c.Close() // it may be closed already
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

// closeWrite tells the other side that nothing more will come.
func closeWrite(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // the other side may have gone
	}
}
