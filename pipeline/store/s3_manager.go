package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The use of the SDK's feature/s3/manager stays in this file. Its successor,
// feature/s3/transfermanager, is not at v1, and v0.5.7 has nothing that finds a
// bucket's region: when both have changed, this is the one place to move.

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
