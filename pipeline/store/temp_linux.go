package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// nameless makes a file in a directory that never has a name, or returns nil
// where the file system cannot.
func nameless(dir string) *os.File {
	file, err := os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE, 0o600)
	if err != nil {
		return nil
	}
	return file
}
