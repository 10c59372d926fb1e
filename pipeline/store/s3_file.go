package store

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Open implements [Store]. The object is copied to a temporary file without a
// name, which is gone when the File is closed or the process ends. It comes in
// one request, so that its checksum can be compared, and its ETag is its own.
func (s *S3) Open(ctx context.Context, key string) (*File, error) {
	temp, err := TempFile()
	if err != nil {
		return nil, err
	}
	var file *File
	err = bodies().Do(ctx, isBroken, func() (err error) {
		file, err = s.copyTo(ctx, temp, key)
		return err
	})
	if err != nil {
		return nil, errors.Join(s.fail("open", key, err), temp.Close())
	}
	return file, nil
}

// copyTo copies an object over a temporary file.
func (s *S3) copyTo(ctx context.Context, temp *os.File, key string) (*File, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &s.url.Bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled,
	}, s.each)
	if err != nil {
		return nil, err
	}
	defer out.Body.Close() //nolint:errcheck // read to its end, or given up
	if err := temp.Truncate(0); err != nil {
		return nil, err
	}
	size, err := io.Copy(io.NewOffsetWriter(temp, 0), out.Body)
	if err == nil && out.ContentLength != nil && size != *out.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, &brokenBodyError{err}
	}
	return &File{ReaderAt: temp, Closer: temp, Size: size, ETag: aws.ToString(out.ETag)}, nil
}
