package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"plantrail/pipeline/atomicfile"
)

// An output is a file that a run leaves behind about itself.
type output struct {
	flag string // that names it, for messages
	name string // "": not asked for
	// public has everybody read it, whatever this user's files are like.
	public bool
	// stdout has - stand for standard output.
	stdout bool
}

// isStdout reports whether it goes to standard output.
func (o *output) isStdout() bool { return o.stdout && o.name == "-" }

// check refuses an output that could not be written at the end.
func (o *output) check() error {
	if o.name == "" || o.isStdout() {
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
	temp, err := atomicfile.Create(o.name)
	if failed := new(fs.PathError); errors.As(err, &failed) {
		err = failed.Err // the name is that of a file beside it
	}
	if err != nil {
		return fmt.Errorf("%s %s: cannot be written: %w", o.flag, o.name, err)
	}
	return temp.Discard()
}

// write replaces the file as a whole, so that a reader never sees half of it,
// and of several runs with one file the last one has it.
func (o *output) write(text []byte) error {
	var err error
	if info, statErr := os.Stat(o.name); statErr == nil && !info.Mode().IsRegular() {
		err = writeInto(o.name, bytes.NewReader(text)) // a pipe or a device: it must stay what it is
	} else if o.public {
		err = atomicfile.Write(o.name, text, 0o644)
	} else {
		err = atomicfile.Write(o.name, text, 0)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", o.flag, err)
	}
	return nil
}

// writeInto writes to a pipe or a device, if somebody is there to read.
func writeInto(name string, text io.Reader) error {
	file, err := os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ENXIO) {
		return fmt.Errorf("%s: a pipe that nobody reads", name)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(file, text)
	return errors.Join(err, file.Close())
}
