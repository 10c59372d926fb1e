package repository_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
)

// A release is announced with what CHANGELOG.md says of its version, and of no other.
func TestNotes(t *testing.T) {
	dir := t.TempDir()
	copyInto(t, dir, "Makefile")
	write(t, dir, "CHANGELOG.md", "# Changelog\n\nAll.\n\n## Unreleased\n\n- later\n\n## 0.2.0 - 2027-01-02\n\n### Added\n\n- two\n\n## 0.1.0 - 2026-11-26\n\n- one\n")
	for version, want := range map[string]string{
		"v0.1.0":      "- one",
		"v0.2.0":      "### Added\n\n- two",
		"v0.2.0-rc.1": "### Added\n\n- two",
		"0.2.0":       "### Added\n\n- two",
		"v0.2.1":      "",
		"v0.2":        "",
		"v0.1.0.":     "",
	} {
		c := exec.CommandContext(t.Context(), "make", "-s", "notes", "VERSION="+version)
		c.Dir = dir
		out, err := c.Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", version, got, err, want)
		}
	}
}

// Versions stand newest first, each with its day and with something to say. What is
// not released yet may stand above them.
func TestChangelog(t *testing.T) {
	text, err := os.ReadFile(root + "/CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\n## ")
	sections := strings.Split(after, "\n## ")
	if strings.HasPrefix(sections[0], "Unreleased\n") {
		sections = sections[1:]
	}
	if len(sections) == 0 {
		t.Fatal("it has no release")
	}
	newer, later := "", ""
	for _, section := range sections {
		heading, body, _ := strings.Cut(section, "\n")
		m := regexp.MustCompile(`^(\d+\.\d+\.\d+) - (\d{4}-\d{2}-\d{2})$`).FindStringSubmatch(heading)
		if m == nil || strings.TrimSpace(body) == "" {
			t.Fatalf("%q is no release: a version, a hyphen, a day, and what it brings", heading)
		}
		if newer != "" && (semver.Compare("v"+m[1], "v"+newer) >= 0 || m[2] > later) {
			t.Errorf("%s stands below %s of %s", heading, newer, later)
		}
		newer, later = m[1], m[2]
	}
}
