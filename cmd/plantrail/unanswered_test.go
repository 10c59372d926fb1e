package main_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// A watcher is standard error of a run, and closes seen when it has the text.
type watcher struct {
	text string
	seen chan struct{}

	mutex sync.Mutex
	said  bytes.Buffer
}

func (w *watcher) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	before := bytes.Contains(w.said.Bytes(), []byte(w.text))
	w.said.Write(p)
	if !before && bytes.Contains(w.said.Bytes(), []byte(w.text)) {
		close(w.seen)
	}
	return len(p), nil
}

// failing runs the program, which must fail, and returns what it said.
func failing(t *testing.T, text string, env []string, args ...string) *watcher {
	t.Helper()
	w := &watcher{text: text, seen: make(chan struct{})}
	run := exec.Command("plantrail", args...)
	run.Env = append(append(os.Environ(), "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null"), env...)
	run.Stderr = w
	if err := run.Run(); err == nil {
		t.Error("it succeeded")
	}
	return w
}

// A server that has never answered is given up within seconds. The first warning has
// the reason, and it is said once more, at the end.
func TestNoServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	source := "s3://trail?path_style=true&region=us-east-1&endpoint=http://" + listener.Addr().String()
	for _, command := range []string{"run", "plan"} {
		t.Run(command, func(t *testing.T) {
			began := time.Now()
			w := failing(t, "asked again", []string{"AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x"}, command, "--source", source, "--table", t.TempDir())
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
			text := w.said.String()
			_, warning, _ := strings.Cut(text, "level=WARN")
			if warning, _, _ = strings.Cut(warning, "\n"); !strings.Contains(warning, "connection refused") {
				t.Errorf("the first warning has no reason:\n%s", text)
			}
			if strings.Count(text, "connection refused") != 2 || strings.Contains(text, "msg=progress") {
				t.Errorf("it said\n%s", text)
			}
			lines := strings.Split(strings.TrimSpace(text), "\n")
			if last := lines[len(lines)-1]; !strings.HasPrefix(last, "plantrail: ") || !strings.Contains(last, "connection refused") {
				t.Errorf("it ended with %q", last)
			}
		})
	}
}

// Where credentials are looked for longer than a moment, it is said where; that there
// are none is said once.
func TestNoCredentials(t *testing.T) {
	const looking = "looking for AWS credentials: in the environment"
	var w *watcher
	ready := make(chan struct{})
	metadata := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		<-ready
		select {
		case <-w.seen:
		case <-r.Context().Done():
		}
		http.NotFound(rw, r)
	}))
	t.Cleanup(metadata.Close)
	w = &watcher{text: looking, seen: make(chan struct{})}
	run := exec.Command("plantrail", "run", "--source", "s3://trail?region=us-east-1", "--table", t.TempDir())
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") {
			run.Env = append(run.Env, variable)
		}
	}
	run.Env = append(run.Env, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_SERVICE_ENDPOINT="+metadata.URL)
	run.Stderr = w
	close(ready)
	if err := run.Run(); err == nil {
		t.Error("it succeeded")
	}
	text := w.said.String()
	if strings.Count(text, looking) != 1 || strings.Count(text, "no AWS credentials: set AWS_PROFILE") != 1 {
		t.Errorf("it said\n%s", text)
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "time=") && !strings.HasPrefix(line, "plantrail: ") {
			t.Errorf("in a form of its own: %s", line)
		}
	}
}
