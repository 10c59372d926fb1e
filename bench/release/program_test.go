package release_test

import (
	"bufio"
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// Each binary is of its platform's kind, and needs nothing of a machine but its kernel;
// on macOS, programs are never without the system's own libraries.
func TestBinaries(t *testing.T) {
	s := built(t)
	for _, platform := range platforms() {
		t.Run(platform, func(t *testing.T) {
			body := s.archive(t, platform)["plantrail"].body
			system, machine, _ := strings.Cut(platform, "_")
			if system == "linux" {
				checkELF(t, body, map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[machine])
			} else {
				checkMachO(t, body, map[string]macho.Cpu{"amd64": macho.CpuAmd64, "arm64": macho.CpuArm64}[machine])
			}
			info, err := buildinfo.Read(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			settings := map[string]string{}
			for _, setting := range info.Settings {
				settings[setting.Key] = setting.Value
			}
			for key, want := range map[string]string{"CGO_ENABLED": "0", "-trimpath": "true", "GOOS": system, "GOARCH": machine, "vcs.revision": ""} {
				if settings[key] != want {
					t.Errorf("%s=%s, want %s", key, settings[key], want)
				}
			}
			home, err := os.UserHomeDir()
			if err != nil {
				t.Fatal(err)
			}
			for _, place := range []string{"/goreleaser", "/tmp/tmp.", home + "/go/pkg", runtime.GOROOT()} { //nolint:staticcheck // asked of this machine
				if bytes.Contains(body, []byte(place)) {
					t.Errorf("it tells where it was built: %s", place)
				}
			}
		})
	}
}

func checkELF(t *testing.T, body []byte, machine elf.Machine) {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	libraries, err := f.ImportedLibraries()
	if err != nil || len(libraries) > 0 {
		t.Errorf("libraries %v, error %v", libraries, err)
	}
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC }) {
		t.Error("it is not static")
	}
	if f.Machine != machine || f.Type != elf.ET_EXEC {
		t.Errorf("%s of %s, want %s", f.Type, f.Machine, machine)
	}
}

func checkMachO(t *testing.T, body []byte, machine macho.Cpu) {
	t.Helper()
	f, err := macho.NewFile(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	libraries, err := f.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	for _, library := range libraries {
		if !strings.HasPrefix(library, "/usr/lib/") && !strings.HasPrefix(library, "/System/Library/") {
			t.Errorf("needs %s", library)
		}
	}
	if f.Cpu != machine || f.Type != macho.TypeExec {
		t.Errorf("%s of %s, want %s", f.Type, f.Cpu, machine)
	}
}

// The program says which release it is, and prints the completions and the manual page
// that are packed beside it.
func TestProgramSays(t *testing.T) {
	s := built(t)
	platform := runtime.GOOS + "_" + runtime.GOARCH
	if !slices.Contains(platforms(), platform) {
		t.Skipf("there is no release for %s", platform)
	}
	program, archive := s.program(t, platform), s.archive(t, platform)
	says := string(output(t, program, "--version"))
	want := regexp.MustCompile(fmt.Sprintf(`^plantrail v%s \(commit %s of %s, schema version \d+, go1\.\d+\S*, %s/%s\)\n$`,
		regexp.QuoteMeta(s.Version), s.Commit[:12], s.when(t), runtime.GOOS, runtime.GOARCH))
	if !want.MatchString(says) {
		t.Errorf("--version: %q, want %s", says, want)
	}
	for name, args := range map[string][]string{
		"completions/plantrail.bash": {"completion", "bash"},
		"completions/_plantrail":     {"completion", "zsh"},
		"completions/plantrail.fish": {"completion", "fish"},
		"man/plantrail.1":            {"man"},
	} {
		if printed := output(t, program, args...); !bytes.Equal(printed, archive[name].body) || len(printed) == 0 {
			t.Errorf("plantrail %s prints %d bytes, %s is %d other bytes", strings.Join(args, " "), len(printed), name, len(archive[name].body))
		}
	}
}

// The checksums are of each file that is published, and right.
func TestChecksums(t *testing.T) {
	s := built(t)
	list, err := os.Open(filepath.Join(s.dir, "checksums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	var named []string
	for lines := bufio.NewScanner(list); lines.Scan(); {
		want, name, _ := strings.Cut(lines.Text(), "  ")
		body, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := sum(body); got != want {
			t.Errorf("%s: %s, the list says %s", name, got, want)
		}
		named = append(named, name)
	}
	var want []string
	for _, platform := range platforms() {
		want = append(want, s.name(platform)+".tar.gz", s.name(platform)+".tar.gz.spdx.json")
	}
	for _, platform := range packages() {
		want = append(want, s.name(platform)+".deb", s.name(platform)+".rpm")
	}
	slices.Sort(want)
	slices.Sort(named)
	if !slices.Equal(named, want) {
		t.Errorf("the list is of %v, want %v", named, want)
	}
}

// Each archive's bill of materials names all modules that its program is linked with,
// with their versions, and the direct dependencies of go.mod among them.
func TestBillsOfMaterials(t *testing.T) {
	s := built(t)
	mod, err := modfile.Parse("go.mod", s.committed(t, "go.mod"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, platform := range platforms() {
		t.Run(platform, func(t *testing.T) {
			text, err := os.ReadFile(s.path(platform, ".tar.gz.spdx.json"))
			if err != nil {
				t.Fatal(err)
			}
			var bill struct {
				SPDXVersion       string
				DocumentNamespace string
				CreationInfo      struct{ Created string }
				Packages          []struct{ Name, VersionInfo string }
			}
			if err := json.Unmarshal(text, &bill); err != nil {
				t.Fatal(err)
			}
			versions := map[string]string{}
			for _, p := range bill.Packages {
				versions[p.Name] = p.VersionInfo
			}
			info, err := buildinfo.Read(bytes.NewReader(s.archive(t, platform)["plantrail"].body))
			if err != nil {
				t.Fatal(err)
			}
			linked := map[string]bool{}
			for _, module := range info.Deps {
				linked[module.Path] = true
				if versions[module.Path] != module.Version {
					t.Errorf("%s %s is listed as %q", module.Path, module.Version, versions[module.Path])
				}
			}
			for _, r := range mod.Require {
				if !r.Indirect && linked[r.Mod.Path] && versions[r.Mod.Path] != r.Mod.Version {
					t.Errorf("%s %s of go.mod is listed as %q", r.Mod.Path, r.Mod.Version, versions[r.Mod.Path])
				}
			}
			if versions["stdlib"] != info.GoVersion || len(info.Deps) < 20 || bill.SPDXVersion != "SPDX-2.3" {
				t.Errorf("%s, standard library %q, %d modules", bill.SPDXVersion, versions["stdlib"], len(info.Deps))
			}
			body, err := os.ReadFile(s.path(platform, ".tar.gz"))
			if err != nil {
				t.Fatal(err)
			}
			if bill.CreationInfo.Created != s.when(t) || !strings.HasSuffix(bill.DocumentNamespace, "-"+sum(body)[:32]) {
				t.Errorf("created %s, namespace %s", bill.CreationInfo.Created, bill.DocumentNamespace)
			}
		})
	}
}
