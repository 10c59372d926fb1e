package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"plantrail/pipeline/retry"
	"plantrail/pipeline/store/wire"
)

// bodies returns how a body is fetched again that breaks off on its way. The
// SDK's own retries end where the body begins.
func bodies() retry.Policy {
	return retry.Policy{Attempts: 5, Step: 200 * time.Millisecond, Most: 2 * time.Second}
}

// A brokenBodyError says that an answer began well and broke off, or that its
// checksum is wrong.
type brokenBodyError struct{ error }

func (e *brokenBodyError) Unwrap() error { return e.error }

func isBroken(err error) bool { return errors.As(err, new(*brokenBodyError)) }

// An S3 is one bucket.
type S3 struct {
	client   *s3.Client // of all buckets that are reached in the same way
	url      URL
	each     func(*s3.Options) // sets what every request to the bucket has
	requests *Requests
	reader   reader
	names    bool // url names an object
}

// List implements [Store].
func (s *S3) List(ctx context.Context, r Range) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		q := wire.Query{Prefix: r.Prefix, After: r.After, Shallow: r.Shallow}
		for empty := 0; ; {
			page, err := s.page(ctx, q)
			if err == nil && page.Last() == "" && page.Next != "" {
				if empty++; empty > maxEmptyPages {
					err = fmt.Errorf("%d pages without a key, and each says that there are more", empty)
				}
			}
			if err != nil {
				yield(Page{}, s.fail("list", r.Prefix, err))
				return
			}
			if !yield(pageOf(page), nil) || page.Next == "" {
				return
			}
			q.Token, q.After = page.Next, max(q.After, page.Last())
		}
	}
}

// maxEmptyPages is how many pages of a listing may have no key and say that more
// follow: a store may look through so many deleted ones, but not without end.
const maxEmptyPages = 1000

func pageOf(listing *wire.Listing) Page {
	page := Page{Objects: make([]Object, len(listing.Objects)), Folders: listing.Folders}
	for i := range listing.Objects {
		page.Objects[i] = Object(listing.Objects[i])
	}
	return page
}

// readBody reads a response's body in place.
func readBody(out *s3.GetObjectOutput, buf []byte) (_ []byte, err error) {
	defer out.Body.Close() //nolint:errcheck // read to its end, or given up
	defer func() {
		if err != nil {
			err = &brokenBodyError{err}
		}
	}()
	if out.ContentLength == nil {
		rest := bytes.NewBuffer(buf[:0])
		_, err := rest.ReadFrom(out.Body)
		return rest.Bytes(), err
	}
	size := int(*out.ContentLength)
	if cap(buf) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	_, err = io.ReadFull(out.Body, buf)
	return buf, err
}

// fail says what a request was for and why it failed, in one line.
func (s *S3) fail(verb, key string, err error) error {
	uri := s.url.root() + key
	var refusal *wire.Refusal
	if errors.As(err, &refusal) {
		// That there is nothing, only the store can say, in a document of its own.
		because := sentinel(refusal.Code)
		if because == nil && (refusal.Code != "" || refusal.Status != http.StatusNotFound) {
			because = byStatus(refusal.Status)
		}
		if because != nil {
			return fmt.Errorf("%s %s: %w (%w)%s", verb, uri, because, err, s.foreign(refusal.Code))
		}
		return fmt.Errorf("%s %s: %w", verb, uri, err)
	}
	var api smithy.APIError
	var response *awshttp.ResponseError
	var network *net.OpError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &api) && sentinel(api.ErrorCode()) != nil:
		return fmt.Errorf("%s %s: %w (%s: %s)%s", verb, uri, sentinel(api.ErrorCode()), api.ErrorCode(), api.ErrorMessage(), s.foreign(api.ErrorCode()))
	case errors.As(err, &response) && byStatus(response.HTTPStatusCode()) != nil:
		return fmt.Errorf("%s %s: %w (%s)", verb, uri, byStatus(response.HTTPStatusCode()), http.StatusText(response.HTTPStatusCode()))
	case errors.As(err, &api):
		return fmt.Errorf("%s %s: %s: %s", verb, uri, api.ErrorCode(), api.ErrorMessage())
	case errors.As(err, &network):
		return fmt.Errorf("%s %s: %w", verb, uri, network)
	}
	return fmt.Errorf("%s %s: %w", verb, uri, err)
}

// foreign is the other reason that a refusal may have. S3 does not tell them
// apart.
func (s *S3) foreign(code string) string {
	if s.url.ExpectedOwner == "" || code != "AccessDenied" {
		return ""
	}
	return ", or account " + s.url.ExpectedOwner + " does not own the bucket"
}

// sentinel returns the package's error for an error code of S3.
func sentinel(code string) error {
	switch code {
	case "NoSuchKey", "NoSuchBucket", "NotFound":
		return ErrNotFound
	case "PreconditionFailed", "ConditionalRequestConflict":
		return ErrChanged
	case "AccessDenied", "AllAccessDisabled", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken":
		return ErrDenied
	case "InvalidObjectState":
		return ErrArchived
	}
	return nil
}

// byStatus is for responses without a body, such as those to HEAD.
func byStatus(status int) error {
	switch status {
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusPreconditionFailed, http.StatusConflict:
		return ErrChanged
	case http.StatusForbidden, http.StatusUnauthorized:
		return ErrDenied
	}
	return nil
}

// optional returns nil for an empty string, which requests leave out.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
