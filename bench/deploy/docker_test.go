package deploy_test

import (
	"bytes"
	"debug/elf"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// stages returns the stages of the Dockerfile by name, as BuildKit reads them; the last
// one is the image.
func stages(t *testing.T) map[string]instructions.Stage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Warnings) > 0 {
		t.Errorf("warnings: %v", file.Warnings)
	}
	all, _, err := instructions.Parse(file.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]instructions.Stage{}
	for _, stage := range all {
		byName[stage.Name] = stage
	}
	if len(byName) != 4 || all[3].Name != "" || all[3].BaseName != "$PROGRAM" {
		t.Fatalf("stages %v, the last one from %s", slices.Sorted(maps.Keys(byName)), all[3].BaseName)
	}
	return byName
}

// The image that is built from the source is the program, certificates, licences and a
// folder for temporary files, and runs as nobody in particular, as does a release's.
func TestImage(t *testing.T) {
	all := stages(t)
	var copied []string
	for _, command := range all["source"].Commands {
		if c, ok := command.(*instructions.CopyCommand); ok {
			copied = append(copied, c.DestPath)
		}
	}
	if want := []string{"/etc/ssl/certs/ca-certificates.crt", "/usr/share/doc/plantrail/", "/plantrail", "/tmp"}; !slices.Equal(copied, want) {
		t.Errorf("copies %v, want %v", copied, want)
	}
	for _, name := range []string{"source", "released"} {
		if all[name].BaseName != "scratch" {
			t.Errorf("%s is from %s", name, all[name].BaseName)
		}
	}
	var user, entry, volume string
	for _, command := range all[""].Commands {
		switch c := command.(type) {
		case *instructions.CopyCommand:
			t.Errorf("copies %v for either program", c.SourcePaths)
		case *instructions.UserCommand:
			user = c.User
		case *instructions.EntrypointCommand:
			if c.PrependShell {
				t.Error("the entry point needs a shell, and there is none")
			}
			entry = strings.Join(c.CmdLine, " ")
		case *instructions.VolumeCommand:
			volume = strings.Join(c.Volumes, " ")
		}
	}
	if user != "65532:65532" || entry != "/plantrail" || volume != "/tmp" {
		t.Errorf("user %s, entry point %s, volume %s", user, entry, volume)
	}
}

// The commands of the build stage, run by hand on what that stage copies and
// .dockerignore lets through, make a static program and a folder that
// all may write.
func TestBuildStage(t *testing.T) {
	dir := t.TempDir()
	env := append(os.Environ(), "GOFLAGS=", "GOWORK=off", "TARGETOS=linux", "TARGETARCH=amd64", "VERSION=v0.0.0-test", "COMMIT=0123456789ab")
	for _, command := range stages(t)["build"].Commands {
		switch c := command.(type) {
		case *instructions.CopyCommand:
			for _, source := range c.SourcePaths {
				copyTree(t, dir, source)
			}
		case *instructions.EnvCommand:
			for _, v := range c.Env {
				env = append(env, v.Key+"="+v.Value)
			}
		case *instructions.RunCommand:
			shell := exec.CommandContext(t.Context(), "sh", "-c", strings.Join(c.CmdLine, " "))
			shell.Dir, shell.Env = dir, env
			if out, err := shell.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s", strings.Join(c.CmdLine, " "), err, out)
			}
		}
	}
	built := filepath.Join(dir, "out", "plantrail")
	file, err := elf.Open(built)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("the program is not static")
	}
	out, err := exec.CommandContext(t.Context(), built, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "plantrail v0.0.0-test (commit 0123456789ab,") {
		t.Errorf("version: %s, error %v", out, err)
	}
	info, err := os.Stat(filepath.Join(dir, "out", "tmp"))
	if err != nil || info.Mode() != os.ModeDir|os.ModeSticky|0o777 {
		t.Errorf("out/tmp: %v, error %v", info.Mode(), err)
	}
}

// copyTree copies a file or folder of the repository, without what
// .dockerignore keeps out.
func copyTree(t *testing.T, to, source string) {
	t.Helper()
	ignored := strings.Fields(ignore(t))
	if !slices.Contains(ignored, "!"+source) {
		t.Errorf("%s is copied, but kept out", source)
	}
	err := filepath.WalkDir(filepath.Join(root, source), func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.Name() == "testdata" {
			return skip(entry, err)
		}
		rel, err := filepath.Rel(root, name)
		if err != nil || entry.IsDir() || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(rel, "cmd/plantrail/deploy") {
			return err
		}
		return copyFile(filepath.Join(to, rel), name)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ignore returns the text of .dockerignore.
func ignore(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func skip(entry os.DirEntry, err error) error {
	if err == nil && entry.IsDir() {
		return filepath.SkipDir
	}
	return err
}
