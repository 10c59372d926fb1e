package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// An output is a file that a run leaves behind about itself.
type output struct {
	flag string // that names it, for messages
	name string // "": not asked for
	// public has everybody read it, whatever this user's files are like.
	public bool
}

// tempSuffix marks an output that is not whole yet.
const tempSuffix = ".tmp"

// check refuses an output that could not be written at the end.
func (o *output) check() error {
	if o.name == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(o.name)); err != nil || !info.IsDir() {
		return usage(fmt.Errorf("%s %s: no such directory: make it first", o.flag, filepath.Dir(o.name)))
	}
	info, err := os.Stat(o.name)
	switch {
	case err == nil && info.IsDir():
		return usage(fmt.Errorf("%s %s: a directory: name a file", o.flag, o.name))
	case err == nil && !info.Mode().IsRegular():
		return nil
	}
	temp, err := os.Create(o.name + tempSuffix)
	if err != nil {
		return fmt.Errorf("%s: %w", o.flag, err)
	}
	return errors.Join(temp.Close(), os.Remove(temp.Name()))
}

// write replaces the file as a whole, so that a reader never sees half of it.
func (o *output) write(text []byte) error {
	temp := o.name + tempSuffix
	if info, err := os.Stat(o.name); err == nil && !info.Mode().IsRegular() {
		temp = o.name // a pipe or a device: it must stay what it is
	}
	err := os.WriteFile(temp, text, 0o644) //nolint:gosec // for others to read
	if temp == o.name {
		if err != nil {
			err = fmt.Errorf("write %s: %w", o.flag, err)
		}
		return err
	}
	if err == nil && o.public {
		err = os.Chmod(temp, 0o644) //nolint:gosec // it is asked for
	}
	if err == nil {
		err = os.Rename(temp, o.name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", o.flag, err), os.Remove(temp))
	}
	return nil
}
