package store_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"plantrail/pipeline/store"
)

// A store tells how far its clock is from ours, from the first answer on, also
// when that is a refusal. A directory has no clock of its own.
func TestSkew(t *testing.T) {
	for name, ahead := range map[string]time.Duration{
		"the same": 0, "a year ahead": 365 * 24 * time.Hour, "an hour behind": -time.Hour,
	} {
		for _, status := range []int{http.StatusOK, http.StatusForbidden} {
			t.Run(fmt.Sprint(name, status), func(t *testing.T) {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
					w.WriteHeader(status)
					if status == http.StatusOK {
						fmt.Fprint(w, listing)
					} else {
						fmt.Fprint(w, "<Error><Code>AccessDenied</Code></Error>")
					}
				}))
				defer server.Close()
				l := openAt(t, server.URL)
				got, known := l.Skew()
				if !known || (got-ahead).Abs() > 5*time.Second {
					t.Errorf("%s ahead, known %t; want %s", got, known, ahead)
				}
			})
		}
	}
	dir := store.Location{Store: store.NewDir(new(store.Shared))}
	if ahead, known := dir.Skew(); known {
		t.Errorf("a directory is %s ahead", ahead)
	}
}

// openAt opens a place in a bucket on a server.
func openAt(t *testing.T, endpoint string) store.Location {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	u, err := store.ParseURL("s3://bucket/x?path_style=true&endpoint=" + endpoint)
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, true, &store.Shared{Concurrency: 4})
	if err != nil {
		t.Fatal(err)
	}
	return l
}
