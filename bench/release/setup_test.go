package release_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// A snapshot is what goreleaser made of one commit.
type snapshot struct {
	dir     string
	Version string `json:"version"`
	Commit  string `json:"commit"`
}

// built returns the snapshot that is held to account.
func built(t *testing.T) snapshot {
	t.Helper()
	s := snapshot{dir: os.Getenv("PLANTRAIL_DIST")}
	if s.dir == "" {
		t.Skip("PLANTRAIL_DIST names no folder of a release: make release-check makes one")
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// platforms are those that there is an archive for.
func platforms() []string {
	return []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"}
}

// packages are those that there is a deb and an rpm for.
func packages() []string { return []string{"linux_amd64", "linux_arm64"} }

func (s snapshot) name(platform string) string { return "plantrail_" + s.Version + "_" + platform }

// path is that of a file of the release.
func (s snapshot) path(platform, extension string) string {
	return filepath.Join(s.dir, s.name(platform)+extension)
}

// committed returns a file as the commit has it.
func (s snapshot) committed(t *testing.T, name string) []byte {
	t.Helper()
	return output(t, "git", "-C", root, "show", s.Commit+":"+name)
}

// when returns when the commit was made, in UTC.
func (s snapshot) when(t *testing.T) string {
	t.Helper()
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(output(t, "git", "-C", root, "log", "-1", "--format=%ct", s.Commit))), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}

// modes returns the files that the commit has below these folders and the documents at its
// top, with their modes.
func (s snapshot) modes(t *testing.T, folders ...string) map[string]string {
	t.Helper()
	modes := map[string]string{}
	read := func(keep func(name string) bool, args ...string) {
		args = append([]string{"-C", root, "ls-tree"}, args...)
		for line := range strings.Lines(string(output(t, "git", args...))) {
			about, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			mode, known := map[string]string{"100644": plain, "100755": executable}[strings.Fields(about)[0]]
			if known && keep(name) {
				modes[name] = mode
			}
		}
	}
	read(func(string) bool { return true }, append([]string{"-r", s.Commit, "--"}, folders...)...)
	read(func(name string) bool { return strings.HasSuffix(name, ".md") }, s.Commit)
	return modes
}

// output returns what a command prints.
func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// need skips a test on a machine without a program that it looks through.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s on this machine", program)
		}
	}
}

// A file is one that is installed.
type file struct {
	mode  string // as ls writes it
	owner string
	sum   string // SHA-256; "" of a folder
	body  []byte // nil in an rpm
}

// files reads a tar archive.
func files(t *testing.T, r io.Reader) map[string]file {
	t.Helper()
	all := map[string]file{}
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		f := file{mode: header.FileInfo().Mode().String(), owner: header.Uname + ":" + header.Gname, body: body}
		if header.Uid != 0 || header.Gid != 0 {
			t.Errorf("%s belongs to %d:%d", header.Name, header.Uid, header.Gid)
		} else if f.owner == ":" {
			f.owner = "root:root" // the number says it
		}
		if header.Typeflag == tar.TypeReg {
			f.sum = sum(body)
		}
		if _, twice := all[header.Name]; twice {
			t.Errorf("%s is there twice", header.Name)
		}
		all[header.Name] = f
	}
}

func sum(body []byte) string {
	hash := sha256.Sum256(body)
	return hex.EncodeToString(hash[:])
}

// archive reads the archive of a platform.
func (s snapshot) archive(t *testing.T, platform string) map[string]file {
	t.Helper()
	in, err := os.Open(s.path(platform, ".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	unzipped, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	all := files(t, unzipped)
	inside := map[string]file{}
	for name, f := range all {
		below, ok := strings.CutPrefix(name, s.name(platform)+"/")
		if !ok {
			t.Errorf("%s is not in the archive's one folder", name)
		}
		inside[below] = f
	}
	return inside
}

// deb reads the deb of a platform.
func (s snapshot) deb(t *testing.T, platform string) map[string]file {
	t.Helper()
	need(t, "dpkg-deb")
	inside := map[string]file{}
	for name, f := range files(t, bytes.NewReader(output(t, "dpkg-deb", "--fsys-tarfile", s.path(platform, ".deb")))) {
		if f.sum != "" {
			inside[strings.TrimPrefix(name, ".")] = f
		} else if f.mode != "drwxr-xr-x" {
			t.Errorf("%s is %s", name, f.mode)
		}
	}
	return inside
}

// rpm reads the rpm of a platform.
func (s snapshot) rpm(t *testing.T, platform string) map[string]file {
	t.Helper()
	need(t, "rpm")
	inside := map[string]file{}
	const format = "[%{FILENAMES} %{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEDIGESTS}\n]"
	for line := range strings.Lines(string(output(t, "rpm", "-qp", "--queryformat", format, s.path(platform, ".rpm")))) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[1] == "drwxr-xr-x" && fields[2] == "root:root" {
			continue // a folder, which is removed with the package
		}
		if len(fields) != 4 {
			t.Fatalf("rpm says %q", line)
		}
		inside[fields[0]] = file{mode: fields[1], owner: fields[2], sum: fields[3]}
	}
	return inside
}

// program writes the binary of an archive where it can be run.
func (s snapshot) program(t *testing.T, platform string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plantrail")
	if err := os.WriteFile(path, s.archive(t, platform)["plantrail"].body, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// gunzip inflates a file that has one member.
func gunzip(t *testing.T, body []byte) string {
	t.Helper()
	in, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	if in.Name != "" || !in.ModTime.IsZero() {
		t.Errorf("the gzip member says %q of %s", in.Name, in.ModTime)
	}
	return string(text)
}

// compare says which files are missing, too many, or not as wanted.
func compare(t *testing.T, got map[string]file, want map[string]string) {
	t.Helper()
	for name, mode := range want {
		f, there := got[name]
		switch {
		case !there:
			t.Errorf("%s is missing", name)
		case f.mode != mode || f.owner != "root:root":
			t.Errorf("%s is %s of %s, want %s of root:root", name, f.mode, f.owner, mode)
		}
	}
	for name := range got {
		if _, wanted := want[name]; !wanted {
			t.Errorf("%s is there and not wanted", name)
		}
	}
	if t.Failed() {
		t.Log(fmt.Sprint(len(got), " files"))
	}
}
