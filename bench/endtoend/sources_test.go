package endtoend_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/klauspost/compress/gzip"

	"plantrail/bench/duck"
	"plantrail/bench/s3server"
	"plantrail/bench/soak"
	"plantrail/pipeline"
	"plantrail/pipeline/store"
)

// wholeSample checks that a table has each event of the sample trail once.
func wholeSample(t *testing.T, table string) {
	t.Helper()
	var names []string
	for _, row := range want() {
		name, _, _ := strings.Cut(row, "|")
		names = append(names, name)
	}
	equal(t, query(t, duck.Open(t), fmt.Sprintf("SELECT eventname FROM read_parquet('%s/*/*.parquet') ORDER BY eventtime, eventname", table)), names)
}

// A trail that moved from one bucket to another, and a log file that was copied
// into both: each event once.
func TestTwoBuckets(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "older")
	server.CreateBucket(t, "newer")
	err := filepath.WalkDir(sample, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		key, err := filepath.Rel(sample, name)
		if err != nil {
			return err
		}
		// Both buckets have days of account 111122223333 in us-west-2.
		in := []string{"newer"}
		switch {
		case strings.Contains(key, "20210107T2330Z"), strings.Contains(key, "20220629T1640Z"):
			in = []string{"older"}
		case strings.Contains(key, "20210107T2210Z"): // holds two events
			in = []string{"older", "newer"}
		}
		for _, bucket := range in {
			if err := server.Put(t.Context(), bucket, key, body); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c := config(t, server.URL("older", ""), t.TempDir())
	c.Sources = append(c.Sources, config(t, server.URL("newer", ""), t.TempDir()).Sources...)
	// One event is in two log files of the sample.
	first, err := pipeline.Run(t.Context(), c)
	if err != nil || first.Read != 10 || first.RowsAdded != 8 || first.Duplicates != 3 {
		t.Errorf("error %v, %+v", err, first)
	}
	again, err := pipeline.Run(t.Context(), c)
	if err != nil || again.RowsAdded != 0 || again.PartitionsWritten != 0 {
		t.Errorf("again: error %v, %+v", err, again)
	}
	wholeSample(t, c.Table.String()[len("file://"):])
}

// Two hundred sources from a file, in four buckets: one run, with no more
// connections than it may have requests in flight.
func TestManySources(t *testing.T) {
	const sources, buckets, concurrency = 200, 4, 16
	server := s3server.Start(t)
	proxy := observe(t, server.Endpoint(), func(*http.Request) {}, nil)
	for b := range buckets {
		server.CreateBucket(t, fmt.Sprintf("bucket-%d", b))
	}
	var list strings.Builder
	fmt.Fprintln(&list, "# All accounts.")
	for i := range sources {
		account, bucket := fmt.Sprintf("%012d", 100_000_000_000+i), fmt.Sprintf("bucket-%d", i%buckets)
		key := fmt.Sprintf("AWSLogs/%[1]s/CloudTrail/us-west-2/2024/03/01/%[1]s_CloudTrail_us-west-2_20240301T1200Z_Zq3vT8mWn1Xc5KdA.json.gz", account)
		record := fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","eventTime":"2024-03-01T12:00:00Z","eventID":"%d","recipientAccountId":%q}`, i, account)
		if err := server.Put(t.Context(), bucket, key, zipped(t, record)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&list, strings.ReplaceAll(server.URL(bucket, "AWSLogs/"+account), server.Endpoint(), proxy.endpoint))
	}
	file := filepath.Join(t.TempDir(), "trails.txt")
	if err := os.WriteFile(file, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := strings.ReplaceAll(server.URL("none", ""), server.Endpoint(), proxy.endpoint)
	outcome := start(t, soak.Job{
		Source: missing, Flags: []string{"--sources", file, "--concurrency", fmt.Sprint(concurrency)},
		Table: t.TempDir(), Env: server.Env(),
	})
	r := outcome.Report
	if outcome.Exit != 3 || r.Read != sources || r.RowsAdded != sources || len(r.Unreachable) != 1 || !strings.Contains(r.Unreachable[0].Error, "no such bucket") {
		t.Errorf("exit code %d, %+v", outcome.Exit, r)
	}
	// Sources are opened and units listed 32 at a time.
	proxy.mutex.Lock()
	most := proxy.most
	proxy.mutex.Unlock()
	if most > 2*(concurrency+32) {
		t.Errorf("%d connections at once", most)
	}
	t.Logf("%d requests on %d connections, %d at once", proxy.requests.Load(), proxy.connections.Load(), most)
}

func zipped(t *testing.T, records ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	fmt.Fprintf(w, `{"Records":[%s]}`, strings.Join(records, ","))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// An observer passes requests on to a server and counts.
type observer struct {
	endpoint              string
	requests, connections atomic.Int64

	mutex      sync.Mutex
	open, most int // connections at once
}

// observe shows each request to see before it is passed on, and each answer to
// change, if there is one.
func observe(t *testing.T, upstream string, see func(*http.Request), change func(*http.Response) error) *observer {
	t.Helper()
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	o := new(observer)
	proxy := &httputil.ReverseProxy{
		Transport: &http.Transport{MaxIdleConnsPerHost: 128, DisableCompression: true},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // it is signed
		},
		ModifyResponse: change,
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.requests.Add(1)
		see(r)
		proxy.ServeHTTP(w, r)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		o.mutex.Lock()
		defer o.mutex.Unlock()
		switch state {
		case http.StateNew:
			o.connections.Add(1)
			o.open++
			o.most = max(o.most, o.open)
		case http.StateClosed:
			o.open--
		case http.StateActive, http.StateIdle, http.StateHijacked: // it was counted when it was new
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	o.endpoint = server.URL
	return o
}

// Whatever is sent to a bucket says who must own it and who pays, also where no
// run reads or writes yet.
func TestOwnerAndPayer(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "trail")
	server.PutTree(t, "trail", "", sample)
	owner := ownerOf(t, server, "trail")
	var mutex sync.Mutex
	kinds := map[string]int{}
	proxy := observe(t, server.Endpoint(), func(r *http.Request) {
		kind := r.Method
		for _, name := range []string{"list-type", "uploads", "partNumber"} {
			if r.URL.Query().Has(name) {
				kind += " " + name
			}
		}
		mutex.Lock()
		defer mutex.Unlock()
		kinds[kind]++
		if r.Header.Get("X-Amz-Expected-Bucket-Owner") != owner || r.Header.Get("X-Amz-Request-Payer") != "requester" {
			t.Errorf("%s %s: %v", r.Method, r.URL, r.Header)
		}
	}, func(r *http.Response) error {
		if r.Request.Method == http.MethodHead {
			r.Header.Set("X-Amz-Bucket-Region", "us-east-1") // which the server does not say
		}
		return nil
	})
	t.Setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
	parameters := "?path_style=true&requester_pays=true&expected_owner=" + owner
	for range 2 {
		report := run(t, "s3://trail/AWSLogs"+parameters, "s3://trail/table"+parameters)
		if len(report.Unreachable) > 0 {
			t.Errorf("%+v", report.Unreachable)
		}
	}
	u, err := store.ParseURL("s3://trail/large" + parameters)
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, true, &store.Shared{Concurrency: 4})
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 11<<20) // in one part, however large
	if err := l.Put(t.Context(), l.Key("a"), bytes.NewReader(body), int64(len(body)), ""); err != nil {
		t.Fatal(err)
	}
	f, err := l.Open(t.Context(), l.Key("a"))
	if err != nil || f.Size != int64(len(body)) {
		t.Fatal(err)
	}
	f.Close()
	for _, kind := range []string{"HEAD", "GET list-type", "GET", "PUT"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s among %v", kind, slices.Sorted(maps.Keys(kinds)))
		}
	}
}

func ownerOf(t *testing.T, server *s3server.Server, bucket string) string {
	t.Helper()
	acl, err := server.Client().GetBucketAcl(t.Context(), &s3.GetBucketAclInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	return *acl.Owner.ID
}

// A bucket that belongs to somebody else is not read, and named; a table is not
// written there.
func TestOtherOwner(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "trail")
	server.PutTree(t, "trail", "", sample)
	foreign := server.URL("trail", "AWSLogs/444455556666") + "&expected_owner=999999999999"
	c := config(t, server.URL("trail", "AWSLogs/111122223333"), t.TempDir())
	c.Sources = append(c.Sources, config(t, foreign, t.TempDir()).Sources...)
	report, err := pipeline.Run(t.Context(), c)
	if err != nil || report.RowsAdded != 6 || len(report.Unreachable) == 0 {
		t.Errorf("error %v, %+v", err, report)
	}
	for _, u := range report.Unreachable { // the account's log files, and what is beside them
		if !strings.Contains(u.Error, "account 999999999999 does not own the bucket") {
			t.Errorf("%+v", u)
		}
	}
	report, err = pipeline.Run(t.Context(), config(t, sample, server.URL("trail", "table")+"&expected_owner=999999999999"))
	if !errors.Is(err, store.ErrDenied) || report.Read > 0 {
		t.Errorf("error %v, %d read", err, report.Read)
	}
}
