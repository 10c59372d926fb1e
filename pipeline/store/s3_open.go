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
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"plantrail/pipeline/store/wire"
)

const (
	// requestAttempts is how often a request is sent that is throttled or fails
	// on the way, with growing pauses up to maxBackoff: minutes in all.
	requestAttempts = 12
	maxBackoff      = 20 * time.Second
	// defaultRegion signs requests where nothing else names a region.
	defaultRegion = "us-east-1"
)

const (
	// credentialsPatience is longer than credentials take that are at hand.
	credentialsPatience = time.Second
	credentialsTried    = "looking for AWS credentials: in the environment, the shared files, and roles of the container and the instance in turn"
)

// expiryWindow is how long before their end credentials are fetched anew, so
// that none run out on the way.
const expiryWindow = time.Minute

// errNoBucket is an ErrNotFound that says what is not there.
var errNoBucket = noBucketError{}

type noBucketError struct{}

// Error implements error.
func (noBucketError) Error() string { return "no such bucket" }

// Unwrap makes it an [ErrNotFound].
func (noBucketError) Unwrap() error { return ErrNotFound }

// OpenS3 returns the bucket that u names. It finds the bucket's region, unless
// u gives it or an endpoint, and checks that there are credentials and the
// bucket.
func OpenS3(ctx context.Context, u URL, shared *Shared) (*S3, error) {
	cfg, err := shared.configs.get(ctx, u.Profile, func() (aws.Config, error) { return shared.loadConfig(ctx, u.Profile) })
	if err != nil {
		return nil, fmt.Errorf("%s: load the AWS configuration: %w", u, err)
	}
	cfg.Region = cmp.Or(u.Region, cfg.Region, defaultRegion)
	who, credentials, err := shared.logIn(ctx, cfg, u)
	if err != nil {
		return nil, err
	}
	cfg.Credentials = credentials
	s := &S3{client: shared.client(ctx, cfg, u, who), url: u, each: eachRequest(cfg, u), requests: &shared.Requests}
	s.reader.doubt.log = shared.log()
	if u.Region == "" && u.Endpoint == "" {
		bucket := u
		bucket.Prefix = ""
		region, err := shared.regions.get(ctx, bucket, func() (string, error) { return s.findRegion(ctx) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", u, err)
		}
		if region != "" && region != cfg.Region {
			cfg.Region = region
			s.client = shared.client(ctx, cfg, u, who)
		}
	}
	if err := s.prepare(ctx, cfg, shared, who); err != nil {
		return nil, err
	}
	if err := s.probe(ctx); err != nil {
		return nil, err
	}
	// What the store has answered tells the region better than what was given.
	if region := s.reader.bucket.Load().Region(); region != cfg.Region && u.Endpoint == "" {
		cfg.Region = region
		s.client = shared.client(ctx, cfg, u, who)
	}
	return s, nil
}

// prepare finds out how the bucket is read.
func (s *S3) prepare(ctx context.Context, cfg aws.Config, shared *Shared, who login) (err error) {
	client, err := shared.wires.get(ctx, s.url.Profile, func() (*wire.Client, error) { return shared.wire(cfg) })
	if err != nil {
		return fmt.Errorf("%s: %w", s.url, err)
	}
	s.reader.resolve = func(ctx context.Context, region string) (*wire.Bucket, error) {
		cfg.Region = region
		target, err := s.target(ctx, shared.client(ctx, cfg, s.url, who))
		if err != nil {
			return nil, err
		}
		b, err := client.Bucket(target)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.url, err)
		}
		return b, nil
	}
	s.reader.who = cfg.Credentials
	bucket := URL{Bucket: s.url.Bucket, Endpoint: s.url.Endpoint}
	s.reader.pace, _ = shared.paces.get(ctx, bucket, func() (*pace, error) { return new(pace), nil }) // which cannot fail
	b, err := s.reader.resolve(ctx, cfg.Region)
	s.reader.bucket.Store(b)
	return err
}

// wire returns a client for reading that reaches servers as the SDK does.
func (s *Shared) wire(cfg aws.Config) (*wire.Client, error) {
	p, ok := cfg.HTTPClient.(pool)
	if !ok {
		return nil, errors.New("the AWS configuration has an HTTP client of its own")
	}
	stall := cmp.Or(s.Stall, DefaultStall)
	return wire.NewClient(wire.Config{
		Dial: p.dialer.DialContext, Proxy: p.transport.Proxy, TLS: p.transport.TLSClientConfig,
		Stall: stall, Idle: stall, MaxIdle: max(s.Concurrency, 1),
	}), nil
}

// probe asks for one key, to find out before anything is read whether there is
// such a bucket and whether the credentials are good. That this place must not
// be listed is no failure yet: it may hold folders that may.
func (s *S3) probe(ctx context.Context) error {
	page, err := s.page(ctx, wire.Query{Prefix: s.url.Prefix, MaxKeys: 1})
	if err == nil && len(page.Objects) == 1 && page.Objects[0].Key == s.url.Prefix {
		if namesArchive(s.url.Prefix) {
			return fmt.Errorf("%s: %s", s.url, anArchive)
		}
		s.names = page.Objects[0].Size > 0 // else it marks a folder
	}
	var refusal *wire.Refusal
	switch errors.As(err, &refusal); {
	case err == nil, refusal != nil && refusal.Code == "AccessDenied":
		return nil
	case refusal != nil && refusal.Code == "NoSuchBucket":
		return fmt.Errorf("%s: %w", s.url, errNoBucket)
	}
	return s.fail("list", s.url.Prefix, err)
}

// loadConfig loads what the environment and the shared files say of a profile.
func (s *Shared) loadConfig(ctx context.Context, profile string) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithSharedConfigProfile(profile),
		config.WithLogger(logging.LoggerFunc(func(_ logging.Classification, format string, values ...any) {
			s.log().Warn(fmt.Sprintf(format, values...)) // as all that is said, in the form that was asked for
		})),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(s.limit)),
		config.WithCredentialsCacheOptions(func(c *aws.CredentialsCacheOptions) { c.ExpiryWindow = max(c.ExpiryWindow, expiryWindow) }),
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
		return cfg, err
	}
	// Each client would make a pool of its own from the SDK's type.
	buildable, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		return cfg, errors.New("it has an HTTP client of its own")
	}
	cfg.HTTPClient = newPool(buildable)
	return cfg, nil
}

// A pool is connections that all clients of a profile share. It follows no
// redirect: an answer must not lead credentials elsewhere.
type pool struct {
	*http.Client
	transport *http.Transport
	dialer    *net.Dialer
}

func newPool(c *awshttp.BuildableClient) pool {
	transport := c.GetTransport()
	return pool{transport: transport, dialer: c.GetDialer(), Client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// limit sets the bounds of a pool. Each bucket is a host of its own, so there
// is one for each of them and one for all.
func (s *Shared) limit(t *http.Transport) {
	t.MaxIdleConnsPerHost = max(s.Concurrency, 1)
	t.MaxIdleConns = 2 * t.MaxIdleConnsPerHost
	stall := cmp.Or(s.Stall, DefaultStall)
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
}

// logIn returns whom requests for u come from, and the credentials. The error names u.
func (s *Shared) logIn(ctx context.Context, cfg aws.Config, u URL) (who login, credentials aws.CredentialsProvider, err error) {
	who = login{profile: u.Profile, roleARN: u.RoleARN, externalID: u.ExternalID}
	if u.RoleARN != "" {
		who.region = cfg.Region
	}
	credentials, err = s.logins.get(ctx, who, func() (aws.CredentialsProvider, error) {
		waiting := time.AfterFunc(credentialsPatience, func() { s.log().Warn(credentialsTried) })
		defer waiting.Stop()
		return logIn(ctx, cfg, who)
	})
	switch {
	case err != nil && u.RoleARN != "":
		return who, nil, fmt.Errorf("%s: assume %s: %w", u, u.RoleARN, err)
	case err != nil:
		return who, nil, fmt.Errorf("%s: no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run with a role (%w)", u, err)
	}
	return who, credentials, nil
}

// logIn returns credentials, which are fetched anew when they end, and checks
// that there are any.
func logIn(ctx context.Context, cfg aws.Config, who login) (aws.CredentialsProvider, error) {
	provider := cfg.Credentials
	if who.roleARN != "" {
		role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), who.roleARN, func(a *stscreds.AssumeRoleOptions) {
			a.RoleSessionName = "plantrail"
			a.ExternalID = optional(who.externalID)
		})
		provider = aws.NewCredentialsCache(role, func(c *aws.CredentialsCacheOptions) { c.ExpiryWindow = max(c.ExpiryWindow, expiryWindow) })
	}
	_, err := provider.Retrieve(ctx)
	return provider, err
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

// client returns the client for cfg and what u says of its bucket's server.
func (s *Shared) client(ctx context.Context, cfg aws.Config, u URL, who login) *s3.Client {
	key := clientKey{login: who, region: cfg.Region, endpoint: u.Endpoint, pathStyle: u.PathStyle}
	client, _ := s.clients.get(ctx, key, func() (*s3.Client, error) { // which cannot fail
		return s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.UsePathStyle = u.PathStyle
			o.BaseEndpoint = cmp.Or(optional(u.Endpoint), o.BaseEndpoint)
			// Log files carry a CRC of their own, in the gzip trailer.
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
			// A file written in parts has none that the SDK can compare, as it would
			// say in a line of its own on standard error.
			o.DisableLogOutputChecksumValidationSkipped = true
			o.APIOptions = append(o.APIOptions, s.Requests.count, hideEncoding)
		}), nil
	})
	return client
}

// eachRequest returns what a place adds to each of its requests: who must own
// the bucket, who pays, and a retryer of its own, so that one throttled bucket
// does not slow the others down.
func eachRequest(cfg aws.Config, u URL) func(*s3.Options) {
	retryer := cfg.Retryer()
	var headers []func(*middleware.Stack) error
	if u.ExpectedOwner != "" {
		headers = append(headers, smithyhttp.SetHeaderValue("X-Amz-Expected-Bucket-Owner", u.ExpectedOwner))
	}
	if u.RequesterPays {
		headers = append(headers, smithyhttp.SetHeaderValue("X-Amz-Request-Payer", string(types.RequestPayerRequester)))
	}
	return func(o *s3.Options) {
		o.Retryer = retryer
		o.APIOptions = append(o.APIOptions, headers...)
	}
}

// hideEncoding has a request signed without its Accept-Encoding: Google's S3
// changes that header on the way, and then refuses the signature.
func hideEncoding(stack *middleware.Stack) error {
	const header = "Accept-Encoding"
	var hidden []string
	hide := middleware.FinalizeMiddlewareFunc("HideAcceptEncoding", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if r, ok := in.Request.(*smithyhttp.Request); ok {
			hidden = r.Header[header]
			delete(r.Header, header)
		}
		return next.HandleFinalize(ctx, in)
	})
	show := middleware.FinalizeMiddlewareFunc("ShowAcceptEncoding", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if r, ok := in.Request.(*smithyhttp.Request); ok && len(hidden) > 0 {
			r.Header[header] = hidden
		}
		return next.HandleFinalize(ctx, in)
	})
	if err := stack.Finalize.Insert(hide, "Signing", middleware.Before); err != nil {
		return err
	}
	return stack.Finalize.Insert(show, "Signing", middleware.After)
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
