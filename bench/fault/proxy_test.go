package fault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"plantrail/bench/fault"
	"plantrail/bench/s3server"
)

const body = "0123456789 the bytes of a log file"

// A upstream is a server that knows one answer, and counts puts.
type upstream struct {
	*httptest.Server
	puts atomic.Int64
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			u.puts.Add(1)
		}
		w.Header().Set("ETag", `"etag"`)
		io.WriteString(w, body)
	}))
	t.Cleanup(u.Close)
	return u
}

func start(t *testing.T, upstream string, cfg fault.Config) *fault.Proxy {
	t.Helper()
	p, err := fault.Start(upstream, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// send sends a request on a connection of its own, so that no transport tries
// it again.
func send(ctx context.Context, method, url string) (status int, got string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(""))
	if err != nil {
		return 0, "", err
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

func TestKinds(t *testing.T) {
	t.Parallel()
	const stall = 100 * time.Millisecond
	half := body[:len(body)/2]
	for kind, want := range map[fault.Kind]struct {
		method string
		status int
		body   string // which it contains
		err    error
		stalls bool
	}{
		fault.SlowDown:    {method: "GET", status: 503, body: "<Code>SlowDown<"},
		fault.Internal:    {method: "PUT", status: 500, body: "<Code>InternalError<"},
		fault.ResetBefore: {method: "GET", err: syscall.ECONNRESET},
		fault.ResetWithin: {method: "GET", status: 200, err: syscall.ECONNRESET},
		fault.Short:       {method: "GET", status: 200, body: half, err: io.ErrUnexpectedEOF},
		fault.StallBefore: {method: "GET", status: 200, body: body, stalls: true},
		fault.StallWithin: {method: "GET", status: 200, body: body, stalls: true},
		fault.Missing:     {method: "GET", status: 404, body: "<Code>NoSuchKey<"},
		fault.WrongBytes:  {method: "GET", status: 200, body: body[:10]},
		fault.LostAnswer:  {method: "PUT", err: syscall.ECONNRESET},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			server := newUpstream(t)
			p := start(t, server.URL, fault.Config{Rate: 1, Kinds: []fault.Kind{kind}, Most: 1, Stall: stall})
			began := time.Now()
			status, got, err := send(t.Context(), want.method, p.Endpoint()+"/trail/a.json.gz")
			if status != want.status || !strings.Contains(got, want.body) || !errors.Is(err, want.err) || (time.Since(began) >= stall) != want.stalls {
				t.Errorf("status %d, %q, %v after %s", status, got, err, time.Since(began))
			}
			if kind == fault.WrongBytes && (got == body || len(got) != len(body)) {
				t.Errorf("not wrong: %q", got)
			}
			if kind == fault.LostAnswer && server.puts.Load() != 1 {
				t.Errorf("carried out %d times", server.puts.Load())
			}
			if status, got, err := send(t.Context(), want.method, p.Endpoint()+"/trail/a.json.gz"); status != 200 || got != body || err != nil {
				t.Errorf("behind the last fault: status %d, %q, %v", status, got, err)
			}
			if counts := p.Counts(); len(counts) != 1 || counts[kind] != 1 {
				t.Errorf("counted %v", counts)
			}
		})
	}
}

// The seed decides, and it decides for about as many as it should.
func TestSeed(t *testing.T) {
	t.Parallel()
	const requests, rate = 400, 0.25
	server := newUpstream(t)
	met := func(seed uint64) (pattern []bool, count int) {
		p := start(t, server.URL, fault.Config{Seed: seed, Rate: rate, Kinds: []fault.Kind{fault.Internal, fault.SlowDown}})
		for range requests {
			status, _, err := send(t.Context(), http.MethodGet, p.Endpoint()+"/a")
			if err != nil {
				t.Fatal(err)
			}
			pattern = append(pattern, status != http.StatusOK)
		}
		return pattern, p.Counts()[fault.Internal] + p.Counts()[fault.SlowDown]
	}
	first, count := met(1)
	again, _ := met(1)
	other, _ := met(2)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Error("faults do not follow the seed")
	}
	if want := requests * rate; float64(count) < want/2 || float64(count) > want*2 {
		t.Errorf("%d faults, want about %g", count, want)
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	p := start(t, newUpstream(t).URL, fault.Config{DeniedPrefix: "a/b"})
	for path, want := range map[string]int{
		"/trail/a/b/c": 403, "/trail/?list-type=2&prefix=a%2Fb%2F": 403, "/trail/a/c": 200, "/trail/?list-type=2&prefix=a%2F": 200,
	} {
		if status, _, err := send(t.Context(), http.MethodGet, p.Endpoint()+path); status != want || err != nil {
			t.Errorf("%s: status %d, %v", path, status, err)
		}
	}
	p.SetDeniedPrefix("")
	if status, _, err := send(t.Context(), http.MethodGet, p.Endpoint()+"/trail/a/b/c"); status != 200 || err != nil {
		t.Errorf("denied no more: status %d, %v", status, err)
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	const limit, requests = 50, 100
	p := start(t, newUpstream(t).URL, fault.Config{Limit: limit})
	began, passed := time.Now(), 0
	for range requests {
		status, _, err := send(t.Context(), http.MethodGet, p.Endpoint()+"/a")
		if err != nil {
			t.Fatal(err)
		}
		if status == http.StatusOK {
			passed++
		}
	}
	if most := limit * (time.Since(began).Seconds() + 0.2); passed == 0 || float64(passed) > most {
		t.Errorf("%d passed, at most %g may", passed, most)
	}
	all, refused := 0, 0
	for _, second := range p.Curve() {
		all, refused = all+second.Requests, refused+second.Refused
	}
	if all != requests || refused != requests-passed || p.Counts()[fault.Throttled] != refused {
		t.Errorf("curve has %d requests, %d refused", all, refused)
	}
}

// What a client signs passes: keys of any kind, conditions, bodies, listings.
func TestSigned(t *testing.T) {
	t.Parallel()
	const bucket = "trail"
	server := s3server.Start(t)
	server.CreateBucket(t, bucket)
	p := start(t, server.Endpoint(), fault.Config{})
	client := s3.New(server.Client().Options(), func(o *s3.Options) { o.BaseEndpoint = aws.String(p.Endpoint()) })
	for i, key := range []string{"a.json.gz", "day=2024-03-01/events.parquet", "a b+c/d%e/ü.json"} {
		sent := bytes.Repeat([]byte(fmt.Sprint(i)), 1<<(20*i/2)) // up to 1 MiB
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: bytes.NewReader(sent), IfNoneMatch: aws.String("*")}); err != nil {
			t.Fatalf("put %s: %v", key, err)
		}
		out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key, Range: aws.String("bytes=0-")})
		if err != nil {
			t.Fatalf("get %s: %v", key, err)
		}
		got, err := io.ReadAll(out.Body)
		out.Body.Close()
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("get %s: %d bytes of %d, %v", key, len(got), len(sent), err)
		}
	}
	list, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Delimiter: aws.String("/")})
	if err != nil || len(list.Contents) != 1 || len(list.CommonPrefixes) != 2 {
		t.Errorf("list: %v, %v", list, err)
	}
	if requests, retries := p.Requests(); requests != 7 || retries != 0 {
		t.Errorf("%d requests, %d retries", requests, retries)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		upstream string
		config   fault.Config
	}{
		"no server":    {"", fault.Config{}},
		"rate above 1": {"http://127.0.0.1:1", fault.Config{Rate: 2}},
		"not a chance": {"http://127.0.0.1:1", fault.Config{Kinds: []fault.Kind{fault.Denied}}},
		"a negative":   {"http://127.0.0.1:1", fault.Config{Limit: -1}},
		"earlier":      {"http://127.0.0.1:1", fault.Config{Delay: -1}},
		"blind faults": {"http://127.0.0.1:1", fault.Config{Blind: true, Rate: 0.5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p, err := fault.Start(test.upstream, test.config); err == nil {
				p.Close()
				t.Error("started")
			}
		})
	}
}
