package wire_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"plantrail/pipeline/store/wire"
)

// A gate is a proxy of each kind. It lets only one user in, and leads wherever
// it is asked to go to one server, so that names need no resolving.
type gate struct {
	address string
	asked   atomic.Pointer[string]
}

func openGate(t *testing.T, to string, pass func(g *gate, c net.Conn, in *bufio.Reader) bool) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	g := &gate{address: listener.Addr().String()}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				if !pass(g, c, in) {
					return
				}
				up, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer up.Close()
				go io.Copy(up, in)
				io.Copy(c, up)
			}()
		}
	}()
	return g
}

func byConnect(g *gate, c net.Conn, in *bufio.Reader) bool {
	r, err := http.ReadRequest(in)
	if err != nil || r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpwYXNz" {
		io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
		return false
	}
	g.asked.Store(&r.Host)
	io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	return true
}

func bySocks(g *gate, c net.Conn, in *bufio.Reader) bool {
	read := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err != nil {
			return make([]byte, n)
		}
		return b
	}
	read(int(read(2)[1])) // methods
	c.Write([]byte{5, 2})
	user := read(int(read(2)[1]))
	password := read(int(read(1)[0]))
	if string(user) != "user" || string(password) != "pass" {
		c.Write([]byte{1, 1})
		return false
	}
	c.Write([]byte{1, 0})
	name := string(read(int(read(5)[4])))
	host := net.JoinHostPort(name, map[uint16]string{80: "80", 443: "443"}[binary.BigEndian.Uint16(read(2))])
	g.asked.Store(&host)
	c.Write([]byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 80})
	return true
}

// Servers are reached through proxies of every kind that the environment can
// name, with TLS to the server itself where it has it.
func TestProxy(t *testing.T) {
	const object = "an object"
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/key" && r.Host == "trail.example" {
			io.WriteString(w, object)
		}
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	// An HTTP proxy is asked for URLs where there is no TLS.
	var absolute atomic.Pointer[string]
	byURL := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := r.URL.String() + " " + r.Header.Get("Proxy-Authorization")
		absolute.Store(&text)
		handler(w, r)
	}))
	defer byURL.Close()
	get := func(proxy, server string) (string, error) {
		client := wire.NewClient(wire.Config{
			Dial: new(net.Dialer).DialContext, Stall: 5 * time.Second, Idle: time.Second, MaxIdle: 1,
			// The name that httptest's certificate is of.
			TLS:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, ServerName: "example.com"},
			Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(proxy) },
		})
		defer client.Close()
		u, err := url.Parse(server)
		if err != nil {
			return "", err
		}
		b, err := client.Bucket(wire.Target{URL: u, Host: u.Host, Region: "us-east-1", Service: "s3"})
		if err != nil {
			return "", err
		}
		body, err := b.Get(t.Context(), aws.Credentials{AccessKeyID: "A", SecretAccessKey: "s"}, 1, "key", nil)
		return string(body), err
	}
	tunnel := openGate(t, secure.Listener.Addr().String(), byConnect)
	socks, socksPlain := openGate(t, secure.Listener.Addr().String(), bySocks), openGate(t, plain.Listener.Addr().String(), bySocks)
	for name, test := range map[string]struct {
		proxy, server string
		asked         *atomic.Pointer[string]
		want          string
	}{
		"by URL":     {"http://user:pass@" + byURL.Listener.Addr().String(), "http://trail.example/", &absolute, "http://trail.example/key Basic dXNlcjpwYXNz"},
		"by CONNECT": {"http://user:pass@" + tunnel.address, "https://trail.example/", &tunnel.asked, "trail.example:443"},
		"SOCKS":      {"socks5://user:pass@" + socksPlain.address, "http://trail.example/", &socksPlain.asked, "trail.example:80"},
		"SOCKS, TLS": {"socks5h://user:pass@" + socks.address, "https://trail.example/", &socks.asked, "trail.example:443"},
	} {
		if got, err := get(test.proxy, test.server); err != nil || got != object || test.asked.Load() == nil || *test.asked.Load() != test.want {
			t.Errorf("%s: got %q, error %v", name, got, err)
		}
	}
	for name, proxy := range map[string]string{
		"it answers 407": "http://user:wrong@" + tunnel.address, "refuses the user": "socks5://user:wrong@" + socks.address,
		"its kind is not": "ftp://" + socks.address, "refused": "http://user:pass@127.0.0.1:1",
	} {
		if _, err := get(proxy, "https://trail.example/"); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "the proxy ") || strings.Contains(err.Error(), "pass@") || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
