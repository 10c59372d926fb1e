package peers

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/store"
)

// Get lists a bucket, gets every object, so many at once, and discards what is
// in it: the least that a program on the AWS SDK can do. It returns how many
// objects there were. Its connections are kept as plantrail keeps them.
func Get(ctx context.Context, source string, concurrency int) (objects int64, err error) {
	u, err := store.ParseURL(source)
	if err != nil {
		return 0, fmt.Errorf("parse source: %w", err)
	}
	client, err := newClient(ctx, u, concurrency)
	if err != nil {
		return 0, err
	}
	var got atomic.Int64
	keys := make(chan *string, concurrency)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(keys)
		return list(ctx, client, u, keys)
	})
	for range concurrency {
		group.Go(func() error {
			for key := range keys {
				if err := discard(ctx, client, u.Bucket, key); err != nil {
					return fmt.Errorf("get object %s: %w", *key, err)
				}
				got.Add(1)
			}
			return nil
		})
	}
	err = group.Wait()
	return got.Load(), err
}

// headerTimeout is how long a server may take to begin its answer.
const headerTimeout = 30 * time.Second

func newClient(ctx context.Context, u store.URL, concurrency int) (*s3.Client, error) {
	transport := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = 0
		t.MaxIdleConnsPerHost = concurrency
		t.ResponseHeaderTimeout = headerTimeout
	})
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(transport))
	if err != nil {
		return nil, fmt.Errorf("load AWS configuration: %w", err)
	}
	cfg.Region = cmp.Or(u.Region, cfg.Region)
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = u.PathStyle
		if u.Endpoint != "" {
			o.BaseEndpoint = &u.Endpoint
		}
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}), nil
}

// list sends the keys of all objects.
func list(ctx context.Context, client *s3.Client, u store.URL, keys chan<- *string) error {
	in := &s3.ListObjectsV2Input{Bucket: &u.Bucket}
	if u.Prefix != "" {
		in.Prefix = aws.String(u.Prefix + "/")
	}
	for pages := s3.NewListObjectsV2Paginator(client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list bucket %s: %w", u.Bucket, err)
		}
		for _, object := range page.Contents {
			select {
			case keys <- object.Key:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func discard(ctx context.Context, client *s3.Client, bucket string, key *string) error {
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: key})
	if err != nil {
		return err
	}
	defer out.Body.Close() // read to its end, or given up
	_, err = io.Copy(io.Discard, out.Body)
	return err
}
