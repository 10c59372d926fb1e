package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	// maxObject bounds an object: no log file is larger, and no document of ours.
	maxObject = 1 << 30
	// maxPage bounds a page. A thousand keys of a thousand bytes, each of which
	// takes three, are a quarter of it.
	maxPage = 16 << 20
	// maxRefusal bounds what is read of an error.
	maxRefusal = 64 << 10
)

// A Target is where a bucket is, by the SDK's rules, and what each request to it
// says.
type Target struct {
	// URL is what keys follow: its path is escaped and ends with a slash.
	URL             *url.URL
	Host            string // as the header says it
	Region, Service string // of signatures
	Owner           string // account that must own the bucket, if not empty
	RequesterPays   bool
}

// A Bucket answers for one bucket. Its methods may be called from many
// goroutines.
type Bucket struct {
	host   *host
	target Target
	path   string // before a key
	lines  string // of a request, after what is signed
	payer  string
	signer *Signer
	pages  sync.Pool // buffers of pages

	ahead     atomic.Int64 // the server's clock less ours
	known     atomic.Bool  // whether it has told
	corrected atomic.Bool  // whether requests are signed by it
	date      atomic.Pointer[string]
}

// Bucket returns the bucket at a target.
func (c *Client) Bucket(t Target) (*Bucket, error) {
	for _, field := range []string{t.URL.Host, t.Host, t.Region, t.Service, t.Owner} {
		if !printable(field) {
			return nil, fmt.Errorf("%q cannot be sent to a server", field)
		}
	}
	h, err := c.host(t.URL)
	if err != nil {
		return nil, err
	}
	b := &Bucket{host: h, target: t, path: t.URL.EscapedPath(), signer: NewSigner(t.Region, t.Service)}
	if t.RequesterPays {
		b.payer = "requester"
	}
	lines := []byte("User-Agent: plantrail\r\nAccept-Encoding: identity\r\n")
	if h.route.absolute {
		lines = h.route.appendAuthorization(lines)
	}
	b.lines = string(lines)
	return b, nil
}

// printable reports whether a header can have a value as it is.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// Host returns the server's name, for messages.
func (b *Bucket) Host() string { return b.target.Host }

// Region returns the region that requests are signed for.
func (b *Bucket) Region() string { return b.target.Region }

// Skew returns how far the server's clock was ahead of ours when it answered
// last; known is false before that.
func (b *Bucket) Skew() (ahead time.Duration, known bool) {
	return time.Duration(b.ahead.Load()), b.known.Load()
}

// CorrectClock has requests signed by the server's clock from now on, as far as
// it is known. It reports whether that makes a difference.
func (b *Bucket) CorrectClock() bool {
	ahead, known := b.Skew()
	const matters = time.Minute
	return known && ahead.Abs() > matters && !b.corrected.Swap(true)
}

// now returns the time to sign with.
func (b *Bucket) now() time.Time {
	now := time.Now()
	if b.corrected.Load() {
		now = now.Add(time.Duration(b.ahead.Load()))
	}
	return now
}

// observe notes the Date of an answer. Most have that of the one before.
func (b *Bucket) observe(date []byte) {
	if len(date) == 0 {
		return
	}
	if last := b.date.Load(); last != nil && *last == string(date) {
		return
	}
	text := string(date)
	if at, err := http.ParseTime(text); err == nil {
		b.ahead.Store(int64(time.Until(at)))
		b.known.Store(true)
		b.date.Store(&text)
	}
}

// A call is one exchange with a bucket.
type call struct {
	who     *aws.Credentials
	attempt int // from 1
	limit   int64
	key     string // of an object, or
	query   *Query // of a page

	metadata map[string]string // to be filled; nil: nobody asks
}

// Get reads an object into buf, which grows if need be, and returns its bytes.
// attempt, from 1, is told the server.
func (b *Bucket) Get(ctx context.Context, who aws.Credentials, attempt int, key string, buf []byte) ([]byte, error) {
	return b.do(ctx, &call{who: &who, attempt: attempt, limit: maxObject, key: key}, buf)
}

// GetWithMetadata reads an object as Get does, and what its writer noted beside it, by
// names in small letters without x-amz-meta-.
func (b *Bucket) GetWithMetadata(
	ctx context.Context, who aws.Credentials, attempt int, key string, buf []byte,
) (body []byte, metadata map[string]string, err error) {
	metadata = map[string]string{}
	body, err = b.do(ctx, &call{who: &who, attempt: attempt, limit: maxObject, key: key, metadata: metadata}, buf)
	return body, metadata, err
}

// List reads a page.
func (b *Bucket) List(ctx context.Context, who aws.Credentials, attempt int, q Query) (*Listing, error) {
	buffer, _ := b.pages.Get().(*[]byte)
	if buffer == nil {
		buffer = new([]byte)
	}
	defer b.pages.Put(buffer)
	doc, err := b.do(ctx, &call{who: &who, attempt: attempt, limit: maxPage, query: &q}, *buffer)
	if err != nil {
		return nil, err
	}
	*buffer = doc
	p, err := scanPage(doc)
	if err != nil {
		return nil, &NoListingError{Host: b.target.Host, Quote: quote(doc), Err: err}
	}
	if err := p.answers(&q); err != nil {
		return nil, &NoListingError{Host: b.target.Host, Quote: quote(doc), Err: err, Whole: true}
	}
	return &p.Listing, nil
}

// do sends a request, again while pooled connections turn out to be closed, and
// reads its answer.
func (b *Bucket) do(ctx context.Context, call *call, buf []byte) ([]byte, error) {
	if !printable(call.who.SessionToken) || !printable(call.who.AccessKeyID) {
		return nil, errors.New("the credentials have characters that no credentials have")
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c, used, err := b.host.get(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &BrokenError{Err: err}
		}
		c.begin(ctx)
		body, kept, err := b.exchange(c, call, buf)
		if c.finish() && kept && err == nil {
			b.host.put(c)
			return body, nil
		}
		var refusal *Refusal
		if refused := errors.As(err, &refusal); refused && kept {
			b.host.put(c)
		} else {
			c.close()
		}
		switch {
		case err == nil, refusal != nil:
			return body, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case used && !c.answered && !errors.Is(err, errStalled):
			continue // the server had closed it, as it may
		}
		return nil, &BrokenError{Err: err, Begun: c.answered}
	}
}

// exchange sends a request on a connection and reads the answer. kept says that
// the connection is at the end of it.
func (b *Bucket) exchange(c *conn, call *call, buf []byte) (body []byte, kept bool, err error) {
	b.request(c, call)
	if err := c.send(); err != nil {
		return nil, false, err
	}
	h := head{metadata: call.metadata}
	if err := c.head(&h); err != nil {
		return nil, false, err
	}
	b.observe(h.date)
	if h.status != http.StatusOK {
		kept, err := b.refused(c, &h)
		return nil, kept, err
	}
	body, err = c.body(&h, buf, call.limit)
	return body, err == nil && !h.closes && c.from == c.to, err
}

// refused reads what a server says of a request that it does not answer with 200.
// kept says that the connection is at the end of it.
func (b *Bucket) refused(c *conn, h *head) (kept bool, err error) {
	region := string(h.region)
	var doc []byte
	if h.length < 0 && !h.chunked {
		doc = c.rest(maxRefusal)
		h.closes = true
	} else if doc, err = c.body(h, nil, maxRefusal); err != nil && !errors.Is(err, errTooLarge) {
		return false, err // of half an error nothing is to be believed
	}
	r := refusal(h.status, doc)
	r.Region = cmp.Or(r.Region, region)
	return err == nil && !h.closes && c.from == c.to, r
}

// request writes a request into its connection's buffer.
func (b *Bucket) request(c *conn, call *call) {
	// Path and query are signed as they are sent.
	r := request{host: b.target.Host, owner: b.target.Owner, payer: b.payer}
	c.path = appendEscaped(append(c.path[:0], b.path...), call.key, true)
	r.path = c.path
	if call.query != nil {
		r.query = call.query.append(nil)
	}

	out := append(c.out[:0], "GET "...)
	if b.host.route.absolute {
		out = append(append(out, "http://"...), b.target.URL.Host...)
	}
	out = append(out, r.path...)
	if len(r.query) > 0 {
		out = append(append(out, '?'), r.query...)
	}
	out = append(out, " HTTP/1.1\r\n"...)
	out, c.scratch = b.signer.appendHeaders(out, c.scratch, &r, call.who, b.now())
	out = append(out, b.lines...)
	if call.attempt > 1 {
		out = fmt.Appendf(out, "Amz-Sdk-Request: attempt=%d\r\n", call.attempt)
	}
	c.out = append(out, "\r\n"...)
}
