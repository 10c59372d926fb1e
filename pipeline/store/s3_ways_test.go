package store_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/pipeline/store"
)

// serve runs a server that answers listings unless handle has.
func serve(t *testing.T, handle func(w http.ResponseWriter, r *http.Request) bool) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case handle(w, r):
		case r.URL.Query().Get("list-type") == "2":
			io.WriteString(w, listing)
		default:
			io.WriteString(w, body)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func refused(w http.ResponseWriter, status int, code, more string) bool {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>told</Message>%s</Error>", code, more)
	return true
}

// No redirect leads a request or its credentials to another host, neither one
// for reading nor one of the SDK's.
func TestS3Redirect(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var led atomic.Int64
		other := serve(t, func(http.ResponseWriter, *http.Request) bool {
			led.Add(1)
			return false
		})
		var away atomic.Bool
		server := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
			if away.Load() {
				w.Header().Set("Location", other.URL+r.URL.String())
				w.WriteHeader(status)
			}
			return away.Load()
		})
		l, _ := openFast(t, server.URL, "&region=us-east-1")
		away.Store(true)
		_, getting := l.Get(t.Context(), l.Key("a"), nil)
		var listing error
		for _, err := range l.List(t.Context(), store.Range{Prefix: "x"}) {
			listing = err
		}
		_, opening := l.Open(t.Context(), l.Key("a"))
		putting := l.Put(t.Context(), l.Key("a"), strings.NewReader("1"), 1, "")
		for what, err := range map[string]error{"get": getting, "list": listing, "open": opening, "put": putting} {
			if err == nil || errors.Is(err, store.ErrNotFound) {
				t.Errorf("%d: %s: error %v", status, what, err)
			}
		}
		if led.Load() > 0 {
			t.Errorf("%d: %d requests led elsewhere", status, led.Load())
		}
	}
}

// A bucket that is in another region than was said is read there, from the same
// server, and one answer tells.
func TestS3Region(t *testing.T) {
	for name, tell := range map[string]func(w http.ResponseWriter) bool{
		"in a header": func(w http.ResponseWriter) bool {
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
			return refused(w, 301, "PermanentRedirect", "<Endpoint>elsewhere.example</Endpoint>")
		},
		"in the error": func(w http.ResponseWriter) bool {
			return refused(w, 400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")
		},
		"temporarily": func(w http.ResponseWriter) bool {
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
			w.Header().Set("Location", "https://elsewhere.example/")
			return refused(w, 307, "TemporaryRedirect", "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var told atomic.Int64
			server := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/") {
					return false
				}
				told.Add(1)
				return tell(w)
			})
			l, _ := openFast(t, server.URL, "&region=us-west-2")
			if got, err := l.Get(t.Context(), l.Key("a"), nil); err != nil || string(got) != body || told.Load() != 1 {
				t.Errorf("got %q, told %d times, error %v", got, told.Load(), err)
			}
		})
	}
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) bool {
		return refused(w, 301, "PermanentRedirect", "<Region>eu-west-"+fmt.Sprint(time.Now().UnixNano()%9)+"</Region>")
	})
	setCredentials(t)
	err := open(t.Context(), new(store.Shared), "s3://bucket/x?region=us-west-2&path_style=true&endpoint="+server.URL)
	if err == nil || !strings.Contains(err.Error(), "PermanentRedirect") {
		t.Errorf("a region that always is another: %v", err)
	}
}

// A clock that is wrong is corrected by the server's, once that has refused it.
func TestS3ClockCorrected(t *testing.T) {
	for _, ahead := range []time.Duration{-20 * time.Hour, 30 * time.Minute} {
		var refusals atomic.Int64
		server := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
			now := time.Now().Add(ahead)
			w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
			signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
			if err == nil && now.Sub(signed).Abs() < 15*time.Minute {
				return false
			}
			refusals.Add(1)
			return refused(w, 403, "RequestTimeTooSkewed", "")
		})
		l, _ := openFast(t, server.URL, "")
		if got, err := l.Get(t.Context(), l.Key("a"), nil); err != nil || string(got) != body || refusals.Load() != 1 {
			t.Errorf("%s ahead: got %q after %d refusals, error %v", ahead, got, refusals.Load(), err)
		}
	}
}

// Credentials that expire before their time are fetched anew; where the new ones
// are refused too, that is the error.
func TestS3CredentialsChange(t *testing.T) {
	for _, code := range []string{"ExpiredToken", "InvalidToken", "InvalidAccessKeyId"} {
		var fetched, good atomic.Int64
		good.Store(1)
		source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"AccessKeyId":"ASIA%d","SecretAccessKey":"s","Token":"token-%[1]d","Expiration":"2099-01-01T00:00:00Z"}`, fetched.Add(1))
		}))
		defer source.Close()
		server := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("X-Amz-Security-Token") == fmt.Sprintf("token-%d", good.Load()) {
				return false
			}
			return refused(w, 403, code, "")
		})
		setCredentials(t)
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", source.URL)
		u, err := store.ParseURL("s3://bucket/x?path_style=true&endpoint=" + server.URL)
		if err != nil {
			t.Fatal(err)
		}
		l, err := store.Open(t.Context(), u, true, &store.Shared{Concurrency: 4})
		if err != nil {
			t.Fatal(err)
		}
		good.Store(2)
		if got, err := l.Get(t.Context(), l.Key("a"), nil); err != nil || string(got) != body || fetched.Load() != 2 {
			t.Errorf("%s: got %q, credentials fetched %d times, error %v", code, got, fetched.Load(), err)
		}
		good.Store(-1)
		if _, err := l.Get(t.Context(), l.Key("a"), nil); !errors.Is(err, store.ErrDenied) || !strings.Contains(err.Error(), code) || fetched.Load() > 6 {
			t.Errorf("%s: credentials fetched %d times, error %v", code, fetched.Load(), err)
		}
	}
}

// Every request says what the place wants said, and is signed over it, and not
// over what some store changes.
func TestS3Headers(t *testing.T) {
	var bad atomic.Pointer[string]
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) bool {
		signed := r.Header.Get("Authorization")
		if r.Header.Get("X-Amz-Request-Payer") != "requester" || r.Header.Get("X-Amz-Expected-Bucket-Owner") != "111122223333" ||
			!strings.Contains(signed, "x-amz-expected-bucket-owner;x-amz-request-payer") || strings.Contains(signed, "accept-encoding") {
			text := fmt.Sprint(r.Method, r.URL, r.Header)
			bad.Store(&text)
		}
		return false
	})
	l, _ := openFast(t, server.URL, "&requester_pays=true&expected_owner=111122223333")
	if _, err := l.Get(t.Context(), l.Key("a"), nil); err != nil {
		t.Error(err)
	}
	if file, err := l.Open(t.Context(), l.Key("a")); err != nil {
		t.Error(err)
	} else {
		file.Close()
	}
	if err := l.Put(t.Context(), l.Key("a"), strings.NewReader("1"), 1, ""); err != nil {
		t.Error(err)
	}
	if text := bad.Load(); text != nil {
		t.Error(*text)
	}
}

// TLS trusts the roots that AWS_CA_BUNDLE names, and no server without them.
func TestS3TLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("list-type") == "2" {
			io.WriteString(w, listing)
			return
		}
		io.WriteString(w, body)
	}))
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, root, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	l, _ := openFast(t, server.URL, "")
	if got, err := l.Get(t.Context(), l.Key("a"), nil); err != nil || string(got) != body {
		t.Errorf("got %q, error %v", got, err)
	}
}

// An answer that is no listing is asked for again, and is an error in the end,
// which names the server and what it answered; one that is whole and about
// something else is an error at once.
func TestS3NoListing(t *testing.T) {
	whole := strings.Replace(listing, "<Key>x/b<", "<Key>x/0<", 1)
	for name, test := range map[string]struct {
		answer string
		asked  int64
	}{
		"nothing": {"", 5}, "a login page": {"<!DOCTYPE html><html>Sign in</html>", 5}, "JSON": {"{}", 5},
		"half of it": {listing[:len(listing)/2], 5}, "out of order": {whole, 1},
		"another bucket": {strings.Replace(listing, ">bucket<", ">other<", 1), 1},
	} {
		t.Run(name, func(t *testing.T) {
			var from, asked, wrong atomic.Int64
			from.Store(1 << 40)
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) bool {
				if n := asked.Add(1); n < from.Load() || n >= from.Load()+wrong.Load() {
					return false
				}
				io.WriteString(w, test.answer)
				return true
			})
			l, _ := openFast(t, server.URL, "")
			list := func(times int64) (objects int, err error) {
				asked.Store(0)
				from.Store(1)
				wrong.Store(times)
				for page, failed := range l.List(t.Context(), store.Range{Prefix: "x"}) {
					objects, err = objects+len(page.Objects), failed
				}
				return objects, err
			}
			objects, err := list(1 << 30)
			host := strings.TrimPrefix(server.URL, "http://")
			if err == nil || objects > 0 || asked.Load() != test.asked || !strings.Contains(err.Error(), host) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%d objects in %d requests, error %v", objects, asked.Load(), err)
			}
			if test.asked == 1 {
				return
			}
			if objects, err := list(1); err != nil || objects != 3 {
				t.Errorf("wrong once: %d objects, error %v", objects, err)
			}
		})
	}
}

// Pages that have no key and promise more come to an end.
func TestS3EmptyPages(t *testing.T) {
	var pages atomic.Int64
	server := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("max-keys") == "1" {
			return false
		}
		fmt.Fprintf(w, "<ListBucketResult><Name>bucket</Name><KeyCount>0</KeyCount><IsTruncated>true</IsTruncated>"+
			"<NextContinuationToken>%d</NextContinuationToken></ListBucketResult>", pages.Add(1))
		return true
	})
	l, _ := openFast(t, server.URL, "")
	var failed error
	for _, err := range l.List(t.Context(), store.Range{Prefix: "x"}) {
		failed = err
	}
	if failed == nil || !strings.Contains(failed.Error(), "without a key") || pages.Load() > 1001 {
		t.Errorf("%d pages, error %v", pages.Load(), failed)
	}
}
