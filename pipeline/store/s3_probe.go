package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"plantrail/pipeline/retry"
)

// ErrNoLocks says that a store's conditional puts do not keep two writers apart.
var ErrNoLocks = errors.New("a table cannot be kept there: use another store or an S3 server that has atomic conditional puts")

const (
	// probeSize is larger than what is sent at a time, so that a server has begun
	// with a put before its body is over.
	probeSize = 16 << 10
	// So many times two puts at once show a server that checks and then puts, if it
	// does so in a time that is at all to be seen: of one that was tried, each time
	// shows it with a chance of 1 in 7. More at once show it less often. What AWS
	// says of its puts needs no proof.
	probeRounds, probeRoundsAWS = 40, 2
	// maxRounds bounds how often it is tried while other runs probe too, so that
	// neither of the two puts is accepted.
	maxRounds = 500
	// holdTime is how long puts are held at most for others: a server may take one
	// after the other.
	holdTime = time.Second
)

// errProven says that another run has come to the end of the same probe.
var errProven = errors.New("proven by another run")

// ProbePuts finds out whether of two puts that expect the same version one is
// refused, however they meet. It does so with an object that is there, and whose
// body document makes: document(""), which is the last one put, if all is well,
// and others while the probe lasts. Any number of processes may probe at once.
//
// A put that tells the version is refused that comes after another one, in three
// ways: it begins after the other has ended; it begins before, and the other one
// overtakes it; and both end at once.
func (s *S3) ProbePuts(ctx context.Context, key string, document func(token string) []byte) error {
	p := prober{s: s, key: key, document: document}
	for _, step := range []func(context.Context) error{p.base, p.overtake, p.atOnce, p.finish} {
		switch err := step(ctx); {
		case errors.Is(err, errProven):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// ProbePutCount returns how many puts a probe takes, alone, of a store that keeps
// two of them apart.
func ProbePutCount(u URL) int64 { return int64(1 + 2 + 2*rounds(u) + 1) }

func rounds(u URL) int {
	if u.Endpoint == "" {
		return probeRoundsAWS
	}
	return probeRounds
}

// A prober is one probe.
type prober struct {
	s        *S3
	key      string
	document func(token string) []byte
	etag     string // of the object as this probe knows it
}

// find asks which version is there now.
func (p *prober) find(ctx context.Context) (err error) {
	file, err := p.s.Open(ctx, p.key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	proven := p.document("")
	body, err := io.ReadAll(io.NewSectionReader(file, 0, min(file.Size, int64(len(proven)+1))))
	switch {
	case err != nil:
		return err
	case file.ETag == "":
		return fmt.Errorf("open %s: the store does not say an object's ETag: %w", p.s.url.root()+p.key, ErrNoLocks)
	case bytes.Equal(body, proven):
		return errProven
	}
	p.etag = file.ETag
	return nil
}

// base puts an object that is like no other, so that its version never comes
// again whoever probes beside.
func (p *prober) base(ctx context.Context) error {
	if err := p.find(ctx); err != nil {
		return err
	}
	if err := p.replace(ctx, p.unique()); err != nil {
		return err
	}
	return p.find(ctx)
}

// finish leaves the proof.
func (p *prober) finish(ctx context.Context) error { return p.replace(ctx, p.document("")) }

// unique returns a body that nobody else puts.
func (p *prober) unique() []byte {
	body := p.document(rand.Text())
	return append(body, bytes.Repeat([]byte(" "), max(0, probeSize-len(body)))...)
}

// replace puts the object in the place of whatever version is there.
func (p *prober) replace(ctx context.Context, body []byte) error {
	refused := 0 // in a row, without that the version has changed
	policy := retry.Policy{Attempts: 100, Step: 20 * time.Millisecond, Most: time.Second}
	return policy.Do(ctx, IsChanged, func() error {
		_, err := p.s.putOnePart(ctx, p.key, bytes.NewReader(body), p.etag)
		if !IsChanged(err) {
			return err
		}
		before := p.etag
		if err := p.find(ctx); err != nil {
			return err
		}
		if p.etag != before {
			refused = 0
			return err // another probe was faster
		}
		if refused++; refused == 5 {
			return fmt.Errorf("write %s: the store refuses a put whose If-Match is the ETag that it gave (%s): %w", p.s.url.root()+p.key, p.etag, ErrNoLocks)
		}
		return err
	})
}

// overtake begins a put, has another one done before the first one's body is
// over, and goes on with the first.
func (p *prober) overtake(ctx context.Context) error {
	return p.often(ctx, 1, "it accepts a put that another one has overtaken", func() []*probePut {
		released := make(chan struct{})
		slow := p.begin(ctx, released)
		wait(slow.held)
		fast := p.begin(ctx, nil)
		wait(fast.done)
		close(released)
		return []*probePut{slow, fast}
	})
}

// atOnce has two puts end at the same instant that stand in place of one version,
// again and again.
func (p *prober) atOnce(ctx context.Context) error {
	return p.often(ctx, rounds(p.s.url), "of two puts at once in place of one version it accepts both", func() []*probePut {
		released := make(chan struct{})
		puts := []*probePut{p.begin(ctx, released), p.begin(ctx, released)}
		for _, put := range puts {
			wait(put.held)
		}
		close(released)
		return puts
	})
}

// often has two puts meet until one of them was accepted so many times. If neither
// is, another run probes too, and has put what is there now.
func (p *prober) often(ctx context.Context, times int, fault string, meet func() []*probePut) error {
	for range maxRounds {
		var accepted int
		var etag string
		err := requests().Do(ctx, isVoid, func() (err error) {
			if accepted, etag, err = meeting(meet()); isVoid(err) {
				err = cmp.Or(p.find(ctx), err)
			}
			return err
		})
		if err != nil {
			return err
		}
		if accepted > 1 {
			return fmt.Errorf("the store checks the condition of a put and then puts, so that two runs at once lose rows: %s: %w", fault, ErrNoLocks)
		}
		if times -= accepted; times == 0 {
			return p.find(ctx)
		}
		if p.etag = etag; etag != "" {
			continue
		}
		if err := p.find(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: other runs keep changing it: run again", p.s.url.root()+p.key)
}

// meeting returns how many of some puts were accepted, and the last one's ETag. An
// error that passes makes it void: nobody knows what became of that put.
func meeting(puts []*probePut) (accepted int, etag string, err error) {
	for _, put := range puts {
		<-put.done
		switch {
		case put.err == nil:
			accepted, etag = accepted+1, put.etag
		case put.once.passes:
			err = voidError{put.err}
		case !IsChanged(put.err):
			return accepted, etag, put.err
		}
	}
	if accepted > 1 {
		err = nil // that is enough to know
	}
	return accepted, etag, err
}

// A voidError is why a meeting says nothing.
type voidError struct{ error }

// Unwrap returns what went wrong.
func (e voidError) Unwrap() error { return e.error }

func isVoid(err error) bool { return errors.As(err, new(voidError)) }

// A probePut is a put under way.
type probePut struct {
	held chan struct{} // closed when all but the body's end is sent
	done chan struct{} // closed when the rest is known
	once once
	etag string
	err  error
}

// once has a request sent a single time, and notes whether another attempt might
// have helped.
type once struct {
	aws.Retryer
	passes bool
}

// IsErrorRetryable implements [aws.Retryer].
func (o *once) IsErrorRetryable(err error) bool {
	o.passes = o.Retryer.IsErrorRetryable(err)
	return false
}

// begin begins a put in place of the version that this probe knows. The last byte
// of its body is not sent before released is closed, unless that is nil.
func (p *prober) begin(ctx context.Context, released <-chan struct{}) *probePut {
	put := &probePut{held: make(chan struct{}), done: make(chan struct{})}
	body := &heldBody{Reader: bytes.NewReader(p.unique()), held: put.held, released: released}
	etag := p.etag
	go func() {
		defer close(put.done)
		put.etag, put.err = p.s.putOnePart(ctx, p.key, body, etag, body.hold, func(o *s3.Options) {
			// The server may have it, and would refuse it then.
			put.once.Retryer = o.Retryer
			o.Retryer = &put.once
		})
	}()
	return put
}

// wait waits for what a server may not let come while another put is under way.
func wait(c <-chan struct{}) {
	select {
	case <-c:
	case <-time.After(holdTime):
	}
}

// A heldBody is a body whose last byte is not sent before it is released.
type heldBody struct {
	*bytes.Reader
	sending  atomic.Bool // not yet while the body is read to be signed
	held     chan<- struct{}
	told     sync.Once
	released <-chan struct{} // nil: nothing is held
}

// Read implements [io.Reader].
func (h *heldBody) Read(p []byte) (int, error) {
	if !h.sending.Load() || h.released == nil {
		return h.Reader.Read(p)
	}
	if h.Len() > 1 {
		return h.Reader.Read(p[:min(len(p), h.Len()-1)])
	}
	h.told.Do(func() { close(h.held) })
	<-h.released
	return h.Reader.Read(p)
}

// WriteTo hides that of [bytes.Reader], which would send all at once.
func (h *heldBody) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{h})
}

// hold holds the body of a request from when it is sent.
func (h *heldBody) hold(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("HoldBody", func(
			ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
		) (middleware.FinalizeOutput, middleware.Metadata, error) {
			h.sending.Store(true)
			return next.HandleFinalize(ctx, in)
		}), middleware.After)
	})
}
