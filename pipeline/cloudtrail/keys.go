// Package cloudtrail asks the service itself.
package cloudtrail

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"plantrail/pipeline/digest"
)

// PublicKeys returns the keys that can have signed the digests of a region between from
// and to. AWS_ENDPOINT_URL_CLOUDTRAIL names another place to ask.
func PublicKeys(ctx context.Context, cfg aws.Config, region string, from, to time.Time) ([]digest.Key, error) {
	cfg.Region = region
	client := cloudtrail.NewFromConfig(cfg)
	in := &cloudtrail.ListPublicKeysInput{StartTime: &from, EndTime: &to}
	var keys []digest.Key
	// The SDK's paginator takes an interface, for which the linker keeps all operations.
	for {
		page, err := client.ListPublicKeys(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list the public keys of CloudTrail in %s: %w", region, err)
		}
		for _, k := range page.PublicKeyList {
			keys = append(keys, digest.Key{
				Fingerprint: aws.ToString(k.Fingerprint), Value: k.Value,
				From: aws.ToTime(k.ValidityStartTime), To: aws.ToTime(k.ValidityEndTime),
			})
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return keys, nil
		}
	}
}
