package fault

import (
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// headTimeout bounds the time that a client takes for a request's head.
	headTimeout = time.Minute
	// idleConns is how many connections to the server are kept: more than any
	// client here has requests in flight.
	idleConns = 1024
)

// A Proxy passes requests on to an S3 server, or has them meet a fault. Its
// methods may be called from many goroutines.
type Proxy struct {
	upstream  *url.URL
	address   string
	server    *http.Server
	transport *http.Transport
	tunnel    *tunnel // that clients connect to; nil: to the server itself
	closed    chan struct{}
	served    chan struct{}

	mutex   sync.Mutex
	config  Config
	number  uint64 // of the last request
	chosen  int    // faults left to chance
	counts  map[Kind]int
	retries int
	curve   curve
	bucket  bucket
	watch   watch
}

// Start runs a proxy of the server at upstream, such as http://127.0.0.1:9000,
// on a free port of the loopback interface, until [Proxy.Close].
func Start(upstream string, cfg Config) (*Proxy, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("start fault proxy: %w", err)
	}
	to, err := url.Parse(upstream)
	if err != nil || to.Host == "" {
		return nil, fmt.Errorf("start fault proxy: %q is no server's address", upstream)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start fault proxy: %w", err)
	}
	now := time.Now()
	p := &Proxy{
		upstream: to, address: listener.Addr().String(), config: cfg, counts: map[Kind]int{},
		transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: idleConns},
		closed:    make(chan struct{}), served: make(chan struct{}),
		curve: curve{began: now}, bucket: bucket{at: now}, watch: newWatch(),
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: headTimeout, ErrorLog: log.New(io.Discard, "", 0)}
	if cfg.Blind {
		close(p.served) // by nobody
		p.tunnel = newTunnel(listener, to.Host, cfg.Delay)
		return p, nil
	}
	behind := listener
	if cfg.Delay > 0 {
		if behind, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, errors.Join(fmt.Errorf("start fault proxy: %w", err), listener.Close())
		}
		p.tunnel = newTunnel(listener, behind.Addr().String(), cfg.Delay)
	}
	go func() {
		defer close(p.served)
		_ = p.server.Serve(behind) // ends with Close
	}()
	return p, nil
}

// Close ends the proxy and its connections.
func (p *Proxy) Close() error {
	close(p.closed)
	err := p.server.Close()
	if p.tunnel != nil {
		err = errors.Join(err, p.tunnel.close())
	}
	<-p.served
	p.transport.CloseIdleConnections()
	if err != nil {
		return fmt.Errorf("close fault proxy: %w", err)
	}
	return nil
}

// Endpoint returns the proxy's address as http://127.0.0.1:9001.
func (p *Proxy) Endpoint() string { return "http://" + p.address }

// SetRate changes the part of the requests that meet a fault.
func (p *Proxy) SetRate(rate float64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.config.Rate = rate
}

// SetDeniedPrefix changes what is denied. Empty denies nothing.
func (p *Proxy) SetDeniedPrefix(prefix string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.config.DeniedPrefix = prefix
}

// SetLimit changes how many requests a second are let through. 0 is no bound.
func (p *Proxy) SetLimit(limit float64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.config.Limit = limit
	p.bucket = bucket{at: time.Now()}
}

// Counts returns how many faults of each kind there were.
func (p *Proxy) Counts() map[Kind]int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return maps.Clone(p.counts)
}

// Requests returns how many requests came, and how many of them said that they
// were not the first attempt.
func (p *Proxy) Requests() (all, retries int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return int(p.number), p.retries // far from overflow
}

// Curve returns the requests of each second since the start.
func (p *Proxy) Curve() []Second {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.curve.seconds)
}

// ServeHTTP implements [http.Handler].
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The SDK says attempt=2; max=12.
	if attempt := r.Header.Get("Amz-Sdk-Request"); attempt != "" && !strings.HasPrefix(attempt, "attempt=1;") {
		p.mutex.Lock()
		p.retries++
		p.mutex.Unlock()
	}
	if p.holds(r) {
		return
	}
	kind, rng, meets := p.decide(r)
	if !meets {
		p.pass(w, r)
		return
	}
	p.meet(w, r, kind, rng)
}

// pass passes a request on, and its answer back.
func (p *Proxy) pass(w http.ResponseWriter, r *http.Request) {
	answer, err := p.forward(r)
	if err != nil {
		refuse(w, http.StatusBadGateway, "BadGateway")
		return
	}
	defer answer.Body.Close() // read to its end, or given up
	p.note(r, answer.StatusCode)
	copyHead(w, answer)
	if _, err := io.Copy(w, answer.Body); err != nil {
		reset(w)
	}
}

// forward sends a request to the server, with the Host that was signed.
func (p *Proxy) forward(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = p.upstream.Scheme, p.upstream.Host, ""
	if r.ContentLength == 0 {
		out.Body = nil // else it would be sent in chunks, to see whether there is one
	}
	return p.transport.RoundTrip(out)
}

func copyHead(w http.ResponseWriter, answer *http.Response) {
	maps.Copy(w.Header(), answer.Header)
	if answer.ContentLength >= 0 {
		w.Header().Set("Content-Length", fmt.Sprint(answer.ContentLength))
	}
	w.WriteHeader(answer.StatusCode)
}
