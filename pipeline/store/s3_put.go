package store

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// maxOnePart is how large an object may be that is put by one request.
const maxOnePart = 5 << 30

// Put implements [Store]. The object goes in one part, however large: there are
// stores whose conditions do not hold for parts, and that are as fast without.
func (s *S3) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	if size > maxOnePart {
		return fmt.Errorf("write %s: %d bytes, more than the %d that S3 takes at once: begin another table with smaller partitions (--partition day)",
			s.url.root()+key, size, int64(maxOnePart))
	}
	_, err := s.putOnePart(ctx, key, io.NewSectionReader(body, 0, size), etag)
	return err
}

// putOnePart puts an object by one request, and returns its ETag if the answer
// tells.
func (s *S3) putOnePart(ctx context.Context, key string, body io.ReadSeeker, etag string, options ...func(*s3.Options)) (string, error) {
	in := &s3.PutObjectInput{Bucket: &s.url.Bucket, Key: &key, Body: body, IfMatch: optional(etag)}
	if etag == "" {
		in.IfNoneMatch = aws.String("*")
	}
	out, err := s.client.PutObject(ctx, in, append([]func(*s3.Options){s.each}, options...)...)
	if err == nil {
		return aws.ToString(out.ETag), nil
	}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "NotImplemented" {
		return "", fmt.Errorf("write %s: the store does not know conditional puts (%s): %w", s.url.root()+key, api.ErrorMessage(), ErrNoLocks)
	}
	err = s.fail("write", key, err)
	if etag != "" && errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("write %s: %w: it was deleted", s.url.root()+key, ErrChanged)
	}
	return "", err
}
