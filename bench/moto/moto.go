// Package moto lets tests run moto, a server from PyPI that answers as many of AWS's
// services do.
package moto

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// Start runs moto until the test ends, and returns its address. It skips the test where
// there is none.
func Start(tb testing.TB) string {
	tb.Helper()
	if out, err := exec.CommandContext(tb.Context(), "moto_server", "--help").CombinedOutput(); err != nil {
		tb.Skipf("moto_server does not run: pip install 'moto[server]' (%v: %s)", err, out)
	}
	moto := exec.Command("moto_server", "-H", "127.0.0.1", "-p", "0")
	out, err := moto.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := moto.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = moto.Process.Kill()
		_ = moto.Wait() // it was killed
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "Running on "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }() // it logs each request
			return strings.TrimSpace(address)
		}
	}
	tb.Fatal("moto_server ended before it listened")
	return ""
}
