package deploy_test

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// stages returns the stages of the Dockerfile as BuildKit reads them.
func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	file, err := parser.Parse(bytes.NewReader(read(t, "docker/Dockerfile")))
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
	return all
}

// The image is the program, certificates and a folder for temporary files, and
// runs as nobody in particular.
func TestImage(t *testing.T) {
	all := stages(t)
	image := all[len(all)-1]
	if len(all) != 2 || image.BaseName != "scratch" {
		t.Fatalf("%d stages, the last one from %s", len(all), image.BaseName)
	}
	var copied []string
	var user, entry, volume string
	for _, command := range image.Commands {
		switch c := command.(type) {
		case *instructions.CopyCommand:
			if c.From != all[0].Name {
				t.Errorf("copies from %q", c.From)
			}
			copied = append(copied, c.DestPath)
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
	if want := []string{"/etc/ssl/certs/ca-certificates.crt", "/plantrail", "/tmp"}; !slices.Equal(copied, want) {
		t.Errorf("copies %v, want %v", copied, want)
	}
	if user != "65532:65532" || entry != "/plantrail" || volume != "/tmp" {
		t.Errorf("user %s, entry point %s, volume %s", user, entry, volume)
	}
}

// The commands of the build stage, run by hand on what that stage copies and
// Dockerfile.dockerignore lets through, make a static program and a folder that
// all may write.
func TestBuildStage(t *testing.T) {
	dir := t.TempDir()
	env := append(os.Environ(), "GOFLAGS=", "GOWORK=off", "TARGETOS=linux", "TARGETARCH=amd64", "VERSION=v0.0.0-test")
	for _, command := range stages(t)[0].Commands {
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
	if err != nil || !strings.HasPrefix(string(out), "plantrail v0.0.0-test ") {
		t.Errorf("version: %s, error %v", out, err)
	}
	info, err := os.Stat(filepath.Join(dir, "out", "tmp"))
	if err != nil || info.Mode() != os.ModeDir|os.ModeSticky|0o777 {
		t.Errorf("out/tmp: %v, error %v", info.Mode(), err)
	}
}

// copyTree copies a file or folder of the repository, without what
// Dockerfile.dockerignore keeps out.
func copyTree(t *testing.T, to, source string) {
	t.Helper()
	ignored := strings.Fields(string(read(t, "docker/Dockerfile.dockerignore")))
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

func skip(entry os.DirEntry, err error) error {
	if err == nil && entry.IsDir() {
		return filepath.SkipDir
	}
	return err
}
