package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"

	"plantrail/pipeline"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/verify"
)

// A countedStore counts what is asked of a store, by its name.
type countedStore struct {
	signedStore
	mutex *sync.Mutex
	asked map[string]int
}

func (s *countedStore) count(what string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.asked[what]++
}

// List implements [store.Store].
func (s *countedStore) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	s.count("list " + r.Prefix)
	return s.signedStore.List(ctx, r)
}

// GetWithMetadata is what S3 has.
func (s *countedStore) GetWithMetadata(ctx context.Context, key string, buf []byte) ([]byte, map[string]string, error) {
	s.count("get " + key)
	return s.signedStore.GetWithMetadata(ctx, key, buf)
}

// endless repeats a text.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		copied := copy(p[n:], e.text[e.at:])
		n, e.at = n+copied, (e.at+copied)%len(e.text)
	}
	return n, nil
}

// long returns a gzip file of a digest's beginning and then so many bytes of a text.
func long(t *testing.T, text string, size int64) digesttest.Object {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, `{"awsAccountId":"111122223333","logFiles":[`); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, &endless{text: text}, size); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return digesttest.Object{Body: out.Bytes(), Metadata: map[string]string{"signature": "00", "signature-algorithm": "SHA256withRSA"}}
}

// A hostile digest is named with its error, takes bounded memory, and has nothing asked for
// that no listing of the source has.
func TestVerifyHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	entry := fmt.Sprintf(`{"s3Bucket":"trail-bucket","s3Object":"AWSLogs/x","hashValue":"%064d","hashAlgorithm":"SHA-256"},`, 0)
	large := digesttest.NewSigner(4096).Key()
	large.Value = slices.Repeat(large.Value, 16)[:8<<10]
	for name, test := range map[string]struct {
		change func(objects digesttest.Bucket, trail *digesttest.Trail, key string)
		keys   []digest.Key
		want   string // of the digest's error
	}{
		"huge": {change: func(objects digesttest.Bucket, _ *digesttest.Trail, key string) {
			objects[key] = long(t, strings.Repeat(" ", 1<<10), 1<<28)
		}, want: "inflated size exceeds the limit"},
		"deep": {change: func(objects digesttest.Bucket, _ *digesttest.Trail, key string) {
			objects[key] = long(t, strings.Repeat("[", 1<<10), 32<<20)
		}, want: "not JSON"},
		"deep, where nobody asks": {change: func(objects digesttest.Bucket, _ *digesttest.Trail, key string) {
			objects[key] = digesttest.Object{Body: digesttest.Gzip([]byte(`{"x":` + strings.Repeat("[", 1<<20))), Metadata: objects[key].Metadata}
		}, want: "nested deeper"},
		"10 million log files": {change: func(objects digesttest.Bucket, _ *digesttest.Trail, key string) {
			objects[key] = long(t, entry, int64(len(entry))*10_000_000)
		}, want: "inflated size exceeds the limit"},
		"too many log files": {change: func(objects digesttest.Bucket, _ *digesttest.Trail, key string) {
			objects[key] = long(t, entry, int64(len(entry))*200_000)
		}, want: "more than 100000 log files"},
		"another's bucket": {change: func(objects digesttest.Bucket, trail *digesttest.Trail, key string) {
			digesttest.Resign(objects, key, trail.Signer, func(b *digesttest.Body) {
				b.LogFiles = append(b.LogFiles, digesttest.LogFile{S3Bucket: "another", S3Object: "secret", HashAlgorithm: "SHA-256", HashValue: sum("x")})
			})
		}, want: "names a log file elsewhere, which is not read"},
		"a place of its own elsewhere": {change: func(objects digesttest.Bucket, trail *digesttest.Trail, key string) {
			digesttest.Resign(objects, key, trail.Signer, func(b *digesttest.Body) { b.DigestS3Object = "../../" + b.DigestS3Object[8:] })
		}, want: "it says that it lies at"},
		"a predecessor elsewhere": {change: func(objects digesttest.Bucket, trail *digesttest.Trail, key string) {
			digesttest.Resign(objects, key, trail.Signer, func(b *digesttest.Body) {
				bucket, object := "another", "AWSLogs/../../../etc/passwd"
				b.PreviousDigestS3Bucket, b.PreviousDigestS3Object = &bucket, &object
			})
		}, want: "as its predecessor, which is no digest of its chain"},
		"a key of more bits": {change: func(objects digesttest.Bucket, trail *digesttest.Trail, key string) {
			digesttest.Resign(objects, key, trail.Signer, func(b *digesttest.Body) { b.DigestPublicKeyFingerprint = large.Fingerprint })
		}, keys: []digest.Key{large}, want: "no RSA key in PKCS #1"},
	} {
		t.Run(name, func(t *testing.T) {
			objects := digesttest.Bucket{}
			signed := signedTrail(objects, 30, 1)
			key := signed.Key(signed.Now)
			test.change(objects, signed, key)
			requests := &countedStore{signedStore: signedStore{objects: objects, asked: func(string) {}}, mutex: new(sync.Mutex), asked: map[string]int{}}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			r := verifyDir(t, t.TempDir(), func(c *pipeline.VerifyConfig) {
				c.PublicKeys = append(c.PublicKeys, test.keys...)
				c.Sources = []store.URL{{Bucket: "trail-bucket"}}
				c.OpenStore = func(_ context.Context, u store.URL, _ bool, _ *store.Shared) (store.Location, error) {
					if u.Bucket != "trail-bucket" {
						t.Errorf("%s was opened", u)
					}
					return store.Location{URL: u, Store: requests}, nil
				}
			})
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 400<<20 {
				t.Errorf("allocated %d MiB", took>>20)
			}
			named := slices.ContainsFunc(r.Findings, func(f verify.Finding) bool {
				return strings.HasSuffix(f.Key, key) && strings.Contains(f.Error, test.want)
			})
			if !named {
				t.Errorf("want %q of %s: %v", test.want, key, r.Findings)
			}
			if altered, unproven := r.Worst(); !altered && !unproven {
				t.Errorf("%+v", r.Digests)
			}
			for what, count := range requests.asked {
				verb, at, _ := strings.Cut(what, " ")
				if _, there := objects[at]; verb == "get" && (!there || count > 1) {
					t.Errorf("asked %d times: %s", count, what)
				}
				if verb == "list" && (strings.Contains(at, "..") || at != "" && !strings.HasPrefix(at, "AWSLogs/")) {
					t.Errorf("asked: %s", what)
				}
			}
			if gets := len(objects); r.Digests.Verified < 29 || len(requests.asked) > gets+20 {
				t.Errorf("%d kinds of requests for %d objects; %+v", len(requests.asked), gets, r.Digests)
			}
		})
	}
}
