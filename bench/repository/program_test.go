package repository_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The program has no operation of CloudTrail's client but those that it calls: one that
// holds the client where reflection can reach it has all sixty, and is 2 MB larger.
func TestProgramLeavesOutOperations(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plantrail")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-trimpath", "-o", file, "./cmd/plantrail")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	program, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for operation, want := range map[string]bool{"LookupEvents": true, "ListPublicKeys": true, "CreateTrail": false, "StartQuery": false} {
		if has := bytes.Contains(program, []byte("service/cloudtrail.(*Client)."+operation)); has != want {
			t.Errorf("%s is in the program: %t", operation, has)
		}
	}
}
