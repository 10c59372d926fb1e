package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	root   = "../.."
	folder = root + "/cmd/plantrail/deploy"
	sample = root + "/cmd/plantrail/testdata/trail"

	// The places that the files name.
	sourceBucket = "amzn-s3-demo-source-bucket"
	tableBucket  = "amzn-s3-demo-destination-bucket"
	sourcePrefix = "AWSLogs"
	tablePrefix  = "support-plans"
	sourcesFile  = "/etc/plantrail/sources"

	// Exit codes, as TestExitCodes finds them.
	exitFailed, exitUsage, exitIncomplete, exitAltered, exitInterrupted = 1, 2, 3, 4, 130
)

var (
	program string // plantrail, built for all tests
	unbuilt error
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "deploy-*")
	if unbuilt = err; err == nil {
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "plantrail")
		unbuilt = build(context.Background(), program)
	}
	m.Run()
}

func build(ctx context.Context, path string) error {
	c := exec.CommandContext(ctx, "go", "-C", root, "build", "-trimpath", "-buildvcs=false", "-o", path, "./cmd/plantrail")
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build plantrail: %w: %s", err, out)
	}
	return nil
}

// run runs the program in no environment but env, and returns its exit code and
// what it says on both outputs.
func run(t *testing.T, env []string, args ...string) (int, string) {
	t.Helper()
	if unbuilt != nil {
		t.Fatal(unbuilt)
	}
	c := exec.CommandContext(t.Context(), program, args...)
	c.Env = append([]string{"TMPDIR=" + t.TempDir()}, env...)
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

// read returns a file of the folder.
func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The exit codes that the files react to are those of the program; that it ends
// with 130 when it is interrupted, its own tests show.
func TestExitCodes(t *testing.T) {
	table := t.TempDir()
	for name, c := range map[string]struct {
		want int
		args []string
	}{
		"could not run": {exitFailed, []string{"run", "--source", filepath.Join(table, "missing"), "--table", table}},
		"wrong usage":   {exitUsage, []string{"run", "--no-such-flag"}},
		"incomplete":    {exitIncomplete, []string{"run", "--source", sample, "--table", table}},
	} {
		t.Run(name, func(t *testing.T) {
			if code, said := run(t, nil, c.args...); code != c.want {
				t.Errorf("exit code %d, want %d: %s", code, c.want, said)
			}
		})
	}
	_, help := run(t, nil, "run", "--help")
	if !strings.Contains(help, fmt.Sprintf("%d interrupted", exitInterrupted)) {
		t.Errorf("the help does not say what exit code an interrupted run has: %s", help)
	}
}

// checkVariables checks that the program knows every variable that is meant for
// it.
func checkVariables(t *testing.T, names []string) {
	t.Helper()
	_, help := run(t, nil, "run", "--help")
	flags := map[string]bool{
		"shards": true, // no flag: it belongs to the index that Kubernetes gives
	}
	for _, m := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(help, -1) {
		flags[m[1]] = true
	}
	for _, name := range names {
		flag, ours := strings.CutPrefix(name, "PLANTRAIL_")
		if ours && !flags[strings.ReplaceAll(strings.ToLower(flag), "_", "-")] {
			t.Errorf("%s: plantrail run has no such flag", name)
		}
	}
}

// Every name that must be filled in is in the README's list.
func TestNames(t *testing.T) {
	readme := string(read(t, "README.md"))
	name := regexp.MustCompile(`amzn-s3-demo-[a-z0-9-]+|\b[0-9]{12}\b|registry\.example\.com/[a-z:.0-9]+|\b[A-Z0-9]*EXAMPLE[A-Z0-9]*\b|\b1234abcd-[0-9a-f-]+`)
	files := 0
	err := fs.WalkDir(os.DirFS(folder), ".", func(rel string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || rel == "README.md" || rel == ".checkov.yaml" {
			return err
		}
		files++
		// A Terraform module is its folder.
		what := rel
		if strings.HasSuffix(rel, ".tf") {
			what = path.Dir(rel)
		}
		if !strings.Contains(readme, "`"+what+"`") && !strings.Contains(readme, "`"+what+"/`") {
			t.Errorf("the README does not say what %s is for", what)
		}
		for _, n := range name.FindAllString(string(read(t, rel)), -1) {
			if !strings.Contains(readme, "`"+n+"`") {
				t.Errorf("%s: the README does not say what to write for %s", rel, n)
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files, error %v", files, err)
	}
}

// checkov finds nothing but what .checkov.yaml gives a reason for.
func TestCheckov(t *testing.T) {
	c := exec.CommandContext(t.Context(), tool(t, "checkov"), "-d", folder, "--quiet", "--compact", "--framework", "terraform", "cloudformation", "kubernetes",
		"--config-file", filepath.Join(folder, ".checkov.yaml"))
	c.Env = append(os.Environ(), "BC_SKIP_MAPPING=TRUE") // or it asks the network what checks are called
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// copyFile copies a file and makes its folder.
func copyFile(to, from string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
