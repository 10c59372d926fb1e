package fault_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/bench/fault"
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

// tunnel starts a blind proxy of the server at an address.
func tunnel(t *testing.T, address string, delay time.Duration) *fault.Proxy {
	t.Helper()
	return start(t, "http://"+address, fault.Config{Delay: delay, Blind: true})
}

// addressOf is where a proxy listens, as host:port.
func addressOf(p *fault.Proxy) string { return strings.TrimPrefix(p.Endpoint(), "http://") }

// exchange sends a text through the proxy in pieces and returns what comes
// back until the server closes.
func exchange(p *fault.Proxy, text []byte, pieces int) ([]byte, error) {
	c, err := net.Dial("tcp", addressOf(p))
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

func TestTunnelBytes(t *testing.T) {
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
	proxy := tunnel(t, echo(t), 5*time.Millisecond)
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

func TestTunnelDelay(t *testing.T) {
	t.Parallel()
	const wait = 60 * time.Millisecond
	proxy := tunnel(t, echo(t), wait)
	c, err := net.Dial("tcp", addressOf(proxy))
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
func TestTunnelSideBySide(t *testing.T) {
	t.Parallel()
	const connections, wait = 200, 250 * time.Millisecond
	proxy := tunnel(t, echo(t), wait)
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

func TestTunnelClose(t *testing.T) {
	t.Parallel()
	proxy, err := fault.Start("http://"+echo(t), fault.Config{Blind: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", addressOf(proxy))
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
	if _, err := net.Dial("tcp", addressOf(proxy)); err == nil {
		t.Error("the proxy still listens")
	}
}

func TestTunnelNoServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	if got, err := exchange(tunnel(t, address, 0), nil, 1); len(got) > 0 {
		t.Errorf("got %q, %v", got, err)
	}
}

// Faults and a delay go together: what meets a fault comes late too, is counted,
// and breaks off for the client as it does without.
func TestTunnelFaults(t *testing.T) {
	t.Parallel()
	const wait = 60 * time.Millisecond
	for kind, want := range map[fault.Kind]error{
		fault.SlowDown: nil, fault.ResetBefore: syscall.ECONNRESET, fault.Short: io.ErrUnexpectedEOF,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			p := start(t, newUpstream(t).URL, fault.Config{Rate: 1, Kinds: []fault.Kind{kind}, Most: 1, Delay: wait})
			for i, want := range []error{want, nil} {
				began := time.Now()
				if _, _, err := send(t.Context(), "GET", p.Endpoint()+"/trail/a.json.gz"); !errors.Is(err, want) {
					t.Errorf("request %d: %v, want %v", i, err, want)
				}
				if took := time.Since(began); took < wait {
					t.Errorf("request %d: %s, want at least %s", i, took, wait)
				}
			}
			if requests, _ := p.Requests(); requests != 2 || p.Counts()[kind] != 1 {
				t.Errorf("%d requests, counted %v", requests, p.Counts())
			}
		})
	}
}
