package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Shards that write one report at once leave the whole report of one of them.
func TestOutputAtOnce(t *testing.T) {
	folder := t.TempDir()
	out := output{flag: "--report", name: filepath.Join(folder, "report.json")}
	var group sync.WaitGroup
	texts := map[string]bool{}
	for i := range 8 {
		text := strings.Repeat("x", 1<<16+i)
		texts[text] = true
		group.Go(func() {
			for range 20 {
				if err := out.check(); err != nil {
					t.Error(err)
				}
				if err := out.write([]byte(text)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	text, err := os.ReadFile(out.name)
	if err != nil || !texts[string(text)] {
		t.Errorf("%d bytes that no shard wrote, error %v", len(text), err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, error %v", entries, err)
	}
}

// A file or link under any name that could be guessed is not written through.
func TestOutputTraps(t *testing.T) {
	folder := t.TempDir()
	victim := filepath.Join(folder, "victim")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := output{flag: "--metrics", name: filepath.Join(folder, "run.prom"), public: true}
	for _, suffix := range []string{"", ".tmp", ".plantrail-tmp"} {
		if err := os.Symlink(victim, out.name+suffix); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.check(); err != nil {
		t.Fatal(err)
	}
	if err := out.write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(victim); err != nil || string(text) != "mine" {
		t.Errorf("the victim is %q, error %v", text, err)
	}
	info, err := os.Lstat(out.name)
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("the output is %v, error %v", info.Mode(), err)
	}
}

// A pipe that nobody reads is an error, and no wait. One that is read stays a
// pipe.
func TestOutputPipe(t *testing.T) {
	out := output{flag: "--report", name: filepath.Join(t.TempDir(), "pipe")}
	if err := syscall.Mkfifo(out.name, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := out.write([]byte("new")); err == nil || !strings.Contains(err.Error(), "a pipe that nobody reads") {
		t.Errorf("error %v", err)
	}
	reader, err := os.OpenFile(out.name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := out.check(); err != nil {
		t.Error(err)
	}
	if err := out.write([]byte("new")); err != nil {
		t.Error(err)
	}
	text := make([]byte, 10)
	if n, err := reader.Read(text); err != nil || string(text[:n]) != "new" {
		t.Errorf("read %q, error %v", text[:n], err)
	}
}
