package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"plantrail/pipeline/atomicfile"
	"plantrail/pipeline/store"
	"plantrail/schema"
)

// A changesOutput is what --changes names: it takes the plan changes that a run adds,
// and has them in place at its end, whole.
type changesOutput struct {
	output
	spool *os.File // without a name; nil until there is a change
}

// Write takes a change that is in the table.
func (o *changesOutput) Write(change *schema.Change) (err error) {
	if o.spool == nil {
		if o.spool, err = store.TempFile(); err != nil {
			return err
		}
	}
	text, err := changeJSON(change)
	if err == nil {
		_, err = o.spool.WriteString(text + "\n")
	}
	return err
}

// Publish replaces the file, or writes to standard output, also if there are no
// changes: those of the run before are no news any more.
func (o *changesOutput) Publish() (err error) {
	in := io.NewSectionReader(o.spool, 0, 0)
	if o.spool != nil {
		defer func() { err = errors.Join(err, o.spool.Close()) }()
		size, err := o.spool.Seek(0, io.SeekCurrent)
		if err != nil {
			return fmt.Errorf("write %s: %w", o.flag, err)
		}
		in = io.NewSectionReader(o.spool, 0, size)
	}
	if err := o.publish(in); err != nil {
		return fmt.Errorf("write %s: %w", o.flag, err)
	}
	return nil
}

func (o *changesOutput) publish(in *io.SectionReader) error {
	if o.isStdout() {
		_, err := io.Copy(os.Stdout, in)
		return err
	}
	if info, err := os.Stat(o.name); err == nil && !info.Mode().IsRegular() {
		return writeInto(o.name, in)
	}
	return atomicfile.Copy(o.name, in, 0)
}
