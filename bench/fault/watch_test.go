package fault_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"plantrail/bench/fault"
)

// A proxy notes the log files that it gave out and the puts that came too late,
// and answers nothing more when it was told so.
func TestWatch(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut:
			w.WriteHeader(http.StatusPreconditionFailed)
		case r.URL.Path == "/b/none.json.gz":
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer upstream.Close()
	proxy := start(t, upstream.URL, fault.Config{HoldAfter: 3})
	for _, request := range [][2]string{
		{"GET", "/b/1.json.gz"},
		{"GET", "/b/state.json"},
		{"GET", "/b/none.json.gz"},
		{"PUT", "/b/state.json"},
		{"GET", "/b/2.json.gz"},
		{"GET", "/b/1.json.gz"},
	} {
		select {
		case <-proxy.Held():
			t.Fatalf("held before %v", request)
		default:
		}
		if _, _, err := send(t.Context(), request[0], proxy.Endpoint()+request[1]); err != nil {
			t.Fatal(err)
		}
	}
	<-proxy.Held()
	if got, want := proxy.Reads(), map[string]int{"/b/1.json.gz": 2, "/b/2.json.gz": 1}; !maps.Equal(got, want) {
		t.Errorf("reads %v, want %v", got, want)
	}
	if got, want := proxy.Refused(), map[string]int{"/b/state.json": 1}; !maps.Equal(got, want) {
		t.Errorf("refused %v, want %v", got, want)
	}
	// It waits until the client has gone, or the proxy is closed.
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error)
	go func() {
		_, _, err := send(ctx, "GET", proxy.Endpoint()+"/b/3.json.gz")
		answered <- err
	}()
	cancel()
	if err := <-answered; err == nil {
		t.Error("answered")
	}
	if n := len(proxy.Reads()); n != 2 {
		t.Errorf("%d log files given out", n)
	}
}
