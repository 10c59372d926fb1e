package examples_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"plantrail/bench/soak"
)

const (
	root   = "../.."
	folder = root + "/cmd/plantrail/examples"
)

var update = flag.Bool("update", false, "write the answers anew")

// buildDir holds the program.
var buildDir string

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_PROFILE") // which no configuration of a test has
	var err error
	if buildDir, err = os.MkdirTemp("", "examples-*"); err == nil {
		defer os.RemoveAll(buildDir)
	}
	m.Run()
}

var build = sync.OnceValue(func() error {
	_, err := soak.Build(context.Background(), buildDir)
	return err
})

// plantrail returns a call of the program.
func plantrail(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), filepath.Join(buildDir, "plantrail"), args...)
}

// sources are the two trails that the README's table is made of.
func sources() []string {
	return []string{"--source", root + "/cmd/plantrail/testdata/trail", "--source", folder + "/organization?layout=export"}
}

// makeTable makes the README's table at a place. One log file of the sample is broken on
// purpose, and so it ends with 3, unless accounts are selected that do not have it.
func makeTable(t *testing.T, table string, more ...string) {
	t.Helper()
	code := 3
	if slices.Contains(more, "--account") {
		code = 0
	}
	run := plantrail(t, append(append([]string{"run", "-q", "--table", table}, sources()...), more...)...)
	if out, err := run.CombinedOutput(); run.ProcessState.ExitCode() != code {
		t.Fatalf("%v: %s", err, out)
	}
}

// theTable returns a table that was made once, for tests that read it.
func theTable(t *testing.T) string {
	t.Helper()
	tableOnce.Do(func() { makeTable(t, filepath.Join(buildDir, "table")) })
	return filepath.Join(buildDir, "table")
}

var tableOnce sync.Once

// golden compares text with a file, after -update the same.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

// grid returns rows as a table of text, the first row over a line.
func grid(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	line := func(row []string, fill string) {
		var text strings.Builder
		for i, cell := range row {
			text.WriteString(cell + strings.Repeat(fill, widths[i]-len([]rune(cell))) + "  ")
		}
		out.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
	line(rows[0], " ")
	line(make([]string, len(rows[0])), "-")
	for _, row := range rows[1:] {
		line(row, " ")
	}
	return out.String()
}
