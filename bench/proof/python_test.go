package proof_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/pipeline/digest"
)

// python returns an interpreter that has some modules, or skips the test. make proof
// makes one.
func python(t *testing.T, modules ...string) string {
	t.Helper()
	own, err := filepath.Abs("../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{os.Getenv("PLANTRAIL_PYTHON"), own, "python3"} {
		if program == "" {
			continue
		}
		if exec.Command(program, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
			return program
		}
	}
	t.Skipf("no Python with %s: make proof makes one", strings.Join(modules, ", "))
	return ""
}

// run runs a script and returns what it prints.
func run(t *testing.T, program, script string, input []byte, env []string, args ...string) []byte {
	t.Helper()
	command := exec.Command(program, append([]string{script}, args...)...)
	command.Stdin = bytes.NewReader(input)
	command.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.String())
	}
	return out
}

// A described trail is what DescribeTrails says of one.
type described struct {
	Name, S3BucketName, S3KeyPrefix, TrailARN, HomeRegion string
	IsOrganizationTrail                                   bool
}

// serveCloudTrail answers ListPublicKeys, DescribeTrails and DescribeOrganization until
// the test ends, and returns where.
func serveCloudTrail(t *testing.T, keys []digest.Key, trails []described) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if at := strings.LastIndexByte(operation, '.'); at >= 0 {
			operation = operation[at+1:]
		}
		var answer any
		switch {
		case strings.HasSuffix(operation, "ListPublicKeys"):
			var list []map[string]any
			for _, k := range keys {
				list = append(list, map[string]any{
					"Value": k.Value, "Fingerprint": k.Fingerprint, "ValidityStartTime": k.From.Unix(), "ValidityEndTime": k.To.Unix(),
				})
			}
			answer = map[string]any{"PublicKeyList": list}
		case strings.HasSuffix(operation, "DescribeTrails"):
			answer = map[string]any{"trailList": trails}
		case strings.HasSuffix(operation, "DescribeOrganization"):
			answer = map[string]any{"Organization": map[string]any{"Id": organization}}
		default:
			http.Error(w, operation, http.StatusNotImplemented)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
