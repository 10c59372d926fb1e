package s3server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	// region is the gateway's own default.
	region = "us-east-1"
	// startTimeout bounds the way from the first start to the first answer. It
	// is generous: a gateway answers in a fraction of a second on an idle
	// machine, and a machine that runs tests is not idle.
	startTimeout = time.Minute
	// startAttempts is how many ports are tried.
	startAttempts = 5
	// pollInterval is the pause between two questions whether it answers.
	pollInterval = 10 * time.Millisecond
	// pollTimeout bounds one such question.
	pollTimeout = 2 * time.Second
	// putWidth is how many objects [Server.PutTree] puts at once.
	putWidth = 16
)

// A Server is a running S3 server with a user who may do everything. Its methods
// may be called from many goroutines.
type Server struct {
	address   string // host:port
	accessKey string
	secretKey string
	client    *s3.Client
	process   *process
}

// Start runs a server on an empty directory until the test ends. It can have
// more accounts. Start fails the test if there is none to be had.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := startAny(tb.Context(), tb.TempDir(), tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		s.Stop()
		if out := s.process.output.String(); tb.Failed() && out != "" {
			tb.Logf("output of the S3 server:\n%s", out)
		}
	})
	return s
}

// StartDir runs a server on dir, in which every folder is a bucket, until
// [Server.Stop] or the end of this process. Its file system must have extended
// attributes. ctx bounds the start alone.
func StartDir(ctx context.Context, dir string) (*Server, error) { return startAny(ctx, dir, "") }

// startAny runs a server on dir, on any port. It keeps accounts in a directory
// of their own, if there is one.
func startAny(ctx context.Context, dir, accounts string) (*Server, error) {
	program, err := gateway()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		s, err := start(ctx, program, dir, accounts)
		if err == nil || ctx.Err() != nil || attempt == startAttempts {
			return s, err
		}
	}
}

// start runs the gateway on one port and waits until it answers.
func start(ctx context.Context, program, dir, accounts string) (*Server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &Server{address: address, accessKey: rand.Text(), secretKey: rand.Text()}
	s.client = s.newClient()
	args := []string{"--keep-alive", "--quiet", "--port", address}
	if accounts != "" {
		args = append(args, "--iam-dir", accounts)
	}
	s.process, err = startProcess(program, append(args, "posix", dir),
		// Nothing of this process's environment: it could hold the gateway's
		// many settings.
		[]string{"ROOT_ACCESS_KEY=" + s.accessKey, "ROOT_SECRET_KEY=" + s.secretKey})
	if err != nil {
		return nil, fmt.Errorf("start S3 server: %w", err)
	}
	if err := s.awaitAnswer(ctx); err != nil {
		s.Stop()
		return nil, fmt.Errorf("start S3 server on %s: %w; its output: %s", address, err, s.process.output.String())
	}
	return s, nil
}

// freeAddress returns a loopback address that nobody listens on, for now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find free port: %w", err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return "", fmt.Errorf("find free port: %w", err)
	}
	return address, nil
}

func (s *Server) awaitAnswer(ctx context.Context) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var last error
	for {
		select {
		case <-s.process.ended:
			return errors.New("it ended before it answered")
		case <-ctx.Done():
			return errors.Join(ctx.Err(), last)
		case <-tick.C:
			if last = s.poll(ctx); last == nil {
				return nil
			}
		}
	}
}

func (s *Server) poll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	_, err := s.client.ListBuckets(ctx, &s3.ListBucketsInput{}, func(o *s3.Options) { o.Retryer = aws.NopRetryer{} })
	return err
}

func (s *Server) newClient() *s3.Client {
	return s3.New(s3.Options{
		Region:       region,
		BaseEndpoint: aws.String(s.Endpoint()),
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(s.accessKey, s.secretKey, ""),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = putWidth
		}),
	})
}

// Stop ends the server and returns when it is gone. Objects stay in the
// directory. Stopping twice does no harm.
func (s *Server) Stop() { s.process.stop() }

// Endpoint returns the server's address as http://127.0.0.1:9000.
func (s *Server) Endpoint() string { return "http://" + s.address }

// URL returns a place on the server as plantrail takes it for a source or a
// table. prefix may be empty.
func (s *Server) URL(bucket, prefix string) string {
	place := strings.TrimSuffix("s3://"+bucket+"/"+prefix, "/")
	return place + "?endpoint=" + s.Endpoint() + "&path_style=true&region=" + region
}

// Client returns a client of the server that needs no environment.
func (s *Server) Client() *s3.Client { return s.client }
