package release_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A machine is a Debian system of its own, with no network, no Go and no repository.
type machine struct{ root string }

// fresh lays out a machine, with the sample trail in /root/trail.
func fresh(t *testing.T) machine {
	t.Helper()
	archive := os.Getenv("PLANTRAIL_ROOT")
	if archive == "" {
		t.Skip("PLANTRAIL_ROOT names no root of a Debian system: make release-check makes one")
	}
	need(t, "bwrap", "tar")
	if os.Getuid() != 0 {
		t.Skip("only root can lay out a system's root with its owners")
	}
	m := machine{root: t.TempDir()}
	output(t, "tar", "-xf", archive, "-C", m.root)
	trail := filepath.Join(m.root, "root", "trail")
	if err := os.CopyFS(trail, os.DirFS(filepath.Join(root, "cmd/plantrail/testdata/trail"))); err != nil {
		t.Fatal(err)
	}
	return m
}

// command is one that the machine runs, in /root.
func (m machine) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	// No name space of users: dpkg gives files to others than root.
	inside := []string{
		"--unshare-ipc", "--unshare-net", "--unshare-pid", "--unshare-uts", "--die-with-parent", "--new-session",
		"--bind", m.root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run",
		"--clearenv", "--setenv", "HOME", "/root", "--setenv", "TERM", "dumb", "--setenv", "LC_ALL", "C.UTF-8",
		"--setenv", "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "--chdir", "/root", "--",
	}
	return exec.CommandContext(t.Context(), "bwrap", append(inside, args...)...)
}

// shell runs a script, which must succeed, and returns what it prints.
func (m machine) shell(t *testing.T, script string) string {
	t.Helper()
	c := m.command(t, "sh", "-euc", script)
	var failed bytes.Buffer
	c.Stderr = &failed
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s\n%v: %s%s", script, err, out, failed.String())
	}
	t.Logf("$ %s\n%s%s", strings.TrimSpace(script), out, failed.String())
	return string(out)
}

// put copies a file into /root.
func (m machine) put(t *testing.T, from, name string) {
	t.Helper()
	body, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.root, "root", name), body, 0o600); err != nil {
		t.Fatal(err)
	}
}

// prompt is what the shells under test say when they listen.
const prompt = "listening> "

// typed starts a shell on a terminal, types keys when it listens, and returns what the
// line that they make writes into /root/typed.
func (m machine) typed(t *testing.T, keys string, shell ...string) string {
	t.Helper()
	written := filepath.Join(m.root, "root", "typed")
	_ = os.Remove(written) // of the shell before
	c := m.command(t, "script", "-qec", strings.Join(shell, " "), "/dev/null")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer limit.Stop()
	var seen bytes.Buffer
	listens := bufio.NewReader(io.TeeReader(out, &seen))
	wait := func() {
		for !bytes.HasSuffix(seen.Bytes(), []byte(prompt)) {
			if _, err := listens.ReadByte(); err != nil {
				t.Fatalf("the shell never listens: %v: %s", err, seen.String())
			}
		}
	}
	wait()
	_, err = io.WriteString(in, keys+" > /root/typed\n")
	if err == nil {
		seen.Reset()
		wait()
		_, err = io.WriteString(in, "exit\n")
	}
	_, drained := io.Copy(io.Discard, listens)
	if err := errors.Join(err, drained, c.Wait()); err != nil {
		t.Fatalf("%v: %s", err, seen.String())
	}
	text, err := os.ReadFile(written)
	if err != nil {
		t.Fatalf("%v: %s", err, seen.String())
	}
	t.Logf("typed %q: %s%s", keys, seen.String(), text)
	return string(text)
}
