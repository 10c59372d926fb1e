package atomicfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"plantrail/pipeline/atomicfile"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestWrite(t *testing.T) {
	folder := t.TempDir()
	target := filepath.Join(folder, "x")
	for _, text := range []string{"a longer text", "short"} {
		if err := atomicfile.Write(target, []byte(text), 0); err != nil {
			t.Fatal(err)
		}
		if got := read(t, target); got != text {
			t.Errorf("there is %q, want %q", got, text)
		}
	}
	if err := atomicfile.Write(target, nil, 0o604); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o604 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if err := atomicfile.Write(filepath.Join(folder, "none", "x"), nil, 0); err == nil {
		t.Error("written where there is no folder")
	}
	if err := atomicfile.Write(folder, nil, 0); err == nil {
		t.Error("written in the place of a folder")
	}
	if got := names(t, folder); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// Of many writers of one file each puts a whole one there, and none the text of
// another.
func TestWriteAtOnce(t *testing.T) {
	folder := t.TempDir()
	target := filepath.Join(folder, "x")
	var group sync.WaitGroup
	texts := map[string]bool{}
	for i := range 8 {
		text := string(make([]byte, 1<<16+i))
		texts[text] = true
		group.Go(func() {
			for range 20 {
				if err := atomicfile.Write(target, []byte(text), 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if !texts[read(t, target)] {
		t.Error("the file is none of those that were written")
	}
	if got := names(t, folder); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// A link at the target is replaced and not written through. Names before the
// target is in place are new ones each time.
func TestLinks(t *testing.T) {
	folder := t.TempDir()
	victim, target := filepath.Join(folder, "victim"), filepath.Join(folder, "x")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, target); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(target, []byte("new"), 0); err != nil {
		t.Fatal(err)
	}
	if read(t, victim) != "mine" || read(t, target) != "new" {
		t.Errorf("victim %q, target %q", read(t, victim), read(t, target))
	}
	seen := map[string]bool{}
	for range 100 {
		file, err := atomicfile.Create(target)
		if err != nil {
			t.Fatal(err)
		}
		if seen[file.Name()] || filepath.Dir(file.Name()) != folder || !atomicfile.IsUnfinished(file.Name()) {
			t.Errorf("named %s", file.Name())
		}
		seen[file.Name()] = true
		if err := file.Discard(); err != nil {
			t.Error(err)
		}
	}
}

// A sweep removes what a dead process has left, and nothing that is being
// written.
func TestSweep(t *testing.T) {
	folder := t.TempDir()
	target := filepath.Join(folder, "x")
	dead, err := atomicfile.Create(target)
	if err != nil {
		t.Fatal(err)
	}
	if err := dead.Close(); err != nil { // as the end of its process does
		t.Fatal(err)
	}
	alive, err := atomicfile.Create(target)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dead.Name(), alive.Name(), filepath.Join(folder, "none")} {
		if err := atomicfile.Sweep(name); err != nil {
			t.Error(err)
		}
	}
	if got := names(t, folder); len(got) != 1 || got[0] != filepath.Base(alive.Name()) {
		t.Errorf("there is %q", got)
	}
	if err := alive.Place(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(target); err != nil {
		t.Error(err)
	}
}

// Files are made while they are swept away: each writer ends with its own.
func TestSweepRaces(t *testing.T) {
	folder := t.TempDir()
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			for _, name := range names(t, folder) {
				if atomicfile.IsUnfinished(name) {
					if err := atomicfile.Sweep(filepath.Join(folder, name)); err != nil {
						t.Error(err)
					}
				}
			}
		}
	})
	for range 500 {
		if err := atomicfile.Write(filepath.Join(folder, "x"), []byte("x"), fs.FileMode(0)); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	group.Wait()
}
