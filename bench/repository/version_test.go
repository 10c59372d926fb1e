package repository_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"plantrail/schema"
)

// The program says which version, commit, Go and schema it is of, however it was built:
// from a tag or not, by make or not, and where Go was told to leave the repository out.
func TestVersion(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git to tag a commit with")
	}
	dir := t.TempDir()
	for _, name := range []string{"cmd", "pipeline", "schema"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum", "Makefile", ".gitignore"} {
		copyInto(t, dir, name)
	}
	run := func(flags string, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), args[0], args[1:]...)
		c.Dir = dir
		c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS="+flags,
			"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_AUTHOR_DATE=2026-11-26T07:00:00+02:00", "GIT_COMMITTER_DATE=2026-11-26T07:00:00+02:00")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("", "git", "init", "-q")
	run("", "git", "add", "-A")
	run("", "git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "x")
	commit := run("", "git", "rev-parse", "HEAD")[:12]
	const at = " of 2026-11-26T05:00:00Z"
	rest := fmt.Sprintf(", schema version %d, ", schema.Version) + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")"

	plain := []string{"go", "build", "-trimpath", "-o", "bin/plantrail", "./cmd/plantrail"}
	for _, test := range []struct {
		name, tag, flags string
		build            []string
		want             string
	}{
		{"no tag", "", "-buildvcs=true", plain, "devel-" + commit + " (commit " + commit + at},
		{"nothing known", "", "-buildvcs=false", plain, "devel (commit unknown"},
		{"tag", "v0.1.0", "-buildvcs=true", plain, "v0.1.0 (commit " + commit + at},
		{"tag, by make", "v0.1.0", "-buildvcs=false", []string{"make", "build"}, "v0.1.0 (commit " + commit + at},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.tag != "" {
				run("", "git", "tag", "-f", test.tag)
			}
			run(test.flags, test.build...)
			if got, want := run("", "bin/plantrail", "version"), "plantrail "+test.want+rest; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			page, _, _ := strings.Cut(run("", "bin/plantrail", "man"), "\n")
			if dated := strings.Contains(page, `"2026-11-26"`); dated != strings.Contains(test.want, at) {
				t.Errorf("the manual page begins with %s", page)
			}
		})
	}
}

// copyInto copies a file of the repository.
func copyInto(t *testing.T, dir, name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, name, string(text))
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
