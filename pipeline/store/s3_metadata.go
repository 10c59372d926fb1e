package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"plantrail/pipeline/store/wire"
)

// GetWithMetadata reads an object as Get does, and what its writer noted beside it, by
// names without x-amz-meta-. Digests have their signatures there.
func (s *S3) GetWithMetadata(ctx context.Context, key string, buf []byte) (body []byte, metadata map[string]string, err error) {
	err = s.ask(ctx, &s.requests.Get, func(b *wire.Bucket, who aws.Credentials, attempt int) (err error) {
		body, metadata, err = b.GetWithMetadata(ctx, who, attempt, key, buf)
		return err
	})
	if err != nil {
		return nil, nil, s.fail("get", key, err)
	}
	return body, metadata, nil
}

// AWSConfig returns the configuration, with credentials, that a source is read with: for
// what else is asked of AWS in its name.
func (s *Shared) AWSConfig(ctx context.Context, u URL) (aws.Config, error) {
	cfg, err := s.configs.get(ctx, u.Profile, func() (aws.Config, error) { return s.loadConfig(ctx, u.Profile) })
	if err != nil {
		return cfg, fmt.Errorf("%s: load the AWS configuration: %w", u, err)
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	_, cfg.Credentials, err = s.logIn(ctx, cfg, u)
	return cfg, err
}
