package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"plantrail/pipeline/retry"
	"plantrail/pipeline/store/wire"
)

// Objects and listings are read through package wire. What is asked again, and
// how often, is decided here:
//
//   - what was not answered, 5xx and refusals of too many requests, for minutes,
//     at a rate that follows the refusals;
//   - bodies that break off and answers that are no listing, a few times;
//   - at once: with new credentials where the old ones have expired, with the
//     store's time where ours is wrong, and in the region where the bucket is.

// requests returns how a request is sent again that is throttled or fails on the
// way: for minutes in all.
func requests() retry.Policy {
	return retry.Policy{Attempts: requestAttempts, Step: time.Second, Most: maxBackoff}
}

// A reader is what reading a bucket takes, beside the bucket's URL.
type reader struct {
	bucket  atomic.Pointer[wire.Bucket]
	doubt   doubt
	who     aws.CredentialsProvider
	pace    *pace
	resolve func(ctx context.Context, region string) (*wire.Bucket, error)

	moving sync.Mutex // to another region
	moved  bool
	name   atomic.Pointer[string] // what the store calls the bucket, of its first listing
}

// ask sends a request until it is answered, or it is not worth another attempt.
func (s *S3) ask(ctx context.Context, count *atomic.Int64, try func(b *wire.Bucket, who aws.Credentials, attempt int) error) error {
	attempt := 0
	again := func(err error) bool { return passes(err) && s.reader.doubt.again(s.url, err, attempt) }
	return bodies().Do(ctx, breaksOff, func() error {
		return requests().Do(ctx, again, func() error {
			attempt++
			return s.send(ctx, count, attempt, try)
		})
	})
}

// mends is how many mistakes of ours one attempt may correct: credentials, time,
// region.
const mends = 3

// send sends a request once, and again at once where it was our mistake.
func (s *S3) send(ctx context.Context, count *atomic.Int64, attempt int, try func(*wire.Bucket, aws.Credentials, int) error) error {
	for mended := 0; ; mended++ {
		who, err := s.reader.who.Retrieve(ctx)
		if err != nil {
			return fmt.Errorf("credentials: %w", err)
		}
		if err := s.reader.pace.wait(ctx); err != nil {
			return err
		}
		b := s.reader.bucket.Load()
		count.Add(1)
		sent := time.Now()
		err = try(b, who, attempt)
		var refusal *wire.Refusal
		refused := errors.As(err, &refusal)
		if err == nil || refused {
			s.reader.doubt.answered.Store(true)
			fewer := refused && tooMany(refusal)
			s.reader.pace.answer(fewer, sent, time.Now())
			if fewer {
				s.requests.Refused.Add(1)
			}
		}
		if !refused || mended == mends {
			return err
		}
		again, cause := s.mend(ctx, b, who, refusal)
		if cause != nil {
			return cause
		}
		if !again {
			return err
		}
	}
}

// mend corrects what a refusal says is our mistake, and reports whether it did.
func (s *S3) mend(ctx context.Context, b *wire.Bucket, who aws.Credentials, refusal *wire.Refusal) (bool, error) {
	switch refusal.Code {
	case "RequestTimeTooSkewed", "RequestExpired":
		return b.CorrectClock(), nil
	case "ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId":
		return s.reader.renew(ctx, who)
	}
	switch refusal.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect, http.StatusBadRequest:
		if refusal.Region != "" && refusal.Region != b.Region() {
			return s.reader.move(ctx, b, refusal.Region)
		}
	}
	return false, nil
}

// renew reports whether there are other credentials than those that were
// refused, and has them fetched anew if not.
func (r *reader) renew(ctx context.Context, refused aws.Credentials) (bool, error) {
	other := func() (bool, error) {
		who, err := r.who.Retrieve(ctx)
		if err != nil {
			return false, fmt.Errorf("credentials: %w", err)
		}
		return who.AccessKeyID != refused.AccessKeyID || who.SecretAccessKey != refused.SecretAccessKey ||
			who.SessionToken != refused.SessionToken, nil
	}
	changed, err := other()
	kept, ok := r.who.(interface{ Invalidate() })
	if changed || err != nil || !ok {
		return changed, err
	}
	kept.Invalidate()
	return other()
}

// move has requests sent to the region that the bucket is in, by the SDK's rules
// for it: what an answer says of hosts is not heeded. It happens once.
func (r *reader) move(ctx context.Context, from *wire.Bucket, region string) (bool, error) {
	r.moving.Lock()
	defer r.moving.Unlock()
	if r.bucket.Load() != from {
		return true, nil // another request was faster
	}
	if r.moved {
		return false, nil
	}
	to, err := r.resolve(ctx, region)
	if err != nil {
		return false, err
	}
	r.bucket.Store(to)
	r.moved = true
	return true, nil
}

// passes reports whether a request may fare better later.
func passes(err error) bool {
	var refusal *wire.Refusal
	if errors.As(err, &refusal) {
		return refusal.Status >= http.StatusInternalServerError && refusal.Status != http.StatusNotImplemented ||
			tooMany(refusal) || refusal.Code == "RequestTimeout"
	}
	var broken *wire.BrokenError
	return errors.As(err, &broken) && !broken.Begun
}

// tooMany reports whether a refusal says that requests come too fast.
func tooMany(r *wire.Refusal) bool {
	switch r.Code {
	case "SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "BandwidthLimitExceeded",
		"RequestThrottled", "RequestThrottledException", "TooManyRequestsException", "LimitExceededException":
		return true
	}
	return r.Status == http.StatusServiceUnavailable || r.Status == http.StatusTooManyRequests
}

// breaksOff reports whether an answer had begun and was broken.
func breaksOff(err error) bool {
	var broken *wire.BrokenError
	var other *wire.NoListingError
	return errors.As(err, &broken) && broken.Begun || errors.As(err, &other) && !other.Whole
}

// Get implements [Store].
func (s *S3) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	var body []byte
	err := s.ask(ctx, &s.requests.Get, func(b *wire.Bucket, who aws.Credentials, attempt int) (err error) {
		body, err = b.Get(ctx, who, attempt, key, buf)
		return err
	})
	if err != nil {
		return nil, s.fail("get", key, err)
	}
	return body, nil
}

// page reads a page of a listing.
func (s *S3) page(ctx context.Context, q wire.Query) (*wire.Listing, error) {
	if name := s.reader.name.Load(); name != nil {
		q.Name = *name
	}
	var page *wire.Listing
	err := s.ask(ctx, &s.requests.List, func(b *wire.Bucket, who aws.Credentials, attempt int) (err error) {
		page, err = b.List(ctx, who, attempt, q)
		return err
	})
	if err == nil {
		// Behind an access point a bucket has another name, but always the same.
		s.reader.name.CompareAndSwap(nil, &page.Name)
	}
	return page, err
}

// recorder is an HTTP client that keeps the request instead of sending it.
type recorder struct{ request *http.Request }

var errRecorded = errors.New("recorded")

// Do implements [aws.HTTPClient].
func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	r.request = request
	return nil, errRecorded
}

// probeKey stands for any key.
const probeKey = "key"

// target returns where the SDK sends requests for the bucket and how it signs
// them: it has a request made and signed, and reads both from that.
func (s *S3) target(ctx context.Context, client *s3.Client) (wire.Target, error) {
	var sent recorder
	key := probeKey
	_, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.url.Bucket, Key: &key}, s.each, func(o *s3.Options) {
		o.HTTPClient, o.Retryer, o.APIOptions = &sent, aws.NopRetryer{}, nil
	})
	if sent.request == nil {
		return wire.Target{}, s.fail("find", "", err)
	}
	r := sent.request
	region, service, ok := scopeOf(r.Header.Get("Authorization"))
	path, found := strings.CutSuffix(r.URL.EscapedPath(), probeKey)
	if !ok || !found {
		return wire.Target{}, fmt.Errorf("%s: this kind of bucket is not supported: its requests are signed in a way of their own", s.url)
	}
	return wire.Target{
		URL:  &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: pathOf(path), RawPath: path},
		Host: cmp.Or(r.Host, r.URL.Host), Region: region, Service: service,
		Owner: s.url.ExpectedOwner, RequesterPays: s.url.RequesterPays,
	}, nil
}

func pathOf(escaped string) string {
	if path, err := url.PathUnescape(escaped); err == nil {
		return path
	}
	return escaped
}

// scopeOf returns the region and the service that a request is signed for.
func scopeOf(authorization string) (region, service string, ok bool) {
	credential, found := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 Credential=")
	credential, _, _ = strings.Cut(credential, ",")
	parts := strings.Split(credential, "/")
	if n := len(parts); found && n >= 5 && parts[n-1] == "aws4_request" && parts[n-2] != "s3express" {
		return parts[n-3], parts[n-2], true
	}
	return "", "", false
}
