package wire

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// A path is how a server is reached: by itself, or through a proxy.
type path struct {
	address string   // host:port of the server
	server  string   // its name for TLS; "" without
	proxy   *url.URL // nil for none
	// absolute says that the proxy is asked for the URL, as for one without TLS.
	absolute bool
}

func route(proxy func(*http.Request) (*url.URL, error), u *url.URL) (*path, error) {
	p := &path{address: withPort(u)}
	if u.Scheme == "https" {
		p.server = u.Hostname()
	}
	if proxy == nil {
		return p, nil
	}
	var err error
	if p.proxy, err = proxy(&http.Request{URL: u, Host: u.Host, Header: http.Header{}}); err != nil {
		return nil, fmt.Errorf("the proxy for %s: %w", u.Host, err)
	}
	if p.proxy == nil {
		return p, nil
	}
	switch p.proxy.Scheme {
	case "http", "https":
		p.absolute = p.server == ""
	case "socks5", "socks5h":
	default:
		return nil, fmt.Errorf("the proxy %s: its kind is not http, https or socks5", p.proxy.Redacted())
	}
	return p, nil
}

// withPort returns the host and port of a URL.
func withPort(u *url.URL) string {
	known := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), known[u.Scheme]))
}

// dial connects to the server, through the proxy and with TLS if need be.
func (p *path) dial(ctx context.Context, c *Config) (_ net.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.Stall)
	defer cancel()
	address := p.address
	if p.proxy != nil {
		address = withPort(p.proxy)
	}
	conn, err := c.Dial(ctx, "tcp", address)
	if err != nil {
		if p.proxy != nil {
			return nil, fmt.Errorf("the proxy %s: %w", p.proxy.Redacted(), err)
		}
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = conn.Close() // what went wrong first is what matters
		}
	}()
	if p.proxy != nil {
		if conn, err = p.pass(ctx, c, conn); err != nil {
			return nil, fmt.Errorf("the proxy %s: %w", p.proxy.Redacted(), err)
		}
	}
	if p.server != "" {
		conn, err = secure(ctx, c, conn, p.server)
	}
	return conn, err
}

// pass has the proxy connect to the server, unless it is asked by URL.
func (p *path) pass(ctx context.Context, c *Config, conn net.Conn) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // gone is ended too
	defer stop()
	if p.proxy.Scheme == "https" {
		var err error
		if conn, err = secure(ctx, c, conn, p.proxy.Hostname()); err != nil {
			return conn, err
		}
	}
	if p.absolute {
		return conn, nil
	}
	if p.proxy.Scheme != "http" && p.proxy.Scheme != "https" {
		return conn, p.socks(conn)
	}
	return conn, p.tunnel(conn, c.Stall)
}

// tunnel asks an HTTP proxy for a connection.
func (p *path) tunnel(proxy net.Conn, stall time.Duration) error {
	c := &conn{Conn: proxy, stall: stall, in: make([]byte, readBuffer)}
	c.out = append(c.out, "CONNECT "+p.address+" HTTP/1.1\r\nHost: "+p.address+"\r\n"...)
	c.out = append(p.appendAuthorization(c.out), "\r\n"...)
	if err := c.send(); err != nil {
		return err
	}
	var h head
	if err := c.head(&h); err != nil {
		return err
	}
	if h.status != http.StatusOK || c.from != c.to {
		return fmt.Errorf("it answers %d %s", h.status, http.StatusText(h.status))
	}
	return proxy.SetDeadline(time.Time{})
}

// appendAuthorization appends the header that a proxy's user is known by.
func (p *path) appendAuthorization(dst []byte) []byte {
	if p.proxy == nil || p.proxy.User == nil {
		return dst
	}
	password, _ := p.proxy.User.Password()
	dst = append(dst, "Proxy-Authorization: Basic "...)
	dst = base64.StdEncoding.AppendEncode(dst, []byte(p.proxy.User.Username()+":"+password))
	return append(dst, "\r\n"...)
}

// secure begins TLS with a server of a name.
func secure(ctx context.Context, c *Config, conn net.Conn, server string) (net.Conn, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		config = c.TLS.Clone()
	}
	config.NextProtos = []string{"http/1.1"}
	config.ServerName = cmp.Or(config.ServerName, server)
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return conn, err
	}
	return secured, nil
}
