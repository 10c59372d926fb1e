package store

import (
	"errors"
	"fmt"
	"os"
)

// TempFile returns an empty file without a name: it takes disk space until it
// is closed or the process ends, however that happens.
func TempFile() (*os.File, error) {
	if file := nameless(os.TempDir()); file != nil {
		return file, nil
	}
	// For a moment the file has a name, which a process that is killed then
	// leaves behind.
	file, err := os.CreateTemp("", "plantrail-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w: set TMPDIR to a writable directory", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("make a temporary file: %w", err), file.Close())
	}
	return file, nil
}
