package endtoend_test

import (
	"context"
	"os"
	"sync"
	"testing"

	"plantrail/bench/soak"
)

// buildDir holds the program.
var buildDir string

func TestMain(m *testing.M) {
	var err error
	if buildDir, err = os.MkdirTemp("", "endtoend-*"); err == nil {
		defer os.RemoveAll(buildDir)
	}
	m.Run()
}

var build = sync.OnceValues(func() (soak.Program, error) { return soak.Build(context.Background(), buildDir) })

// start runs the program to its end. It must write a report.
func start(t *testing.T, job soak.Job) soak.Outcome {
	t.Helper()
	program, err := build()
	if err == nil {
		program, err = program.In(t.TempDir())
	}
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := program.Run(t.Context(), job)
	if err != nil || outcome.Report == nil {
		t.Fatalf("error %v; it said %s", err, outcome.Said)
	}
	return outcome
}
