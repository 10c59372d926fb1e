package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Table files go through the SDK's transfer manager, in parts side by side. Its
// use stays in this file: its successor is not at v1 yet.

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

// Open implements [Store]. The object is copied to a temporary file without a
// name, which is gone when the File is closed or the process ends.
func (s *S3) Open(ctx context.Context, key string) (*File, error) {
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: &s.url.Bucket, Key: &key, ExpectedBucketOwner: s.owner, RequestPayer: s.payer,
	})
	if err != nil {
		return nil, s.fail("open", key, err)
	}
	temp, err := TempFile()
	if err != nil {
		return nil, err
	}
	size, err := manager.NewDownloader(s.client).Download(ctx, temp, &s3.GetObjectInput{ //nolint:staticcheck // see above
		Bucket: &s.url.Bucket, Key: &key, IfMatch: head.ETag, ExpectedBucketOwner: s.owner, RequestPayer: s.payer,
	})
	if err != nil {
		return nil, errors.Join(s.fail("open", key, err), temp.Close())
	}
	return &File{ReaderAt: temp, Closer: temp, Size: size, ETag: aws.ToString(head.ETag)}, nil
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

// TempFile returns an empty file without a name: it takes disk space until it
// is closed or the process ends, however that happens.
func TempFile() (*os.File, error) {
	file, err := os.CreateTemp("", "plantrail-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w: set TMPDIR to a writable directory", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("make a temporary file: %w", err), file.Close())
	}
	return file, nil
}
