package repository_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// CONTRIBUTING.md has each direct dependency of both modules, once, in order, with a
// sentence for it, and none that is gone.
func TestEachDependencyHasAReason(t *testing.T) {
	text, err := os.ReadFile(root + "/CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	tables := strings.Split(string(text), "| module | for |\n")
	if len(tables) != 3 {
		t.Fatalf("%d tables of modules", len(tables)-1)
	}
	for i, module := range []string{root, root + "/bench"} {
		var listed []string
		for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.*) \\|$").FindAllStringSubmatch(tables[i+1], -1) {
			listed = append(listed, m[1])
			if len(strings.Fields(m[2])) < 3 || !strings.HasSuffix(m[2], ".") {
				t.Errorf("%s is there for %q", m[1], m[2])
			}
		}
		if want := direct(t, module); !slices.Equal(listed, want) {
			t.Errorf("%s/go.mod requires %q,\nCONTRIBUTING.md has %q", module, want, listed)
		}
	}
}

// direct returns what a module requires by itself.
func direct(t *testing.T, dir string) (paths []string) {
	t.Helper()
	edit := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	edit.Dir = dir
	out, err := edit.Output()
	if err != nil {
		t.Fatal(err)
	}
	var module struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	for _, r := range module.Require {
		if !r.Indirect {
			paths = append(paths, r.Path)
		}
	}
	slices.Sort(paths)
	return paths
}

// As many modules are linked as CONTRIBUTING.md says: one more is seen here, and has to
// be meant.
func TestModulesAreCounted(t *testing.T) {
	text, err := os.ReadFile(root + "/CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`linked with (\d+) modules`).FindSubmatch(text)
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/plantrail")
	list.Dir = root
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	out, err := list.Output()
	if err != nil || said == nil {
		t.Fatal(err, said)
	}
	linked := strings.Fields(string(out))
	slices.Sort(linked)
	linked = slices.Compact(linked)
	if strconv.Itoa(len(linked)) != string(said[1]) {
		t.Errorf("%d modules are linked, CONTRIBUTING.md says %s: %q", len(linked), said[1], linked)
	}
}

// Only one file uses the SDK's transfer manager, and says why it still does.
func TestTransferManagerStaysInOneFile(t *testing.T) {
	const module = "github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	var users []string
	for _, dir := range []string{"cmd", "pipeline", "schema"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ os.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" {
				return err
			}
			text, err := os.ReadFile(path)
			if strings.Contains(string(text), strconv.Quote(module)) {
				users = append(users, path)
				if !strings.Contains(string(text), "feature/s3/transfermanager") {
					t.Errorf("%s does not name its successor", path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(users) != 1 {
		t.Errorf("%s is used by %q", module, users)
	}
}
