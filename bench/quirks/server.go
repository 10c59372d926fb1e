package quirks

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Quirks are what a server does otherwise than S3.
type Quirks struct {
	// Of listings.
	PageSize       int  // keys on a page; 0 is 1,000
	NoToken        bool // a page that is not the last one has no token
	StartAfterWins bool // over the token
	V1             bool // ListObjects whatever is asked for: only marker counts, and is told with a delimiter only
	NoEncoding     bool // encoding-type=url is not known
	NoListedETag   bool
	Unsorted       bool // keys come in reverse

	// Of objects.
	NoETag bool // neither of a put nor of a get

	// Of puts.
	IgnoreIfMatch     bool
	IgnoreIfNoneMatch bool
	RefuseConditions  bool // 501, as for what is not implemented
	RefuseQuotes      bool // an If-Match in quotes never matches
	CheckThenBody     bool // checks the condition, and then takes the body
	CheckThenPut      bool // takes the body, checks, and puts a moment later
	Busy              bool // refuses one in ten with SlowDown
}

// gap is the moment of [Quirks.CheckThenPut].
const gap = 2 * time.Millisecond

type object struct {
	body []byte
	etag string
}

// A Server has one bucket, whatever it is called.
type Server struct {
	quirks Quirks
	http   *httptest.Server

	mutex    sync.Mutex
	objects  map[string]object
	requests map[string]int // by method and key, or "LIST"
	puts     int
}

// Start runs a server until the test ends.
func Start(tb testing.TB, q Quirks) *Server {
	tb.Helper()
	s := &Server{quirks: q, objects: map[string]object{}, requests: map[string]int{}}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	tb.Cleanup(s.http.Close)
	return s
}

// URL returns a place on the server as plantrail takes it.
func (s *Server) URL(prefix string) string {
	return "s3://bucket/" + prefix + "?path_style=true&region=us-east-1&endpoint=" + s.http.URL
}

// Add puts an object, whatever is there.
func (s *Server) Add(key string, body []byte) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.add(key, body)
}

func (s *Server) add(key string, body []byte) string {
	sum := md5.Sum(body)
	o := object{body, `"` + hex.EncodeToString(sum[:]) + `"`}
	s.objects[key] = o
	return o.etag
}

// Objects returns all objects below a prefix, by their names there.
func (s *Server) Objects(prefix string) map[string][]byte {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	below := map[string][]byte{}
	for key, o := range s.objects {
		if name, ok := strings.CutPrefix(key, prefix+"/"); ok {
			below[name] = o.body
		}
	}
	return below
}

// Requests returns how many requests of a method there were for keys with a
// prefix; LIST is a method here.
func (s *Server) Requests(method, prefix string) (n int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for what, times := range s.requests {
		if strings.HasPrefix(what, method+" "+prefix) {
			n += times
		}
	}
	return n
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	path, err := url.PathUnescape(r.URL.EscapedPath())
	if err != nil {
		fail(w, http.StatusBadRequest, "InvalidURI")
		return
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	method := r.Method
	if key == "" && method == http.MethodGet {
		method, key = "LIST", r.URL.Query().Get("prefix")
	}
	s.mutex.Lock()
	s.requests[method+" "+key]++
	s.mutex.Unlock()
	switch method {
	case "LIST":
		s.list(w, r.URL.Query())
	case http.MethodGet:
		s.get(w, r, key)
	case http.MethodPut:
		s.put(w, r, key)
	default:
		fail(w, http.StatusNotImplemented, "NotImplemented")
	}
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>told by the server</Message></Error>", code)
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, key string) {
	s.mutex.Lock()
	o, ok := s.objects[key]
	s.mutex.Unlock()
	switch expected := r.Header.Get("If-Match"); {
	case !ok:
		fail(w, http.StatusNotFound, "NoSuchKey")
		return
	case expected != "" && expected != o.etag:
		fail(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	case len(o.body) == 0 && r.Header.Get("Range") != "":
		fail(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
		return
	}
	r.Header.Del("If-Match")
	if !s.quirks.NoETag {
		w.Header().Set("ETag", o.etag)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(o.body))
}

func (s *Server) put(w http.ResponseWriter, r *http.Request, key string) {
	conditional := r.Header.Get("If-Match") != "" || r.Header.Get("If-None-Match") != ""
	if conditional && s.quirks.RefuseConditions {
		io.Copy(io.Discard, r.Body)
		fail(w, http.StatusNotImplemented, "NotImplemented")
		return
	}
	holds := true
	if s.quirks.CheckThenBody {
		s.mutex.Lock()
		holds = s.holds(r, key)
		s.mutex.Unlock()
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.puts++; s.quirks.Busy && s.puts%10 == 0 {
		fail(w, http.StatusServiceUnavailable, "SlowDown")
		return
	}
	if !s.quirks.CheckThenBody {
		holds = s.holds(r, key)
	}
	if holds && s.quirks.CheckThenPut {
		s.mutex.Unlock()
		time.Sleep(gap)
		s.mutex.Lock()
	}
	if !holds {
		fail(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	etag := s.add(key, body)
	if !s.quirks.NoETag {
		w.Header().Set("ETag", etag)
	}
}

// holds tells whether a put's condition holds, as this server sees it.
func (s *Server) holds(r *http.Request, key string) bool {
	o, there := s.objects[key]
	expected := r.Header.Get("If-Match")
	switch {
	case r.Header.Get("If-None-Match") == "*" && !s.quirks.IgnoreIfNoneMatch:
		return !there
	case expected != "" && !s.quirks.IgnoreIfMatch:
		return there && expected == o.etag && !s.quirks.RefuseQuotes
	}
	return true
}
