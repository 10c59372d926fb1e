package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plantrail/pipeline/store"
)

const lockFile = ".plantrail-lock"

// hold takes the lock of a folder as a writer that hangs, until it is let go.
func hold(t *testing.T, folder string) (release func()) {
	t.Helper()
	name := filepath.Join(folder, lockFile)
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	fmt.Fprintln(file, os.Getpid())
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return func() {
		os.Remove(name)
		file.Close()
	}
}

// A told collects log lines.
type told struct {
	mutex sync.Mutex
	text  strings.Builder
	line  chan struct{} // gets a value for each
}

func (w *told) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.line <- struct{}{}
	return w.text.Write(p)
}

func openWaiting(t *testing.T, folder string, wait time.Duration) (store.Location, *told) {
	t.Helper()
	u, err := store.ParseURL(folder)
	if err != nil {
		t.Fatal(err)
	}
	log := &told{line: make(chan struct{}, 100)}
	l, err := store.Open(t.Context(), u, false, &store.Shared{LockWait: wait, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return l, log
}

func putText(ctx context.Context, l store.Location, name, text string) error {
	return l.Put(ctx, l.Key(name), strings.NewReader(text), int64(len(text)), "")
}

// A writer that hangs is named, waited for as long as was said, and no longer.
func TestLockGivesUp(t *testing.T) {
	folder := t.TempDir()
	release := hold(t, folder)
	l, log := openWaiting(t, folder, 2500*time.Millisecond)
	err := putText(t.Context(), l, "x", "1")
	for _, want := range []string{filepath.Join(folder, lockFile), fmt.Sprintf("process %d", os.Getpid()), "end that process"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if n := strings.Count(log.text.String(), "waiting for another writer"); n != 1 || !strings.Contains(log.text.String(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("told %d times: %s", n, log.text.String())
	}
	release()
	if err := putText(t.Context(), l, "x", "1"); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, error %v", entries, err)
	}
}

// Who waits gets the lock when it is let go, also when the holder has died and
// its file stays.
func TestLockIsPassedOn(t *testing.T) {
	for _, dies := range []bool{false, true} {
		folder := t.TempDir()
		release := hold(t, folder)
		if dies {
			file, err := os.Open(filepath.Join(folder, lockFile))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			release()
			if release = hold(t, folder); release == nil {
				t.Fatal("no lock")
			}
		}
		l, log := openWaiting(t, folder, time.Minute)
		done := make(chan error)
		go func() { done <- putText(t.Context(), l, "x", "1") }()
		<-log.line // it waits
		release()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// The file that a dead writer has left is nobody's lock.
func TestLockOfTheDead(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, lockFile), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, _ := openWaiting(t, folder, time.Minute)
	if err := putText(t.Context(), l, "x", "1"); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, error %v", entries, err)
	}
}

// A wait ends with its context, and that of a run that was interrupted soon
// after.
func TestLockInterrupted(t *testing.T) {
	for name, finishing := range map[string]bool{"at once": false, "finishing": true} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			hold(t, folder)
			l, log := openWaiting(t, folder, time.Hour)
			ctx, cancel := context.WithCancel(t.Context())
			put := ctx
			if finishing {
				put = store.Finishing(ctx)
			}
			done := make(chan error)
			go func() { done <- putText(put, l, "x", "1") }()
			<-log.line // it waits
			cancel()
			began := time.Now()
			err := <-done
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), lockFile) {
				t.Errorf("error %v", err)
			}
			if took, most := time.Since(began), 10*time.Second; took > most || !finishing && took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
				t.Errorf("left behind: %v, error %v", entries, err)
			}
		})
	}
}

// Only those may hold the lock who may write in the folder.
func TestLockIsForWriters(t *testing.T) {
	for _, test := range []struct{ folder, lock os.FileMode }{{0o755, 0o600}, {0o775, 0o660}, {0o777, 0o666}, {0o700, 0o600}} {
		folder := t.TempDir()
		if err := os.Chmod(folder, test.folder); err != nil {
			t.Fatal(err)
		}
		l := openDir(t, folder)
		seen := os.FileMode(0)
		l.Store.(*store.Dir).Trace = func(step, _ string) error {
			if step == "rename" {
				info, err := os.Stat(filepath.Join(folder, lockFile))
				if err != nil {
					return err
				}
				seen = info.Mode().Perm()
			}
			return nil
		}
		if err := putText(t.Context(), l, "x", "1"); err != nil {
			t.Fatal(err)
		}
		if seen != test.lock {
			t.Errorf("in a folder of mode %o the lock has %o, want %o", test.folder, seen, test.lock)
		}
	}
}

// Nobody is kept from writing by a lock on the folder itself, or on a file that
// anyone may read.
func TestLockOfReaders(t *testing.T) {
	folder := t.TempDir()
	l := openDir(t, folder)
	if err := putText(t.Context(), l, "x", "1"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{folder, filepath.Join(folder, "x")} {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Put(t.Context(), l.Key("x"), strings.NewReader("2"), 1, etagIn(t, l, "x")); err != nil {
		t.Error(err)
	}
}

func etagIn(t *testing.T, l store.Location, name string) string {
	t.Helper()
	file, err := l.Open(t.Context(), l.Key(name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return file.ETag
}

// A link, a pipe or a folder in the lock's place is named, not followed, and
// nobody waits for it.
func TestLockTraps(t *testing.T) {
	for name, plant := range map[string]func(name string) error{
		"a link":   func(name string) error { return os.Symlink(filepath.Join(filepath.Dir(name), "victim"), name) },
		"a pipe":   func(name string) error { return syscall.Mkfifo(name, 0o666) },
		"a folder": func(name string) error { return os.Mkdir(name, 0o755) },
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := plant(filepath.Join(folder, lockFile)); err != nil {
				t.Fatal(err)
			}
			err := putText(t.Context(), openDir(t, folder), "x", "1")
			if err == nil || !strings.Contains(err.Error(), lockFile) || !strings.Contains(err.Error(), "not a regular file: remove it") {
				t.Errorf("error %v", err)
			}
			if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
				t.Errorf("left behind: %v, error %v", entries, err)
			}
		})
	}
}

// What is no file, or never ends, is an error at once, to read and to replace.
func TestDirIrregular(t *testing.T) {
	for name, plant := range map[string]func(name string) error{
		"a pipe":              func(name string) error { return syscall.Mkfifo(name, 0o666) },
		"a link to a device":  func(name string) error { return os.Symlink("/dev/zero", name) },
		"a link to no device": func(name string) error { return os.Symlink("/dev/null", name) },
		"a folder":            func(name string) error { return os.Mkdir(name, 0o755) },
		"a file without end": func(name string) error {
			if err := os.WriteFile(name, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(name, 1<<40)
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			l := openDir(t, folder)
			if err := plant(filepath.Join(folder, "x")); err != nil {
				t.Fatal(err)
			}
			if text, err := l.Get(t.Context(), l.Key("x"), make([]byte, 100)); err == nil || !strings.Contains(err.Error(), folder) {
				t.Errorf("get: %d bytes, error %v", len(text), err)
			}
			if name == "a file without end" {
				return // it can be opened, and read in parts
			}
			if _, err := l.Open(t.Context(), l.Key("x")); err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("open: %v", err)
			}
			if err := putText(t.Context(), l, "x", "1"); err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("put: %v", err)
			}
		})
	}
}

// A pipe with a writer that says nothing is no file either.
func TestDirPipe(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "x")
	if err := syscall.Mkfifo(name, 0o666); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	l := openDir(t, folder)
	if _, err := l.Get(t.Context(), l.Key("x"), nil); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v", err)
	}
}

// Many writers of one process take turns: nobody is kept waiting by those that came
// later, and there is nothing to warn of.
func TestLockTurns(t *testing.T) {
	folder := t.TempDir()
	l, log := openWaiting(t, folder, 50*time.Millisecond)
	var writers sync.WaitGroup
	for i := range 300 { // takes longer than anybody waits for another process
		writers.Go(func() {
			if err := putText(t.Context(), l, fmt.Sprint("x", i), "1"); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	if text := log.text.String(); text != "" {
		t.Errorf("said %s", text)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer hold(t, folder)()
	l, _ = openWaiting(t, folder, time.Hour)
	waiting := make(chan error)
	for i := range 3 {
		go func() { waiting <- putText(ctx, l, fmt.Sprint("y", i), "2") }()
	}
	cancel()
	for range 3 {
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	}
}
