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

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"plantrail/pipeline/retry"
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
	client *s3.Client // of all buckets that are reached in the same way
	url    URL
	each   func(*s3.Options) // sets what every request to the bucket has
	clock  clock
}

// List implements [Store].
func (s *S3) List(ctx context.Context, r Range) iter.Seq2[Page, error] {
	in := &s3.ListObjectsV2Input{
		Bucket: &s.url.Bucket, Prefix: optional(r.Prefix), StartAfter: optional(r.After),
	}
	if r.Shallow {
		in.Delimiter = aws.String("/")
	}
	return func(yield func(Page, error) bool) {
		for {
			out, err := s.listPage(ctx, in)
			if err != nil {
				yield(Page{}, s.fail("list", r.Prefix, err))
				return
			}
			if !yield(pageOf(out), nil) || !aws.ToBool(out.IsTruncated) {
				return
			}
			in.ContinuationToken = out.NextContinuationToken
		}
	}
}

// listPage asks for a page until an answer comes whole.
func (s *S3) listPage(ctx context.Context, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	var out *s3.ListObjectsV2Output
	isBroken := func(err error) bool { return errors.As(err, new(*smithy.DeserializationError)) }
	err := bodies().Do(ctx, isBroken, func() (err error) {
		out, err = s.client.ListObjectsV2(ctx, in, s.each)
		return err
	})
	return out, err
}

func pageOf(out *s3.ListObjectsV2Output) Page {
	page := Page{Objects: make([]Object, len(out.Contents))}
	for i, o := range out.Contents {
		page.Objects[i] = Object{
			Key: aws.ToString(o.Key), Size: aws.ToInt64(o.Size), ETag: aws.ToString(o.ETag), StorageClass: string(o.StorageClass),
		}
	}
	for _, p := range out.CommonPrefixes {
		page.Folders = append(page.Folders, aws.ToString(p.Prefix))
	}
	return page
}

// Get implements [Store].
func (s *S3) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	in := &s3.GetObjectInput{Bucket: &s.url.Bucket, Key: &key}
	err := bodies().Do(ctx, isBroken, func() error {
		out, err := s.client.GetObject(ctx, in, s.each)
		if err == nil {
			buf, err = readBody(out, buf)
		}
		return err
	})
	if err != nil {
		return nil, s.fail("get", key, err)
	}
	return buf, nil
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
