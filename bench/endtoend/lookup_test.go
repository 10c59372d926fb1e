package endtoend_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"plantrail/pipeline/gunzip"
	"plantrail/pipeline/history"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// startMinistack runs ministack, which records its callers' requests as CloudTrail
// does, and returns its address.
func startMinistack(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("ministack"); err != nil {
		t.Skip("there is no ministack: pip install ministack")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(free.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	server := exec.CommandContext(t.Context(), "ministack")
	server.Env = append(os.Environ(), "GATEWAY_PORT="+port, "CLOUDTRAIL_RECORDING=1", "PERSIST_STATE=0")
	server.Dir = t.TempDir()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	address := "http://127.0.0.1:" + port
	for began := time.Now(); time.Since(began) < time.Minute; {
		if answer, err := http.Get(address + "/_ministack/health"); err == nil {
			answer.Body.Close()
			return address
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("ministack does not answer")
	return ""
}

// What another's server serves as Event history is looked up whole, and once.
func TestLookUpMinistack(t *testing.T) {
	address := startMinistack(t)
	t.Setenv("AWS_ENDPOINT_URL", address)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	u, err := store.ParseURL("cloudtrail://us-east-1?endpoint=" + address)
	if err != nil {
		t.Fatal(err)
	}
	shared := &store.Shared{Concurrency: 4}
	cfg, err := shared.AWSConfig(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Region = "us-east-1"
	const calls = 30
	for range calls {
		if _, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err != nil {
			t.Fatal(err)
		}
	}
	h, err := history.Open(t.Context(), u, shared, history.Config{
		EventSources: []string{"sts.amazonaws.com", "supportplans.amazonaws.com"}, Limits: new(history.Limits), Now: time.Now, MaxPages: history.DefaultMaxPages,
	})
	if err != nil {
		t.Fatal(err)
	}
	unit := h.Unit(trail.Selection{To: trail.LastDay})
	seen := map[string]bool{}
	for page, err := range h.List(t.Context(), store.Range{Prefix: unit.Folder}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Objects {
			text, err := h.Get(t.Context(), object.Key, nil)
			if err != nil {
				t.Fatal(err)
			}
			if text, err = new(gunzip.Decoder).Decode(nil, text, 1<<20); err != nil {
				t.Fatal(err)
			}
			var file struct {
				Records []struct{ EventID, EventSource string }
			}
			if err := json.Unmarshal(text, &file); err != nil {
				t.Fatal(err)
			}
			for _, r := range file.Records {
				if seen[r.EventID] || r.EventSource != "sts.amazonaws.com" {
					t.Errorf("%+v", r)
				}
				seen[r.EventID] = true
			}
		}
	}
	if len(seen) < calls { // and what opening asked
		t.Errorf("%d of %d calls were looked up", len(seen), calls)
	}
	fmt.Fprintf(t.Output(), "%s of account %s: %d events in %d requests\n", h.Region, h.Account, len(seen), shared.Requests.Lookup.Load())
}
