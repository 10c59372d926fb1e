package release_test

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const plain, executable = "-rw-r--r--", "-rwxr-xr-x"

// edited are the files that an upgrade leaves as somebody wrote them.
const edited = "/etc/plantrail/plantrail.env\n/etc/plantrail/sources\n"

// documents are the files of the commit that go with the program, below a folder.
func documents(t *testing.T, s snapshot, below string) map[string]string {
	t.Helper()
	want := map[string]string{}
	for name, mode := range s.modes(t, "docs", "cmd/plantrail/deploy", "cmd/plantrail/examples", "bench/proof/check_certificate.py") {
		want[below+name] = mode
	}
	return want
}

// An archive has the program, what belongs beside it, and the documents.
func TestArchives(t *testing.T) {
	s := built(t)
	for _, platform := range platforms() {
		t.Run(platform, func(t *testing.T) {
			got := s.archive(t, platform)
			want := documents(t, s, "")
			want["plantrail"] = executable
			for _, name := range []string{
				"LICENSE", "THIRD_PARTY_LICENSES", "man/plantrail.1",
				"completions/plantrail.bash", "completions/_plantrail", "completions/plantrail.fish",
			} {
				want[name] = plain
			}
			compare(t, got, want)
			for name, f := range got {
				if made := name == "plantrail" || strings.HasPrefix(name, "man/") || strings.HasPrefix(name, "completions/"); made {
					continue
				}
				if f.sum != sum(s.committed(t, name)) {
					t.Errorf("%s is not as committed", name)
				}
			}
			links(t, s, got)
		})
	}
}

// links checks that what the documents link to is in the archive with them. Only the
// program's source is not; it is where they say in the repository.
func links(t *testing.T, s snapshot, all map[string]file) {
	t.Helper()
	folders := map[string]bool{".": true}
	for name := range all {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	link := regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)]*)?\)`)
	found := 0
	for name, f := range all {
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(string(f.body), -1) {
			found++
			to := path.Join(path.Dir(name), m[1])
			if strings.HasPrefix(to, "pipeline/") || strings.HasPrefix(to, "schema/") {
				s.committed(t, to)
			} else if _, there := all[to]; !there && !folders[to] {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d links", found)
	}
}

// packed are the files that are in both packages.
func packed(t *testing.T, s snapshot) map[string]string {
	t.Helper()
	want := documents(t, s, "/usr/share/doc/plantrail/")
	want["/usr/bin/plantrail"] = executable
	for _, name := range []string{
		"/etc/plantrail/plantrail.env",
		"/etc/plantrail/sources",
		"/usr/lib/systemd/system/plantrail-verify.service",
		"/usr/lib/systemd/system/plantrail-verify.timer",
		"/usr/lib/systemd/system/plantrail.service",
		"/usr/lib/systemd/system/plantrail.timer",
		"/usr/share/bash-completion/completions/plantrail",
		"/usr/share/fish/vendor_completions.d/plantrail.fish",
		"/usr/share/man/man1/plantrail.1.gz",
	} {
		want[name] = plain
	}
	return want
}

// A deb has each file where Debian looks for it.
func TestDebs(t *testing.T) {
	s := built(t)
	for _, platform := range packages() {
		t.Run(platform, func(t *testing.T) {
			got, want := s.deb(t, platform), packed(t, s)
			for _, name := range []string{
				"/usr/share/doc/plantrail/THIRD_PARTY_LICENSES",
				"/usr/share/doc/plantrail/changelog.Debian.gz",
				"/usr/share/doc/plantrail/copyright",
				"/usr/share/lintian/overrides/plantrail",
				"/usr/share/zsh/vendor-completions/_plantrail",
			} {
				want[name] = plain
			}
			compare(t, got, want)
			sameAsArchive(t, s, platform, got)
			_, machine, _ := strings.Cut(platform, "_")
			for field, value := range map[string]string{
				"Package": "plantrail", "Architecture": machine, "Version": strings.Replace(s.Version, "-", "~", 1) + "-1", "Depends": "",
			} {
				if is := strings.TrimSpace(string(output(t, "dpkg-deb", "--field", s.path(platform, ".deb"), field))); is != value {
					t.Errorf("%s: %q, want %q", field, is, value)
				}
			}
			if kept := string(output(t, "dpkg-deb", "--info", s.path(platform, ".deb"), "conffiles")); kept != edited {
				t.Errorf("files that are kept as edited: %q", kept)
			}
		})
	}
}

// lintian finds nothing to complain of but a field that it is too old to know.
func TestLintian(t *testing.T) {
	s := built(t)
	need(t, "lintian")
	out := output(t, "lintian", "--allow-root", "--fail-on", "error", s.path("linux_amd64", ".deb"))
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "W: plantrail: unknown-field Architecture-Variant") {
			t.Error(line)
		}
	}
}

// An rpm has each file where Fedora looks for it.
func TestRPMs(t *testing.T) {
	s := built(t)
	for _, platform := range packages() {
		t.Run(platform, func(t *testing.T) {
			got, want := s.rpm(t, platform), packed(t, s)
			for _, name := range []string{
				"/usr/share/licenses/plantrail/LICENSE",
				"/usr/share/licenses/plantrail/THIRD_PARTY_LICENSES",
				"/usr/share/zsh/site-functions/_plantrail",
			} {
				want[name] = plain
			}
			compare(t, got, want)
			sameAsArchive(t, s, platform, got)
			rpm := s.path(platform, ".rpm")
			if checked := string(output(t, "rpm", "-Kv", rpm)); strings.Count(checked, ": OK\n") < 2 || strings.Contains(checked, "BAD") {
				t.Errorf("rpm -Kv: %s", checked)
			}
			if kept := string(output(t, "rpm", "-qcp", rpm)); kept != edited {
				t.Errorf("files that are kept as edited: %q", kept)
			}
			machine := map[string]string{"linux_amd64": "x86_64", "linux_arm64": "aarch64"}[platform]
			const says = "%{NAME} %{ARCH} %{LICENSE} %{BUILDHOST}"
			if is := string(output(t, "rpm", "-qp", "--queryformat", says, rpm)); is != "plantrail "+machine+" Apache-2.0 plantrail" {
				t.Errorf("it says %q", is)
			}
		})
	}
}

// sameAsArchive checks that a package has the files of the platform's archive.
func sameAsArchive(t *testing.T, s snapshot, platform string, got map[string]file) {
	t.Helper()
	archive := s.archive(t, platform)
	const doc = "/usr/share/doc/plantrail/"
	from := map[string]string{
		"/usr/bin/plantrail": "plantrail",
		"/usr/share/bash-completion/completions/plantrail":    "completions/plantrail.bash",
		"/usr/share/fish/vendor_completions.d/plantrail.fish": "completions/plantrail.fish",
		"/usr/share/zsh/vendor-completions/_plantrail":        "completions/_plantrail",
		"/usr/share/zsh/site-functions/_plantrail":            "completions/_plantrail",
		"/usr/share/licenses/plantrail/LICENSE":               "LICENSE",
		"/usr/share/licenses/plantrail/THIRD_PARTY_LICENSES":  "THIRD_PARTY_LICENSES",
		"/etc/plantrail/plantrail.env":                        "cmd/plantrail/deploy/systemd/plantrail.env",
		"/etc/plantrail/sources":                              "cmd/plantrail/deploy/systemd/sources",
	}
	elsewhere := map[string]bool{doc + "copyright": true, doc + "changelog.Debian.gz": true}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		same, known := from[name]
		if unit, ok := strings.CutPrefix(name, "/usr/lib/systemd/system/"); ok {
			same, known = "cmd/plantrail/deploy/systemd/"+unit, true
		} else if document, ok := strings.CutPrefix(name, doc); ok && !elsewhere[name] {
			same, known = document, true
		}
		if known && got[name].sum != archive[same].sum {
			t.Errorf("%s is not the archive's %s", name, same)
		}
	}
	if page := got["/usr/share/man/man1/plantrail.1.gz"].body; page != nil && gunzip(t, page) != string(archive["man/plantrail.1"].body) {
		t.Error("the manual page is not the archive's")
	}
}
