package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Files are all files of a table by their names in it.
type Files map[string][]byte

// DirFiles reads a table in a directory, empty folders apart. A table that no
// run has begun yet has no files.
func DirFiles(dir string) (Files, error) {
	files := Files{}
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if name == "." && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(tree, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read table: %w", err)
	}
	return files, nil
}

// BucketFiles reads a table below a prefix of a bucket. An upload that was begun
// and not ended counts as a file.
func BucketFiles(ctx context.Context, client *s3.Client, bucket, prefix string) (Files, error) {
	files := Files{}
	below := aws.String(prefix + "/")
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: below})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list table: %w", err)
		}
		for _, object := range page.Contents {
			body, err := getObject(ctx, client, bucket, *object.Key)
			if err != nil {
				return nil, fmt.Errorf("read table: %w", err)
			}
			files[strings.TrimPrefix(*object.Key, *below)] = body
		}
	}
	begun, err := client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &bucket, Prefix: below})
	if err != nil {
		return nil, fmt.Errorf("list uploads: %w", err)
	}
	for _, upload := range begun.Uploads {
		files[strings.TrimPrefix(*upload.Key, *below)+" (upload not ended)"] = nil
	}
	return files, nil
}

func getObject(ctx context.Context, client *s3.Client, bucket, key string) (_ []byte, err error) {
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer object.Body.Close() // only read
	return io.ReadAll(object.Body)
}

// Strays names the files that do not belong in a table.
func (f Files) Strays() []string {
	own := regexp.MustCompile(`^(event(day|month|year)=[0-9-]+/events\.parquet|_plantrail/(table|contents)\.json|_plantrail/state/[0-9a-z-]+\.json)$`)
	var strays []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if !own.MatchString(name) {
			strays = append(strays, name)
		}
	}
	return strays
}

// Diff names the files in which two tables differ, and says how.
func (f Files) Diff(g Files) []string {
	var differ []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		other, found := g[name]
		switch {
		case !found:
			differ = append(differ, name+": only in the first")
		case !bytes.Equal(f[name], other) && path.Ext(name) == ".json":
			differ = append(differ, fmt.Sprintf("%s: differs:\n%s\n%s", name, f[name], other))
		case !bytes.Equal(f[name], other):
			differ = append(differ, fmt.Sprintf("%s: differs: %d bytes and %d", name, len(f[name]), len(other)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g)) {
		if _, found := f[name]; !found {
			differ = append(differ, name+": only in the second")
		}
	}
	return differ
}

// RemoveBelow removes a table from a bucket.
func RemoveBelow(ctx context.Context, client *s3.Client, bucket, prefix string) error {
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String(prefix + "/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list table: %w", err)
		}
		for _, object := range page.Contents {
			if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: object.Key}); err != nil {
				return fmt.Errorf("remove %s: %w", *object.Key, err)
			}
		}
	}
	return nil
}
