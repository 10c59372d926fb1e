package store_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/pipeline/store"
)

// A script is a server that answers requests for objects with given bytes, and
// listings as they should be.
type script struct {
	url         string
	connections atomic.Int64
	requests    atomic.Int64
}

// play answers the n-th request for an object, from 1, with what answer writes,
// and goes on with the connection if it returns true.
func play(t *testing.T, answer func(c net.Conn, n int64) bool) *script {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{url: "http://" + listener.Addr().String()}
	var serving sync.WaitGroup
	var mutex sync.Mutex
	var open []net.Conn
	serving.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			mutex.Lock()
			open = append(open, c)
			mutex.Unlock()
			serving.Go(func() {
				defer c.Close()
				for requests := bufio.NewReader(c); ; {
					r, err := http.ReadRequest(requests)
					if err != nil {
						return
					}
					if r.URL.Query().Get("list-type") == "2" {
						fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(listing), listing)
					} else if !answer(c, s.requests.Add(1)) {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mutex.Lock()
		for _, c := range open {
			c.Close()
		}
		mutex.Unlock()
		serving.Wait()
	})
	return s
}

// openFast opens a place whose answers are given up soon.
func openFast(t *testing.T, endpoint, more string) (store.Location, *store.Shared) {
	t.Helper()
	setCredentials(t)
	u, err := store.ParseURL("s3://bucket/x?path_style=true&endpoint=" + endpoint + more)
	if err != nil {
		t.Fatal(err)
	}
	shared := &store.Shared{Concurrency: 8, Stall: 200 * time.Millisecond}
	l, err := store.Open(t.Context(), u, true, shared)
	if err != nil {
		t.Fatal(err)
	}
	return l, shared
}

func setCredentials(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
}

// What a server sends is an object or an error, whatever it is.
func TestS3Answers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	var trying sync.WaitGroup
	for name, test := range map[string]struct {
		answer string
		saying string // "" for the body
		kept   bool   // the connection
	}{
		"a length":             {ok + "content-LENGTH:  10 \r\n\r\n0123456789", "", true},
		"two lengths":          {ok + "Content-Length: 10\r\nContent-Length: 10\r\n\r\n0123456789", "", true},
		"chunks":               {ok + "Transfer-Encoding: Chunked\r\n\r\n4;x=1\r\n0123\r\n6\r\n456789\r\n0\r\nTrailer: 1\r\n\r\n", "", true},
		"an announcement":      {"HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 10\r\n\r\n0123456789", "", true},
		"the end":              {ok + "Connection: keep-alive, Close\r\nContent-Length: 10\r\n\r\n0123456789", "", false},
		"HTTP/1.0":             {"HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", "", false},
		"more than announced":  {ok + "Content-Length: 10\r\n\r\n0123456789HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "", false},
		"too long":             {ok + "Content-Length: 9000000000000000000\r\n\r\n0123456789", "too large", false},
		"longer than a number": {ok + "Content-Length: 90000000000000000000000\r\n\r\n0123456789", "Content-Length", false},
		"negative":             {ok + "Content-Length: -1\r\n\r\n0123456789", "Content-Length", false},
		"signed":               {ok + "Content-Length: +10\r\n\r\n0123456789", "Content-Length", false},
		"two that differ":      {ok + "Content-Length: 10\r\nContent-Length: 9\r\n\r\n0123456789", "Content-Length", false},
		"length and chunks":    {ok + "Content-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n0123456789", "both", false},
		"compressed":           {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0123456789", "Transfer-Encoding", false},
		"no length":            {ok + "\r\n0123456789", "neither", false},
		"a huge chunk":         {ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n0123", "too large", false},
		"a chunk beyond":       {ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n0123", "chunk's size", false},
		"no chunk size":        {ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n0123", "chunk's size", false},
		"a chunk too long":     {ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n0123\r\n0\r\n\r\n", "longer than it says", false},
		"a part":               {"HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\n0123", "206 Partial Content", false},
		"nothing":              {"HTTP/1.1 204 No Content\r\n\r\n", "204 No Content", false},
		"a header without end": {ok + "Content-Length 10\r\n\r\n0123456789", "is no header", false},
		"a folded header":      {ok + "X: 1\r\n Content-Length: 10\r\n\r\n0123456789", "is no header", false},
		"line feeds":           {"HTTP/1.1 200 OK\nContent-Length: 10\n\n0123456789\r\n\r\n", "not HTTP/1.1", false},
		"HTTP/2":               {"HTTP/2.0 200 OK\r\n\r\n", "not HTTP/1.1", false},
		"not HTTP":             {"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP/1.1", false},
		"no status":            {"HTTP/1.1 OK\r\n\r\n", "not HTTP/1.1", false},
		"a long head":          {ok + strings.Repeat("X: 0123456789\r\n", 10_000), "longer than", false},
		"another's missing":    {"HTTP/1.1 404 Not Found\r\nContent-Length: 20\r\n\r\n<html>no page</html>", "no error of S3", false},
		"an empty missing":     {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "with nothing, which is no error of S3", false},
		"a long error":         {"HTTP/1.1 404 Not Found\r\nContent-Length: 9000000000000000\r\n\r\n<html>", "no error of S3", false},
		"an endless error":     {"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n", 100), "no error of S3", false},
		"an error to the end":  {"HTTP/1.0 403 Forbidden\r\n\r\n<Error><Code>AccessDenied</Code><Message>to\n ld</Message></Error>", "AccessDenied: to ld", false},
	} {
		s := play(t, func(c net.Conn, _ int64) bool {
			io.WriteString(c, test.answer)
			return test.kept
		})
		l, _ := openFast(t, s.url, "")
		trying.Go(func() { // some are tried again, with pauses
			got, err := l.Get(t.Context(), l.Key("a"), nil)
			if test.saying == "" && (err != nil || string(got) != body) {
				t.Errorf("%s: got %q, error %v", name, got, err)
			}
			if test.saying != "" && (err == nil || !strings.Contains(err.Error(), test.saying) || strings.Contains(err.Error(), "\n") || errors.Is(err, store.ErrNotFound)) {
				t.Errorf("%s: got %q, error %v, want %s", name, got, err, test.saying)
			}
			if test.saying != "" {
				return
			}
			for range 4 {
				if got, err = l.Get(t.Context(), l.Key("a"), nil); err != nil || string(got) != body {
					t.Errorf("%s: the next has %q, error %v", name, got, err)
				}
			}
			// Two are dialed where the first takes long, and the one that is not needed is kept.
			if n := s.connections.Load(); test.kept != (n <= 2) {
				t.Errorf("%s: five over %d connections", name, n)
			}
		})
	}
	trying.Wait()
}

// An object is read into the buffer that is given, and of a length only what
// comes is held.
func TestS3GetBuffer(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789"), 1<<18)
	s := play(t, func(c net.Conn, _ int64) bool {
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(large))
		_, err := c.Write(large)
		return err == nil
	})
	l, _ := openFast(t, s.url, "")
	for _, size := range []int{0, 1000, len(large) - 1, len(large), len(large) + 1} {
		buf := make([]byte, size)
		got, err := l.Get(t.Context(), l.Key("a"), buf)
		if err != nil || !bytes.Equal(got, large) {
			t.Fatalf("into %d bytes: %d bytes, error %v", size, len(got), err)
		}
		if size >= len(large) && &got[0] != &buf[0] {
			t.Errorf("into %d bytes: the buffer was not used", size)
		}
	}
}

// An answer that trickles ends after a stated time: twice the stall time and a
// second for each 8 KiB, in each of five attempts.
func TestS3Trickle(t *testing.T) {
	for name, head := range map[string]string{
		"a body": "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "a head": "HTTP/1.1 200 OK\r\nX-Slow: ",
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, func(c net.Conn, _ int64) bool {
				io.WriteString(c, head)
				for {
					if _, err := io.WriteString(c, "x"); err != nil {
						return false
					}
					time.Sleep(20 * time.Millisecond)
				}
			})
			l, _ := openFast(t, s.url, "")
			began := time.Now()
			_, err := l.Get(t.Context(), l.Key("a"), nil)
			if took := time.Since(began); err == nil || !strings.Contains(err.Error(), "bytes of the answer came within") || took > 15*time.Second {
				t.Errorf("after %s: %v", took, err)
			}
			if n := s.requests.Load(); n != 5 {
				t.Errorf("%d attempts", n)
			}
		})
	}
}

// A pooled connection that the server has closed costs no attempt, and what
// ends in the middle is asked for again.
func TestS3Reuse(t *testing.T) {
	s := play(t, func(c net.Conn, n int64) bool {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")
		return n%2 == 1 // closes every second time, without a word
	})
	l, shared := openFast(t, s.url, "")
	const times = 50
	for range times {
		if got, err := l.Get(t.Context(), l.Key("a"), nil); err != nil || string(got) != body {
			t.Fatalf("got %q, error %v", got, err)
		}
	}
	if n := shared.Requests.Get.Load(); n != times {
		t.Errorf("%d requests counted for %d objects", n, times)
	}
}
