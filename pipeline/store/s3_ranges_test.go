package store_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/pipeline/store"
)

// An object answers requests for parts of it as S3 does, and notes them.
type object struct {
	mutex  sync.Mutex
	body   []byte
	etag   string
	asked  []string // ranges
	broken int      // answers still to break off
}

func (o *object) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.asked = append(o.asked, r.Header.Get("Range"))
	switch {
	case o.etag == "":
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "<Error><Code>NoSuchKey</Code></Error>")
	case r.Header.Get("If-Match") != "" && r.Header.Get("If-Match") != o.etag:
		w.WriteHeader(http.StatusPreconditionFailed)
		io.WriteString(w, "<Error><Code>PreconditionFailed</Code></Error>")
	case len(o.body) == 0 && r.Header.Get("Range") != "":
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		io.WriteString(w, "<Error><Code>InvalidRange</Code></Error>")
	default:
		w.Header().Set("ETag", o.etag)
		if o.broken--; o.broken >= 0 {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(http.StatusPartialContent)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(o.body))
	}
}

func randomBytes(n int) []byte {
	random := rand.New(rand.NewPCG(uint64(n), 0))
	body := make([]byte, n)
	for i := range body {
		body[i] = byte(random.Uint32())
	}
	return body
}

// Of a large object only what is read is fetched; a small one comes whole.
func TestOpenRanges(t *testing.T) {
	const block = 256 << 10
	for _, size := range []int{0, 1, 1000, 4 * block, 4*block + 1, 9*block + 17} {
		o := &object{body: randomBytes(size), etag: `"1"`}
		l, _ := openS3(t, o.ServeHTTP)
		file, err := store.OpenRanges(t.Context(), l, "x")
		if err != nil {
			t.Fatal(err)
		}
		if file.Size != int64(size) || file.ETag != o.etag {
			t.Errorf("%d bytes: opened %+v", size, file)
		}
		random := rand.New(rand.NewPCG(1, 1))
		for range 50 {
			at, p := random.IntN(size+1), make([]byte, random.IntN(2*block))
			n, err := file.ReadAt(p, int64(at))
			want := o.body[at:min(at+len(p), size)]
			if !bytes.Equal(p[:n], want) || (err != nil) != (len(want) < len(p)) || err != nil && !errors.Is(err, io.EOF) {
				t.Fatalf("%d bytes: %d at %d: read %d, error %v", size, len(p), at, n, err)
			}
		}
		// Each block once, in spite of all those reads.
		most := max(2, 1+(size-4*block+block-1)/block)
		if len(o.asked) > most {
			t.Errorf("%d bytes: %d requests, want %d: %q", size, len(o.asked), most, o.asked)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRangesFaults(t *testing.T) {
	const size = 3 << 20
	o := &object{body: randomBytes(size), etag: `"1"`, broken: 1}
	l, _ := openS3(t, o.ServeHTTP)
	file, err := store.OpenRanges(t.Context(), l, "some/x")
	if err != nil {
		t.Fatalf("an answer that breaks off once: %v", err)
	}
	read := func(at int64) error {
		p := make([]byte, 100)
		_, err := file.ReadAt(p, at)
		if err == nil && !bytes.Equal(p, o.body[at:at+100]) {
			t.Errorf("at %d: other bytes", at)
		}
		return err
	}
	o.broken = 1
	if err := read(0); err != nil {
		t.Errorf("a part that breaks off once: %v", err)
	}
	o.broken = 100
	if err := read(1 << 20); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "some/x") {
		t.Errorf("a part that always breaks off: %v", err)
	}
	o.broken = 0
	// Another run replaces the file: what is known stays, the rest is refused.
	o.body, o.etag = bytes.Clone(o.body), `"2"`
	o.body[1<<20]++
	if err := read(0); err != nil {
		t.Errorf("what was fetched before: %v", err)
	}
	if err := read(1 << 20); !errors.Is(err, store.ErrChanged) || !strings.Contains(err.Error(), "some/x") {
		t.Errorf("a replaced object: %v", err)
	}
	o.etag = ""
	if err := read(1 << 20); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted object: %v", err)
	}
	if _, err := store.OpenRanges(t.Context(), l, "some/x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("open a deleted object: %v", err)
	}
}
