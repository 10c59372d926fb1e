package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// Prometheus's own linter finds nothing in the names, help texts and types.
func TestMetricsLint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.prom")
	for _, account := range []string{"111122223333", "444455556666"} { // a run that succeeds, and one that does not
		run := exec.Command("plantrail", "run", "--source", sampleFolder, "--table", t.TempDir(), "--account", account, "--metrics", file)
		if output, err := run.CombinedOutput(); (err == nil) != (account == "111122223333") {
			t.Fatalf("%v: %s", err, output)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		problems, err := promlint.New(bytes.NewReader(text)).Lint()
		if err != nil || len(problems) > 0 {
			t.Errorf("%v %+v\n%s", err, problems, text)
		}
		for _, name := range []string{"plantrail_last_success_timestamp_seconds", "plantrail_last_run_requests", "plantrail_build_info"} {
			if !bytes.Contains(text, []byte("# TYPE "+name+" gauge\n")) {
				t.Errorf("no %s:\n%s", name, text)
			}
		}
	}
}
