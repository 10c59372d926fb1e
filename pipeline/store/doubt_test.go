package store_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"plantrail/pipeline/store"
)

// A server that breaks connections off before it ever answers is asked a few times;
// why is said.
func TestDoubt(t *testing.T) {
	for name, test := range map[string]struct {
		answers, breaks int64 // so many, then so many
		opens, lists    bool
		requests        int64
	}{
		"never answers":     {0, 1 << 40, false, false, 4},
		"answers the third": {0, 2, true, true, 4},
	} {
		t.Run(name, func(t *testing.T) {
			for name, value := range map[string]string{
				"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
			} {
				t.Setenv(name, value)
			}
			var requests atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if n := requests.Add(1); n > test.answers && n <= test.answers+test.breaks {
					breakOff(w)
				}
				fmt.Fprint(w, listing)
			}))
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			t.Cleanup(server.Close)
			u, err := store.ParseURL("s3://bucket/x?path_style=true&endpoint=" + server.URL)
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			l, err := store.Open(t.Context(), u, true, &store.Shared{Concurrency: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
			if (err == nil) != test.opens {
				t.Fatalf("opened with %v", err)
			}
			if err == nil {
				for _, err := range l.List(t.Context(), store.Range{Prefix: "x"}) {
					if (err == nil) != test.lists {
						t.Errorf("listed with %v", err)
					}
				}
			}
			if requests.Load() != test.requests {
				t.Errorf("%d requests, want %d", requests.Load(), test.requests)
			}
			if text := log.String(); strings.Count(text, `msg="asked again" place=s3://bucket/x`) != 1 || !strings.Contains(text, "EOF") {
				t.Errorf("it said %s", text)
			}
		})
	}
}
