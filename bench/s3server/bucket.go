package s3server

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"
)

// CreateBucket creates an empty bucket, or fails the test.
func (s *Server) CreateBucket(tb testing.TB, name string) {
	tb.Helper()
	if err := s.MakeBucket(tb.Context(), name); err != nil {
		tb.Fatal(err)
	}
}

// PutTree puts every file below dir as an object whose key is prefix and the
// file's path in dir, or fails the test. prefix may be empty.
func (s *Server) PutTree(tb testing.TB, bucket, prefix, dir string) {
	tb.Helper()
	if err := s.Upload(tb.Context(), bucket, prefix, dir); err != nil {
		tb.Fatal(err)
	}
}

// MakeBucket creates an empty bucket.
func (s *Server) MakeBucket(ctx context.Context, name string) error {
	if _, err := s.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		return fmt.Errorf("create bucket %s: %w", name, err)
	}
	return nil
}

// Upload does for programs what [Server.PutTree] does for tests.
func (s *Server) Upload(ctx context.Context, bucket, prefix, dir string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(putWidth)
	files := os.DirFS(dir)
	walk := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		group.Go(func() error {
			body, err := fs.ReadFile(files, name)
			if err != nil {
				return fmt.Errorf("read file: %w", err)
			}
			return s.Put(ctx, bucket, path.Join(prefix, name), body)
		})
		return ctx.Err()
	})
	// A failed put ends the walk, so its error is the one that says why.
	if err := group.Wait(); err != nil {
		return err
	}
	if walk != nil {
		return fmt.Errorf("walk directory: %w", walk)
	}
	return nil
}

// Put writes an object, whatever is there.
func (s *Server) Put(ctx context.Context, bucket, key string, body []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(body)})
	if err != nil {
		return fmt.Errorf("put object %s: %w", key, err)
	}
	return nil
}
