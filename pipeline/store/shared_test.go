package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"plantrail/pipeline/store"
)

// A cloud is a server for S3 and STS that counts what it is sent. It answers
// listings itself and asks of a role with assume.
type cloud struct {
	url                         string
	connections, heads, assumed atomic.Int64
}

func startCloud(t *testing.T, assume func(http.ResponseWriter, *http.Request)) *cloud {
	t.Helper()
	c := new(cloud)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			c.assumed.Add(1)
			assume(w, r)
		case r.Method == http.MethodHead:
			c.heads.Add(1)
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
		case strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/"):
			fmt.Fprintf(w, `<ListBucketResult><Name>%s</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>`,
				strings.Trim(r.URL.Path, "/"))
		default:
			w.WriteHeader(http.StatusMovedPermanently)
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			c.connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c.url = server.URL
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_PROFILE": "", "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_ENDPOINT_URL_S3": c.url, "AWS_ENDPOINT_URL_STS": c.url,
	} {
		t.Setenv(name, value)
	}
	return c
}

func grant(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>`+
		`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>`+
		`</Credentials></AssumeRoleResult></AssumeRoleResponse>`)
}

func refuse(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>told</Message></Error></ErrorResponse>`)
}

func open(ctx context.Context, shared *store.Shared, url string) error {
	u, err := store.ParseURL(url)
	if err != nil {
		return err
	}
	_, err = store.Open(ctx, u, true, shared)
	return err
}

const roles = "s3://bucket-%d/prefix-%d?path_style=true&role_arn=arn:aws:iam::111122223333:role/reader-%d"

// A thousand sources in ten buckets with two roles: a role is assumed once, a
// bucket's region is asked for once by each, and connections are shared.
func TestSharedOpens(t *testing.T) {
	const sources, width = 1000, 16
	for name, test := range map[string]struct {
		assume func(http.ResponseWriter, *http.Request)
		heads  int64
		saying string
	}{
		"granted": {assume: grant, heads: 20},
		"refused": {assume: refuse, saying: "assume arn:aws:iam::111122223333:role/reader-"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := startCloud(t, test.assume)
			shared := &store.Shared{Concurrency: width}
			var group sync.WaitGroup
			for worker := range width {
				group.Go(func() {
					for i := worker; i < sources; i += width {
						bucket := i % 10
						err := open(t.Context(), shared, fmt.Sprintf(roles, bucket, i, i/10%2))
						if test.saying == "" && err != nil {
							t.Error(err)
						}
						if test.saying != "" && (err == nil || !strings.Contains(err.Error(), test.saying) ||
							!strings.HasPrefix(err.Error(), fmt.Sprintf("s3://bucket-%d/prefix-%d:", bucket, i))) {
							t.Errorf("error %v", err)
						}
					}
				})
			}
			group.Wait()
			if cloud.assumed.Load() != 2 || cloud.heads.Load() != test.heads {
				t.Errorf("%d roles assumed, %d regions asked for", cloud.assumed.Load(), cloud.heads.Load())
			}
			// Each worker has one request under way, in one of two pools. Of each pool
			// it may have a connection made that is not needed when it is there, since
			// another worker's is free by then.
			if n := cloud.connections.Load(); n > 4*width {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// What failed because its context ended is done again by who asks next.
func TestSharedAfterCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan struct{})
	startCloud(t, func(w http.ResponseWriter, r *http.Request) {
		if ctx.Err() == nil {
			cancel()
			<-failed
		}
		grant(w, r)
	})
	shared := &store.Shared{Concurrency: 1}
	url := fmt.Sprintf(roles, 0, 0, 0)
	if err := open(ctx, shared, url); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(failed)
	if err := open(t.Context(), shared, url); err != nil {
		t.Error(err)
	}
}
