package wire

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Config says how servers are reached.
type Config struct {
	// Dial connects. It must not take for ever.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Proxy returns the proxy for a request, as [http.Transport] asks for it; nil
	// for none at all.
	Proxy func(*http.Request) (*url.URL, error)
	// TLS has the roots that servers are trusted by.
	TLS *tls.Config
	// Stall is how long an answer may take to begin, and to go on.
	Stall time.Duration
	// Idle is how long a connection is kept that nobody uses, and MaxIdle how many
	// are, for each host.
	Idle    time.Duration
	MaxIdle int
}

// A Client has the connections to all hosts that are reached in one way.
type Client struct {
	config Config
	mutex  sync.Mutex
	hosts  map[string]*host // by scheme and address
}

// NewClient returns a client without connections.
func NewClient(c Config) *Client { return &Client{config: c, hosts: map[string]*host{}} }

// host returns the one that a URL is of.
func (c *Client) host(u *url.URL) (*host, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	name := u.Scheme + "://" + u.Host
	h := c.hosts[name]
	if h == nil {
		r, err := route(c.config.Proxy, u)
		if err != nil {
			return nil, err
		}
		h = &host{config: &c.config, route: r}
		c.hosts[name] = h
	}
	return h, nil
}

// A host has the connections to one server.
type host struct {
	config *Config
	route  *path

	mutex sync.Mutex
	idle  []*conn // the last one was used last
	timer *time.Timer
}

// get returns a connection, one that was used before if there is one.
func (h *host) get(ctx context.Context) (c *conn, used bool, err error) {
	h.mutex.Lock()
	if n := len(h.idle); n > 0 {
		c = h.idle[n-1]
		h.idle[n-1] = nil
		h.idle = h.idle[:n-1]
	}
	h.mutex.Unlock()
	if c != nil {
		return c, true, nil
	}
	raw, err := h.route.dial(ctx, h.config)
	if err != nil {
		return nil, false, err
	}
	return &conn{Conn: raw, stall: h.config.Stall, in: make([]byte, readBuffer)}, false, nil
}

// put takes a connection back that nothing is under way on.
func (h *host) put(c *conn) {
	c.idle = time.Now()
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if len(h.idle) >= h.config.MaxIdle {
		go c.close() // it may say goodbye, which takes time
		return
	}
	h.idle = append(h.idle, c)
	if h.timer == nil {
		h.timer = time.AfterFunc(h.config.Idle, h.prune)
	}
}

// prune closes what was idle for too long.
func (h *host) prune() {
	now := time.Now()
	h.mutex.Lock()
	n := 0
	for n < len(h.idle) && now.Sub(h.idle[n].idle) >= h.config.Idle {
		n++
	}
	old := append([]*conn(nil), h.idle[:n]...)
	kept := copy(h.idle, h.idle[n:])
	clear(h.idle[kept:])
	h.idle = h.idle[:kept]
	h.timer = nil
	if kept > 0 {
		h.timer = time.AfterFunc(h.config.Idle-now.Sub(h.idle[0].idle), h.prune)
	}
	h.mutex.Unlock()
	for _, c := range old {
		c.close()
	}
}

// Close closes the connections that nothing is under way on.
func (c *Client) Close() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, h := range c.hosts {
		h.mutex.Lock()
		idle := h.idle
		h.idle = nil
		if h.timer != nil {
			h.timer.Stop()
			h.timer = nil
		}
		h.mutex.Unlock()
		for _, c := range idle {
			c.close()
		}
	}
}
