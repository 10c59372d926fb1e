package repository_test

import (
	"os/exec"
	"strings"
	"testing"
)

// A release is announced with what CHANGELOG.md says of its version, and of no other.
func TestNotes(t *testing.T) {
	dir := t.TempDir()
	copyInto(t, dir, "Makefile")
	write(t, dir, "CHANGELOG.md", "# Changelog\n\nAll.\n\n## Unreleased\n\n- later\n\n## 0.2.0 (2027-01-02)\n\n### Added\n\n- two\n\n## 0.1.0 (2026-11-26)\n\n- one\n")
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
