package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// accessWrite is access(2)'s W_OK. Put asks before it compares versions, so that
// a refusal says which of the two it is.
const accessWrite = 2

// tempSuffix marks a file that Put has not finished.
const tempSuffix = ".plantrail-tmp"

// Put implements [Store]. While it holds a lock on the object's directory, it
// compares the version, writes a temporary file, syncs it, renames it into
// place, and syncs the directory. A crash between any two of these leaves the
// old version or the new one, and perhaps a temporary file, which the next Put
// of the object overwrites and the next [Dir.Sweep] removes.
func (d *Dir) Put(_ context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	d.requests.Put.Add(1)
	if err := d.put(path(key), io.NewSectionReader(body, 0, size), etag); err != nil {
		return fmt.Errorf("write %s: %w", path(key), classify(err))
	}
	return nil
}

func (d *Dir) put(name string, body io.Reader, etag string) error {
	folder := filepath.Dir(name)
	if err := d.makeFolder(folder); err != nil {
		return err
	}
	lock, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // releases the lock; nothing was written through it
	if err := d.step("lock", folder); err != nil {
		return err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", folder, err)
	}
	if err := syscall.Access(folder, accessWrite); err != nil {
		return err
	}
	if err := d.compare(name, etag); err != nil {
		return err
	}
	// The lock makes the name ours: a file left under it belongs to nobody.
	temp := filepath.Join(folder, "."+filepath.Base(name)+tempSuffix)
	if err := d.writeSynced(temp, body); err != nil {
		return d.undo(temp, err)
	}
	if err := d.step("rename", name); err != nil {
		return err
	}
	if err := os.Rename(temp, name); err != nil {
		return d.undo(temp, err)
	}
	if err := d.step("sync", folder); err != nil {
		return err
	}
	return lock.Sync()
}

// step tells the trace what comes next.
func (d *Dir) step(step, name string) error {
	if d.Trace == nil {
		return nil
	}
	if err := d.Trace(step, name); err != nil {
		return crashed{err}
	}
	return nil
}

// crashed is the error of a trace that ends a Put.
type crashed struct{ error }

func (c crashed) Unwrap() error { return c.error }

// undo removes the temporary file after a failure that was no crash.
func (d *Dir) undo(temp string, err error) error {
	if !errors.As(err, new(crashed)) {
		os.Remove(temp) //nolint:errcheck // what failed first is what matters
	}
	return err
}

// compare returns ErrChanged if a file is not the expected version.
func (d *Dir) compare(name, etag string) error {
	if err := d.step("compare", name); err != nil {
		return err
	}
	now := ""
	if info, err := os.Stat(name); err == nil {
		now = etagOf(info)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if now != etag {
		return ErrChanged
	}
	return nil
}

// writeSynced writes a file and waits until the disk has it.
func (d *Dir) writeSynced(name string, body io.Reader) error {
	if err := d.step("create", name); err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err = d.step("write", name); err == nil {
		_, err = io.Copy(file, body)
	}
	if err == nil {
		err = d.step("sync", name)
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// makeFolder makes a directory and its missing parents, each known to the disk
// before anything is put into it.
func (d *Dir) makeFolder(folder string) error {
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(folder)
	if err := d.makeFolder(parent); err != nil {
		return err
	}
	if err := d.step("mkdir", folder); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // the table is for others to read
		return err
	}
	if err := d.step("sync", parent); err != nil {
		return err
	}
	dir, err := os.Open(parent)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Sweep removes the temporary files that dead processes have left below a
// folder, given as a key. One whose directory is locked belongs to a Put that
// is under way.
func (d *Dir) Sweep(folder string) error {
	err := filepath.WalkDir(path(folder), func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, tempSuffix) {
			return err
		}
		return sweepFile(name)
	})
	if err != nil {
		return fmt.Errorf("sweep %s: %w", path(folder), classify(err))
	}
	return nil
}

func sweepFile(name string) error {
	lock, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // releases the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil //nolint:nilerr // somebody is writing there
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
