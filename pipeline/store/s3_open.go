package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

const (
	// requestAttempts is how often a request is sent that is throttled or fails
	// on the way, with growing pauses up to maxBackoff: minutes in all.
	requestAttempts = 12
	maxBackoff      = 20 * time.Second
	// defaultRegion signs requests where nothing else names a region.
	defaultRegion = "us-east-1"
)

// OpenS3 returns the bucket that u names. It finds the bucket's region, unless
// u gives it or an endpoint, and checks that there are credentials and the
// bucket.
func OpenS3(ctx context.Context, u URL, o Options) (*S3, error) {
	cfg, err := loadConfig(ctx, u, o)
	if err != nil {
		return nil, err
	}
	_, err = cfg.Credentials.Retrieve(ctx)
	switch {
	case err != nil && u.RoleARN != "":
		return nil, fmt.Errorf("%s: assume %s: %w", u, u.RoleARN, err)
	case err != nil:
		return nil, fmt.Errorf("%s: no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run with a role (%w)", u, err)
	}
	if u.Region == "" && u.Endpoint == "" {
		if cfg.Region, err = bucketRegion(ctx, newClient(cfg, u, o), u); err != nil {
			return nil, err
		}
	}
	s := &S3{client: newClient(cfg, u, o), url: u, owner: optional(u.ExpectedOwner)}
	if u.RequesterPays {
		s.payer = types.RequestPayerRequester
	}
	return s, s.probe(ctx)
}

// probe asks for one key, to find out before anything is read whether there is
// such a bucket and whether the credentials are good. That this place must not
// be listed is no failure yet: it may hold folders that may.
func (s *S3) probe(ctx context.Context) error {
	_, err := s.listPage(ctx, &s3.ListObjectsV2Input{
		Bucket: &s.url.Bucket, Prefix: optional(s.url.Prefix), MaxKeys: aws.Int32(1),
		ExpectedBucketOwner: s.owner, RequestPayer: s.payer,
	})
	var api smithy.APIError
	switch {
	case err == nil, errors.As(err, &api) && api.ErrorCode() == "AccessDenied":
		return nil
	case errors.As(err, &api) && api.ErrorCode() == "NoSuchBucket":
		return fmt.Errorf("%s: no such bucket: %w", s.url, ErrNotFound)
	}
	return s.fail("list", s.url.Prefix, err)
}

func loadConfig(ctx context.Context, u URL, o Options) (aws.Config, error) {
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = 0
		t.MaxIdleConnsPerHost = max(o.Concurrency, 1)
		stall := cmp.Or(o.Stall, DefaultStall)
		t.ResponseHeaderTimeout = stall
		t.IdleConnTimeout = stall
		dial := t.DialContext
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return stallingConn{conn, stall}, nil
		}
	})
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithSharedConfigProfile(u.Profile),
		config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewAdaptiveMode(func(a *retry.AdaptiveModeOptions) {
				a.StandardOptions = append(a.StandardOptions, func(s *retry.StandardOptions) {
					s.RateLimiter = ratelimit.None // its quota would give up all keys after a short outage
					s.MaxAttempts = requestAttempts
					s.MaxBackoff = maxBackoff
				})
			})
		}),
	)
	if err != nil {
		return aws.Config{}, fmt.Errorf("%s: load the AWS configuration: %w", u, err)
	}
	switch {
	case u.Region != "":
		cfg.Region = u.Region
	case cfg.Region == "":
		cfg.Region = defaultRegion
	}
	if u.RoleARN != "" {
		role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), u.RoleARN, func(a *stscreds.AssumeRoleOptions) {
			a.RoleSessionName = "plantrail"
			a.ExternalID = optional(u.ExternalID)
		})
		cfg.Credentials = aws.NewCredentialsCache(role)
	}
	return cfg, nil
}

// A stallingConn gives up when nothing moves for a while.
type stallingConn struct {
	net.Conn
	stall time.Duration
}

// Read implements [net.Conn].
func (c stallingConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write implements [net.Conn].
func (c stallingConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

func newClient(cfg aws.Config, u URL, o Options) *s3.Client {
	return s3.NewFromConfig(cfg, func(s *s3.Options) {
		s.UsePathStyle = u.PathStyle
		s.BaseEndpoint = cmp.Or(optional(u.Endpoint), s.BaseEndpoint)
		// Log files carry a CRC of their own, in the gzip trailer.
		s.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		s.APIOptions = append(s.APIOptions, o.Requests.count)
	})
}

// count adds a step to the stack of every operation, behind the one that
// retries, so that each attempt counts.
func (r *Requests) count(stack *middleware.Stack) error {
	step := middleware.FinalizeMiddlewareFunc("CountRequests", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		switch awsmiddleware.GetOperationName(ctx) {
		case "ListObjectsV2":
			r.List.Add(1)
		case "GetObject":
			r.Get.Add(1)
		case "HeadObject", "HeadBucket":
			r.Head.Add(1)
		default:
			r.Put.Add(1)
		}
		return next.HandleFinalize(ctx, in)
	})
	return stack.Finalize.Insert(step, "Retry", middleware.After)
}
