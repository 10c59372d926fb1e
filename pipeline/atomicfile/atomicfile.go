// Package atomicfile replaces files whole: a reader sees the old one or the new
// one, and so does whoever comes after a crash.
//
// What is not finished has a name that nobody can guess and is made by its writer
// alone, so that no link or file which somebody put in its way is written
// through. Its writer holds a lock on it: what is not locked was left behind by
// a process that died.
package atomicfile

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// suffix ends the names of files that are not in place yet.
const suffix = ".plantrail-tmp"

// attempts is how often a file is made that somebody swept away before it was
// locked.
const attempts = 100

// A File is written in order to replace another one.
type File struct {
	*os.File
	target string
}

// Create makes an empty file in the folder of the file that it shall replace.
func Create(target string) (*File, error) {
	for range attempts {
		name := filepath.Join(filepath.Dir(target), "."+rand.Text()+suffix)
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o666) //nolint:gosec // as the user's mask has it
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			_, err = os.Lstat(name)
		}
		switch {
		case err == nil:
			return &File{File: file, target: target}, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, fs.ErrNotExist):
			return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), file.Close(), os.Remove(name))
		}
		// A sweep was faster than the lock.
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("make a file in %s: it is swept away each time", filepath.Dir(target))
}

// Place puts the file in its target's place and closes it. The folder is not
// synced.
func (f *File) Place() error {
	if err := os.Rename(f.Name(), f.target); err != nil {
		return errors.Join(err, f.Discard())
	}
	return f.Close()
}

// Discard closes the file and removes it.
func (f *File) Discard() error { return errors.Join(os.Remove(f.Name()), f.Close()) }

// Write replaces a file by one with a given text, as [Copy] does.
func Write(target string, text []byte, perm fs.FileMode) error {
	return Copy(target, bytes.NewReader(text), perm)
}

// Copy replaces a file by one with the text that in has, and syncs it. Its permissions
// are what the user's mask leaves, unless perm says otherwise.
func Copy(target string, in io.Reader, perm fs.FileMode) error {
	file, err := Create(target)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, in)
	if err == nil && perm != 0 {
		err = file.Chmod(perm)
	}
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		return errors.Join(err, file.Discard())
	}
	return file.Place()
}

// IsUnfinished reports whether a file's name is one that [Create] gives.
func IsUnfinished(name string) bool { return strings.HasSuffix(name, suffix) }

// Sweep removes an unfinished file, unless its writer is alive.
func Sweep(name string) error {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	defer file.Close() //nolint:errcheck // only locked
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil //nolint:nilerr // somebody is writing it
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
