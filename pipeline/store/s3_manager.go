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

// findRegion returns the region that the bucket is in; "" from a server that has
// none.
func (s *S3) findRegion(ctx context.Context) (string, error) {
	region, err := manager.GetBucketRegion(ctx, s.client, s.url.Bucket, s.each, func(o *s3.Options) {
		o.Retryer = &doubting{Retryer: o.Retryer, doubt: &s.reader.doubt, url: s.url}
	})
	var missing manager.BucketNotFound
	switch {
	case errors.As(err, &missing):
		return "", errNoBucket
	case err != nil:
		return "", fmt.Errorf("its region cannot be found, give it as ?region=: %w", s.fail("ask", "", err))
	}
	return region, nil
}

// Put implements [Store].
func (s *S3) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	in := &s3.PutObjectInput{
		Bucket: &s.url.Bucket, Key: &key, Body: io.NewSectionReader(body, 0, size),
		IfMatch: optional(etag),
	}
	if etag == "" {
		in.IfNoneMatch = aws.String("*")
	}
	uploader := manager.NewUploader(s.client, manager.WithUploaderRequestOptions(s.each)) //nolint:staticcheck // see above
	if _, err := uploader.Upload(ctx, in); err != nil {                                   //nolint:staticcheck // see above
		err = s.fail("write", key, err)
		if etag != "" && errors.Is(err, ErrNotFound) {
			err = fmt.Errorf("write %s: %w: it was deleted", s.url.root()+key, ErrChanged)
		}
		return err
	}
	return nil
}
