package delay_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/bench/delay"
)

// echo returns the address of a server that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return listener.Addr().String()
}

func start(t *testing.T, server string, d time.Duration) *delay.Proxy {
	t.Helper()
	proxy, err := delay.Start(t.Context(), server, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })
	return proxy
}

// exchange sends a text through the proxy in pieces and returns what comes
// back until the server closes.
func exchange(p *delay.Proxy, text []byte, pieces int) ([]byte, error) {
	c, err := net.Dial("tcp", p.Address())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var group errgroup.Group
	group.Go(func() error {
		for piece := range pieces {
			if _, err := c.Write(text[piece*len(text)/pieces : (piece+1)*len(text)/pieces]); err != nil {
				return err
			}
		}
		return c.(*net.TCPConn).CloseWrite()
	})
	got, err := io.ReadAll(c)
	if err != nil {
		return nil, err
	}
	return got, group.Wait()
}

func TestBytes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		size, pieces int
	}{
		{"nothing", 0, 1},
		{"one byte", 1, 1},
		{"a request in two pieces", 1000, 2},
		{"more than may wait", 5 << 20, 7},
	}
	proxy := start(t, echo(t), 5*time.Millisecond)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := make([]byte, test.size)
			for i := range text {
				text[i] = byte(i * i >> 8)
			}
			if got, err := exchange(proxy, text, test.pieces); err != nil || !bytes.Equal(got, text) {
				t.Errorf("got %d bytes of %d, the same: %t, %v", len(got), len(text), bytes.Equal(got, text), err)
			}
		})
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	const wait = 60 * time.Millisecond
	proxy := start(t, echo(t), wait)
	c, err := net.Dial("tcp", proxy.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		began := time.Now()
		if _, err := c.Write([]byte("ask")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < wait {
			t.Errorf("answered after %s, want at least %s", took, wait)
		}
	}
}

// Many connections at once do not wait for each other: one after the other they
// would take twice as long as this allows.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	const connections, wait = 200, 250 * time.Millisecond
	proxy := start(t, echo(t), wait)
	began := time.Now()
	var group errgroup.Group
	for range connections {
		group.Go(func() error {
			_, err := exchange(proxy, []byte("ask"), 1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < wait || took > connections*wait/2 {
		t.Errorf("took %s, want from %s to %s", took, wait, connections*wait/2)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	proxy := start(t, echo(t), 0)
	c, err := net.Dial("tcp", proxy.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := proxy.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection lives on")
	}
	if _, err := net.Dial("tcp", proxy.Address()); err == nil {
		t.Error("the proxy still listens")
	}
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	if got, err := exchange(start(t, address, 0), nil, 1); len(got) > 0 {
		t.Errorf("got %q, %v", got, err)
	}
}
