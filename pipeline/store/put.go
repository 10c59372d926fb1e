package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"plantrail/pipeline/atomicfile"
)

// accessWrite is access(2)'s W_OK. Put asks before it compares versions, so that
// a refusal says which of the two it is.
const accessWrite = 2

// Put implements [Store]. It writes a file that has another name for now, and
// syncs it. Then, while it holds the lock of the object's directory, it compares
// the version, renames the file into place, and syncs the directory. A crash
// between any two of these leaves the old version or the new one, and perhaps
// the unfinished file and that of the lock, which the next [Dir.Sweep] removes.
//
// The lock is held for two system calls and a sync, however large the object.
func (d *Dir) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	d.requests.Put.Add(1)
	if err := d.put(ctx, path(key), io.NewSectionReader(body, 0, size), etag); err != nil {
		return fmt.Errorf("write %s: %w", path(key), classify(err))
	}
	return nil
}

func (d *Dir) put(ctx context.Context, name string, body io.Reader, etag string) error {
	folder := filepath.Dir(name)
	if err := d.makeFolder(folder); err != nil {
		return err
	}
	if err := syscall.Access(folder, accessWrite); err != nil {
		return err
	}
	if err := d.compare(name, etag); err != nil {
		return err // which saves writing it
	}
	file, err := d.writeSynced(name, body)
	if err != nil {
		return err
	}
	return d.place(ctx, file, name, etag)
}

// place puts a file in the place of the expected version.
func (d *Dir) place(ctx context.Context, file *atomicfile.File, name, etag string) (err error) {
	folder := filepath.Dir(name)
	if err := d.step("lock", folder); err != nil {
		return d.undo(file, err)
	}
	lock, err := d.lock(ctx, folder)
	if err != nil {
		return d.undo(file, err)
	}
	defer func() {
		if errors.As(err, new(crashed)) {
			err = errors.Join(err, lock.abandon())
		} else {
			err = errors.Join(err, lock.release(folder))
		}
	}()
	if err := d.compare(name, etag); err != nil {
		return d.undo(file, err)
	}
	if err := d.step("rename", name); err != nil {
		return d.undo(file, err)
	}
	if err := file.Place(); err != nil {
		return err
	}
	if err := d.step("sync", folder); err != nil {
		return err
	}
	if err := syncFolder(folder); err != nil {
		return err
	}
	return d.step("unlock", folder)
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

// undo gives up the unfinished file. After a crash it stays, without its lock.
func (d *Dir) undo(file *atomicfile.File, err error) error {
	if errors.As(err, new(crashed)) {
		return errors.Join(err, file.Close())
	}
	return errors.Join(err, file.Discard())
}

// compare returns ErrChanged if a file is not the expected version.
func (d *Dir) compare(name, etag string) error {
	if err := d.step("compare", name); err != nil {
		return err
	}
	now := ""
	info, err := os.Stat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%w: remove it", errIrregular)
	case err == nil:
		now = etagOf(info)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if now != etag {
		return ErrChanged
	}
	return nil
}

// writeSynced writes what shall replace a file and waits until the disk has it.
func (d *Dir) writeSynced(name string, body io.Reader) (*atomicfile.File, error) {
	if err := d.step("create", name); err != nil {
		return nil, err
	}
	file, err := atomicfile.Create(name)
	if err != nil {
		return nil, err
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
	if err != nil {
		return nil, d.undo(file, err)
	}
	return file, nil
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
	return syncFolder(parent)
}

// syncFolder waits until the disk has a directory's names.
func syncFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Sweep removes what dead processes have left below a folder, given as a key:
// unfinished files and locks. What a living process is about stays.
func (d *Dir) Sweep(folder string) error {
	err := filepath.WalkDir(path(folder), func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || entry.IsDir():
			return err
		case atomicfile.IsUnfinished(name):
			return atomicfile.Sweep(name)
		case entry.Name() == lockName:
			return sweepLock(name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("sweep %s: %w", path(folder), classify(err))
	}
	return nil
}
