package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/pipeline/store"
)

// The contract suite runs against a real server, in the bench module. These
// tests are about answers that a healthy server does not give.

const body = "0123456789"

// listing is as S3 writes it: an ETag is in quotes.
const listing = `<ListBucketResult><Name>bucket</Name><Prefix>x</Prefix><KeyCount>3</KeyCount><IsTruncated>false</IsTruncated>
	<Contents><Key>x/a</Key><Size>10</Size><ETag>&quot;781e5e245d69b566979b86e28d23f2c7&quot;</ETag><StorageClass>STANDARD</StorageClass></Contents>
	<Contents><Key>x/b</Key><Size>11</Size><ETag>&quot;781e5e245d69b566979b86e28d23f2c7-2&quot;</ETag><StorageClass>DEEP_ARCHIVE</StorageClass></Contents>
	<Contents><Key>x/c</Key><Size>12</Size><ETag>&quot;1&quot;</ETag></Contents>
</ListBucketResult>`

func TestS3List(t *testing.T) {
	l, _ := openS3(t, func(http.ResponseWriter, *http.Request) {})
	want := []store.Object{
		{Key: "x/a", Size: 10, ETag: `"781e5e245d69b566979b86e28d23f2c7"`, StorageClass: "STANDARD"},
		{Key: "x/b", Size: 11, ETag: `"781e5e245d69b566979b86e28d23f2c7-2"`, StorageClass: "DEEP_ARCHIVE"},
		{Key: "x/c", Size: 12, ETag: `"1"`},
	}
	for page, err := range l.List(t.Context(), store.Range{Prefix: "x"}) {
		if err != nil || !slices.Equal(page.Objects, want) {
			t.Errorf("listed %+v, error %v", page.Objects, err)
		}
	}
}

// openS3 opens a bucket on a server that answers listings itself and everything
// else with handle.
func openS3(t *testing.T, handle http.HandlerFunc) (store.Location, *store.Requests) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("list-type") == "2" {
			fmt.Fprint(w, listing)
			return
		}
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	u, err := store.ParseURL("s3://bucket/x?path_style=true&endpoint=" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	shared := &store.Shared{Concurrency: 64, Stall: 500 * time.Millisecond}
	l, err := store.Open(t.Context(), u, true, shared)
	if err != nil {
		t.Fatal(err)
	}
	return l, &shared.Requests
}

// breakOff ends a connection without an answer.
func breakOff(http.ResponseWriter) {
	panic(http.ErrAbortHandler)
}

func TestS3GetFaults(t *testing.T) {
	short := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		fmt.Fprint(w, body[:4])
	}
	whole := func(w http.ResponseWriter) { fmt.Fprint(w, body) }
	status := func(code int, text string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(code)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>told</Message></Error>", text)
		}
	}
	for name, test := range map[string]struct {
		first  func(http.ResponseWriter) // answers the first requests
		times  int32
		want   error // nil: the body
		gets   int64 // 0: any, as net/http repeats some by itself
		saying string
		broken bool // an error that is none of the package's
	}{
		"whole":            {first: whole, times: 0, gets: 1},
		"no length":        {first: func(w http.ResponseWriter) { w.(http.Flusher).Flush(); fmt.Fprint(w, body) }, times: 1, gets: 1},
		"short once":       {first: short, times: 1, gets: 2},
		"short for good":   {first: short, times: 1 << 20, broken: true, gets: 5, saying: "unexpected EOF"},
		"broken off twice": {first: breakOff, times: 2},
		"slow down":        {first: status(503, "SlowDown"), times: 2, gets: 3},
		"internal error":   {first: status(500, "InternalError"), times: 2, gets: 3},
		"denied":           {first: status(403, "AccessDenied"), times: 1 << 20, want: store.ErrDenied, gets: 1, saying: "AccessDenied: told"},
		"gone":             {first: status(404, "NoSuchKey"), times: 1 << 20, want: store.ErrNotFound, gets: 1, saying: "s3://bucket/x/a"},
		"archived":         {first: status(403, "InvalidObjectState"), times: 1 << 20, want: store.ErrArchived, gets: 1, saying: "restore it first"},
	} {
		t.Run(name, func(t *testing.T) {
			var seen atomic.Int32
			l, requests := openS3(t, func(w http.ResponseWriter, _ *http.Request) {
				if seen.Add(1) <= test.times {
					test.first(w)
				} else {
					whole(w)
				}
			})
			got, err := l.Get(t.Context(), l.Key("a"), nil)
			switch {
			case test.want == nil && !test.broken && (err != nil || string(got) != body):
				t.Errorf("got %q, error %v", got, err)
			case test.broken && err == nil, test.want != nil && !errors.Is(err, test.want):
				t.Errorf("error %v, want %v", err, test.want)
			case err != nil && (!strings.Contains(err.Error(), test.saying) || strings.Contains(err.Error(), "\n")):
				t.Errorf("error %v, want %s", err, test.saying)
			}
			if gets := requests.Get.Load(); test.gets > 0 && gets != test.gets {
				t.Errorf("%d requests, want %d", gets, test.gets)
			}
		})
	}
}

// An outage that hits every key's first requests loses none of them.
func TestS3Outage(t *testing.T) {
	const keys = 150
	var mutex sync.Mutex
	failed := map[string]int{}
	l, _ := openS3(t, func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		failed[r.URL.Path]++
		out := failed[r.URL.Path] <= 2
		mutex.Unlock()
		if out {
			breakOff(w)
		}
		fmt.Fprint(w, body)
	})
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			if _, err := l.Get(context.Background(), l.Key(fmt.Sprint(i)), nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// A connection that falls silent is given up after the stall time, in the head
// and in the middle of an answer, and the request tried again.
func TestS3Stall(t *testing.T) {
	for name, stall := range map[string]func(http.ResponseWriter){
		"before the answer": func(http.ResponseWriter) {},
		"in the body": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			fmt.Fprint(w, body[:4])
			w.(http.Flusher).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var seen atomic.Int32
			l, _ := openS3(t, func(w http.ResponseWriter, r *http.Request) {
				if seen.Add(1) == 1 {
					stall(w)
					<-r.Context().Done() // for as long as the client waits
					return
				}
				fmt.Fprint(w, body)
			})
			got, err := l.Get(t.Context(), l.Key("a"), nil)
			if err != nil || string(got) != body || seen.Load() != 2 {
				t.Errorf("got %q after %d requests, error %v", got, seen.Load(), err)
			}
		})
	}
}

// An archive in a bucket is no source, what only begins like it is one.
func TestOpenObject(t *testing.T) {
	for name, want := range map[string]string{
		"x/logs.zip":      "not a folder but an archive: unpack it",
		"x/a.json.gz":     "", // a log file
		"x/b.json.gz.old": "", // there are keys below it
		"x":               "", // whatever it is
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				key := r.URL.Query().Get("prefix")
				if strings.HasSuffix(key, ".old") {
					key += "/1"
				}
				fmt.Fprintf(w, "<ListBucketResult><Name>bucket</Name><Prefix>%s</Prefix><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>"+
					"<Contents><Key>%s</Key><Size>1</Size><ETag>&quot;x&quot;</ETag></Contents></ListBucketResult>", r.URL.Query().Get("prefix"), key)
			}))
			t.Cleanup(server.Close)
			for name, value := range map[string]string{
				"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
			} {
				t.Setenv(name, value)
			}
			u, err := store.ParseURL("s3://bucket/" + name + "?path_style=true&endpoint=" + server.URL)
			if err != nil {
				t.Fatal(err)
			}
			l, err := store.Open(t.Context(), u, true, new(store.Shared))
			if wantFile := name == "x/a.json.gz" || name == "x"; err == nil && l.File != wantFile {
				t.Errorf("a file: %t, want %t", l.File, wantFile)
			}
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("opened with %v, want %q", err, want)
			}
		})
	}
}
