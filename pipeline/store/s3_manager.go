package store

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Table files are written through the SDK's transfer manager, in parts side by
// side. Its use stays in this file: its successor is not at v1 yet.

// bucketRegion returns the region that a bucket is in.
func bucketRegion(ctx context.Context, client *s3.Client, u URL) (string, error) {
	region, err := manager.GetBucketRegion(ctx, client, u.Bucket)
	var missing manager.BucketNotFound
	switch {
	case errors.As(err, &missing):
		return "", fmt.Errorf("%s: no such bucket: %w", u, ErrNotFound)
	case err != nil:
		return "", fmt.Errorf("%s: find the bucket's region: %w: give it as ?region=", u, err)
	}
	return region, nil
}

// Put implements [Store].
func (s *S3) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	in := &s3.PutObjectInput{
		Bucket: &s.url.Bucket, Key: &key, Body: io.NewSectionReader(body, 0, size),
		IfMatch: optional(etag), ExpectedBucketOwner: s.owner, RequestPayer: s.payer,
	}
	if etag == "" {
		in.IfNoneMatch = aws.String("*")
	}
	if _, err := manager.NewUploader(s.client).Upload(ctx, in); err != nil { //nolint:staticcheck // see above
		err = s.fail("write", key, err)
		if etag != "" && errors.Is(err, ErrNotFound) {
			err = fmt.Errorf("write %s: %w: it was deleted", s.url.root()+key, ErrChanged)
		}
		return err
	}
	return nil
}
