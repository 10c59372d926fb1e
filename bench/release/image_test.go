package release_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// An image is one that was built, as a registry would keep it.
type image struct {
	digest string
	config struct {
		Created          time.Time
		Architecture, OS string
		Config           struct {
			User       string
			Env        []string
			Entrypoint []string
			Volumes    map[string]any
			Labels     map[string]string
			StopSignal string
		}
	}
	files map[string]*tar.Header
	body  map[string][]byte
}

// dockers is what .goreleaser.yaml says of images.
type dockers struct {
	Platforms  []string          `json:"platforms"`
	ExtraFiles []string          `json:"extra_files"`
	BuildArgs  map[string]string `json:"build_args"`
}

// context lays out what goreleaser gives to docker: the Dockerfile, each platform's
// binary and the extra files, with other times each time.
func (s snapshot) context(t *testing.T) (string, dockers) {
	t.Helper()
	var config struct {
		DockersV2 []dockers `json:"dockers_v2"`
	}
	if err := yaml.Unmarshal(s.committed(t, ".goreleaser.yaml"), &config); err != nil {
		t.Fatal(err)
	}
	if len(config.DockersV2) != 1 || len(config.DockersV2[0].Platforms) != 2 {
		t.Fatalf("images: %+v", config)
	}
	d, dir := config.DockersV2[0], t.TempDir()
	put := func(name string, body []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("Dockerfile", s.committed(t, "Dockerfile"))
	if !slices.Equal(d.ExtraFiles, []string{"bin/beside/image.tar"}) {
		t.Fatalf("extra files %v", d.ExtraFiles)
	}
	put("LICENSE", s.committed(t, "LICENSE"))
	put("THIRD_PARTY_LICENSES", s.committed(t, "THIRD_PARTY_LICENSES"))
	licences := []string{filepath.Join(dir, "LICENSE"), filepath.Join(dir, "THIRD_PARTY_LICENSES")}
	put(d.ExtraFiles[0], output(t, "go", append([]string{"-C", "..", "run", "./cmd/imageroot"}, licences...)...))
	for _, platform := range d.Platforms {
		put(platform+"/plantrail", s.archive(t, strings.ReplaceAll(platform, "/", "_"))["plantrail"].body)
	}
	return dir, d
}

// image builds the image of a platform as goreleaser has docker do it.
func (s snapshot) image(t *testing.T, platform string) image {
	t.Helper()
	dir, d := s.context(t)
	committed := strings.TrimSpace(string(output(t, "git", "-C", root, "log", "-1", "--format=%ct", s.Commit)))
	home := t.TempDir()
	buildah := func(args ...string) {
		all := append([]string{"--storage-driver", "vfs", "--root", home + "/root", "--runroot", home + "/run"}, args...)
		out, err := exec.CommandContext(t.Context(), "buildah", all...).CombinedOutput()
		if err != nil {
			t.Fatalf("buildah %v: %v: %s", args, err, out)
		}
	}
	values := strings.NewReplacer("{{ .Version }}", s.Version, "{{ .FullCommit }}", s.Commit, "{{ .CommitTimestamp }}", committed)
	args := []string{"build", "--isolation", "chroot", "--platform", platform, "--timestamp", committed, "--tag", "plantrail"}
	for name, value := range d.BuildArgs {
		args = append(args, "--build-arg", name+"="+values.Replace(value))
	}
	buildah(append(args, dir)...)
	buildah("push", "plantrail", "oci:"+home+"/oci")
	return read(t, home+"/oci")
}

// read reads an image from a folder of OCI's layout.
func read(t *testing.T, dir string) image {
	t.Helper()
	blob := func(name string, into any) []byte {
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && into != nil {
			err = json.Unmarshal(body, into)
		}
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	type reference struct{ Digest string }
	path := func(r reference) string { return "blobs/" + strings.Replace(r.Digest, ":", "/", 1) }
	var index struct{ Manifests []reference }
	blob("index.json", &index)
	var manifest struct {
		Config reference
		Layers []reference
	}
	blob(path(index.Manifests[0]), &manifest)
	i := image{digest: index.Manifests[0].Digest, files: map[string]*tar.Header{}, body: map[string][]byte{}}
	blob(path(manifest.Config), &i.config)
	for _, layer := range manifest.Layers {
		unzipped, err := gzip.NewReader(bytes.NewReader(blob(path(layer), nil)))
		if err != nil {
			t.Fatal(err)
		}
		for archive := tar.NewReader(unzipped); ; {
			header, err := archive.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			name := "/" + strings.TrimSuffix(header.Name, "/")
			i.files[name], i.body[name] = header, body
		}
	}
	return i
}

// The image of each platform has the archive's binary and what it needs, and the same
// bytes each time that it is built.
func TestImages(t *testing.T) {
	s := built(t)
	need(t, "buildah")
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		t.Run(platform, func(t *testing.T) {
			i := s.image(t, platform)
			if again := s.image(t, platform); again.digest != i.digest {
				t.Errorf("%s, and the second time %s", i.digest, again.digest)
			}
			for name, h := range i.files {
				t.Logf("%s %d:%d %8d %s", h.FileInfo().Mode(), h.Uid, h.Gid, h.Size, name)
			}
			for name, want := range map[string]string{
				"/plantrail": "-rwxr-xr-x", "/tmp": "dtrwxrwxrwx", "/etc/ssl/certs/ca-certificates.crt": plain,
				"/usr/share/doc/plantrail/LICENSE": plain, "/usr/share/doc/plantrail/THIRD_PARTY_LICENSES": plain,
			} {
				h := i.files[name]
				if h == nil || h.FileInfo().Mode().String() != want {
					t.Errorf("%s: %+v, want %s", name, h, want)
				}
			}
			for name, h := range i.files {
				if inside := h.Typeflag == tar.TypeDir; inside && name != "/tmp" && h.FileInfo().Mode().Perm()&0o555 != 0o555 {
					t.Errorf("%s is %s, closed to the user of the image", name, h.FileInfo().Mode())
				}
			}
			if h := i.files["/tmp"]; h.Uid != 65532 || h.Gid != 65532 {
				t.Errorf("/tmp belongs to %d:%d", h.Uid, h.Gid)
			}
			if sum(i.body["/plantrail"]) != s.archive(t, strings.ReplaceAll(platform, "/", "_"))["plantrail"].sum {
				t.Error("the program is not the archive's")
			}
			trusted(t, i.body["/etc/ssl/certs/ca-certificates.crt"])
			c := i.config
			if c.OS+"/"+c.Architecture != platform || c.Config.User != "65532:65532" || c.Config.StopSignal != "SIGTERM" ||
				!slices.Equal(c.Config.Entrypoint, []string{"/plantrail"}) || c.Config.Volumes["/tmp"] == nil {
				t.Errorf("%+v", c)
			}
			if l := c.Config.Labels; l["org.opencontainers.image.version"] != "v"+s.Version || l["org.opencontainers.image.revision"] != s.Commit {
				t.Errorf("labels %v", l)
			}
		})
	}
}

// trusted checks that a server of AWS's would be trusted: the roots that Amazon signs with
// are among the certificates, each of which can be read and has not ended.
func trusted(t *testing.T, certificates []byte) {
	t.Helper()
	names := map[string]bool{}
	for block, rest := pem.Decode(certificates); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !certificate.IsCA || certificate.NotAfter.Before(time.Now()) {
			t.Errorf("%s: until %s", certificate.Subject, certificate.NotAfter)
		}
		names[certificate.Subject.CommonName] = true
	}
	const starfield = "Starfield Services Root Certificate Authority - G2"
	for _, name := range []string{"Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3", "Amazon Root CA 4", starfield} {
		if !names[name] {
			t.Errorf("%s is not trusted", name)
		}
	}
	if len(names) < 80 {
		t.Errorf("only %d certificates", len(names))
	}
}

// In the image, as its user, with a root that cannot be written, the program reads its first
// log files.
func TestImageRuns(t *testing.T) {
	s := built(t)
	need(t, "buildah", "bwrap")
	if os.Getuid() != 0 {
		t.Skip("only root can lay out an image's files with their owners")
	}
	i := s.image(t, "linux/"+runtime.GOARCH)
	if user := i.config.Config.User; user != "65532:65532" {
		t.Fatalf("it runs as %s", user)
	}
	dir, work := t.TempDir(), t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the image's user reads below it
		t.Fatal(err)
	}
	for _, name := range []string{"tmp", "work"} { // where a volume and a mount lie
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, h := range i.files {
		path := filepath.Join(dir, name)
		if h.Typeflag == tar.TypeDir {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, i.body[name], h.FileInfo().Mode()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(work, "trail"), os.DirFS(filepath.Join(root, "cmd/plantrail/testdata/trail"))); err != nil {
		t.Fatal(err)
	}
	output(t, "chown", "-R", "65532:65532", work)
	inside := func(args ...string) (string, int) {
		all := []string{
			"--unshare-user", "--unshare-pid", "--unshare-net", "--clearenv",
			"--ro-bind", dir, "/", "--tmpfs", "/tmp", "--bind", work, "/work",
		}
		for _, v := range i.config.Config.Env {
			name, value, _ := strings.Cut(v, "=")
			all = append(all, "--setenv", name, value)
		}
		c := exec.CommandContext(t.Context(), "bwrap", slices.Concat(all, []string{"--"}, i.config.Config.Entrypoint, args)...)
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		out, err := c.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		t.Logf("$ plantrail %s\n%s", strings.Join(args, " "), out)
		return string(out), c.ProcessState.ExitCode()
	}
	if says, code := inside("version"); code != 0 || !strings.HasPrefix(says, "plantrail v"+s.Version+" ") {
		t.Errorf("exit code %d: %s", code, says)
	}
	if says, code := inside("run", "--progress", "none", "--source", "/work/trail", "--table", "/work/plans"); code != 3 {
		t.Errorf("exit code %d: %s", code, says)
	}
	if says, code := inside("show", "--table", "/work/plans"); code != 0 || !strings.Contains(says, "basic") {
		t.Errorf("exit code %d: %s", code, says)
	}
}
