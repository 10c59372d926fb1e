package s3server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"plantrail/bench/s3server"
	"plantrail/pipeline/store"
)

const bucket = "trail-bucket"

func TestPutGet(t *testing.T) {
	t.Parallel()
	server := s3server.Start(t)
	server.CreateBucket(t, bucket)
	if err := server.Put(t.Context(), bucket, "a/b/c.json.gz", []byte("body")); err != nil {
		t.Fatal(err)
	}
	body, etag, err := get(t.Context(), server.Client(), "a/b/c.json.gz")
	if err != nil || string(body) != "body" || etag == "" {
		t.Errorf("got %q, ETag %q, %v", body, etag, err)
	}
	if _, _, err := get(t.Context(), server.Client(), "a/b/d.json.gz"); code(err) != "NoSuchKey" {
		t.Errorf("missing object: %v", err)
	}
}

func TestConditionalPut(t *testing.T) {
	t.Parallel()
	server := s3server.Start(t)
	server.CreateBucket(t, bucket)
	client, key := server.Client(), "state/counter"
	first, err := putIf(t.Context(), client, key, "0", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := putIf(t.Context(), client, key, "1", ""); code(err) != "PreconditionFailed" {
		t.Errorf("put where there is an object: %v", err)
	}
	second, err := putIf(t.Context(), client, key, "1", first)
	if err != nil || second == first {
		t.Errorf("put over what was read: ETag %q then %q, %v", first, second, err)
	}
	if _, err := putIf(t.Context(), client, key, "2", first); code(err) != "PreconditionFailed" {
		t.Errorf("put over what has changed: %v", err)
	}
}

func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	const writers, increments = 8, 25
	server := s3server.Start(t)
	server.CreateBucket(t, bucket)
	group, ctx := errgroup.WithContext(t.Context())
	for range writers {
		group.Go(func() error {
			for range increments {
				if err := increment(ctx, server.Client(), "counter"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	body, _, err := get(t.Context(), server.Client(), "counter")
	if want := strconv.Itoa(writers * increments); err != nil || string(body) != want {
		t.Errorf("counter is %q, want %s (%v)", body, want, err)
	}
}

// increment adds one to a number in an object, as often as another writer is
// in the way.
func increment(ctx context.Context, client *s3.Client, key string) error {
	for {
		body, etag, err := get(ctx, client, key)
		if err != nil && code(err) != "NoSuchKey" {
			return err
		}
		n := 0
		if etag != "" {
			if n, err = strconv.Atoi(string(body)); err != nil {
				return err
			}
		}
		_, err = putIf(ctx, client, key, strconv.Itoa(n+1), etag)
		switch code(err) {
		case "PreconditionFailed", "ConditionalRequestConflict":
		default:
			return err
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	server := s3server.Start(t)
	server.CreateBucket(t, bucket)
	dir := t.TempDir()
	for _, name := range []string{"2024/01/01/a", "2024/01/01/b", "2024/01/02/a", "2024/02/01/a", "2024-x"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server.PutTree(t, bucket, "p", dir)

	tests := []struct {
		name                     string
		prefix, after, delimiter string
		want                     []string
	}{
		{"all, in order of keys", "p/", "", "", []string{"p/2024-x", "p/2024/01/01/a", "p/2024/01/01/b", "p/2024/01/02/a", "p/2024/02/01/a"}},
		{"after a key", "p/2024/", "p/2024/01/01/a", "", []string{"p/2024/01/01/b", "p/2024/01/02/a", "p/2024/02/01/a"}},
		{"after a day's folder", "p/2024/", "p/2024/01/02", "", []string{"p/2024/01/02/a", "p/2024/02/01/a"}},
		{"after a day's end", "p/2024/", "p/2024/01/010", "", []string{"p/2024/01/02/a", "p/2024/02/01/a"}},
		{"folders", "p/", "", "/", []string{"p/2024-x", "p/2024/"}},
		{"folders of a folder", "p/2024/", "", "/", []string{"p/2024/01/", "p/2024/02/"}},
		{"nothing there", "q/", "", "/", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: &test.prefix, MaxKeys: aws.Int32(2)}
			if test.after != "" {
				in.StartAfter = &test.after
			}
			if test.delimiter != "" {
				in.Delimiter = &test.delimiter
			}
			if got := list(t, server.Client(), in); !slices.Equal(got, test.want) {
				t.Errorf("listed %q, want %q", got, test.want)
			}
		})
	}
}

// list returns the keys and folders of all pages, in the order in which they
// come.
func list(t *testing.T, client *s3.Client, in *s3.ListObjectsV2Input) []string {
	t.Helper()
	var names []string
	for pages := s3.NewListObjectsV2Paginator(client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			if aws.ToString(o.ETag) == "" {
				t.Errorf("%s is listed without an ETag", aws.ToString(o.Key))
			}
			names = append(names, aws.ToString(o.Key))
		}
		for _, p := range page.CommonPrefixes {
			names = append(names, aws.ToString(p.Prefix))
		}
	}
	return names
}

// TestEnv reaches the server as the program does: by the URL and the
// environment alone.
func TestEnv(t *testing.T) {
	t.Setenv("AWS_PROFILE", "of-a-person")
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, bucket)
	if err := server.Put(t.Context(), bucket, "a/b", []byte("body")); err != nil {
		t.Fatal(err)
	}
	place, err := store.ParseURL(server.URL(bucket, "a/"))
	if err != nil {
		t.Fatal(err)
	}
	if place.Bucket != bucket || place.Prefix != "a" || !place.PathStyle || place.Endpoint != server.Endpoint() {
		t.Errorf("%s is read as %+v", server.URL(bucket, "a/"), place)
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = &place.Endpoint, true
	})
	if body, _, err := get(t.Context(), client, "a/b"); err != nil || string(body) != "body" {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestStopKeepsObjects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var etags []string
	for range 2 {
		server, err := s3server.StartDir(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer server.Stop()
		if len(etags) == 0 {
			server.CreateBucket(t, bucket)
			if err := server.Put(t.Context(), bucket, "a", []byte("body")); err != nil {
				t.Fatal(err)
			}
		}
		_, etag, err := get(t.Context(), server.Client(), "a")
		if err != nil {
			t.Fatal(err)
		}
		etags = append(etags, etag)
		server.Stop()
	}
	if etags[0] != etags[1] {
		t.Errorf("ETag %s became %s", etags[0], etags[1])
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	server, err := s3server.StartDir(t.Context(), missing)
	if err == nil {
		server.Stop()
		t.Fatal("started on a directory that is missing")
	}
	if !strings.Contains(err.Error(), "missing") {
		t.Errorf("the error does not say what the server said: %v", err)
	}
}

// get returns an object's body and ETag.
func get(ctx context.Context, client *s3.Client, key string) ([]byte, string, error) {
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(out.Body)
	return body, aws.ToString(out.ETag), errors.Join(err, out.Body.Close())
}

// putIf puts an object if the one there has the given ETag; "" stands for no
// object. It returns the new ETag.
func putIf(ctx context.Context, client *s3.Client, key, body, etag string) (string, error) {
	in := &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: bytes.NewReader([]byte(body))}
	if etag == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = &etag
	}
	out, err := client.PutObject(ctx, in)
	if err != nil {
		return "", fmt.Errorf("put %s: %w", key, err)
	}
	return aws.ToString(out.ETag), nil
}

// code returns the error code of S3, or "".
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
