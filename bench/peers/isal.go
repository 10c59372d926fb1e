package peers

import (
	"context"
	_ "embed" // of the program's source
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed isal/scan.c
var scanSource []byte

// BuildISAL compiles, into a directory, the program in C that inflates with
// ISA-L and searches for the two names, and returns its path. It fails where
// there is no C compiler or no ISA-L.
func BuildISAL(ctx context.Context, dir string) (string, error) {
	source, program := filepath.Join(dir, "scan.c"), filepath.Join(dir, "scan")
	if err := os.WriteFile(source, scanSource, 0o644); err != nil {
		return "", fmt.Errorf("write source: %w", err)
	}
	if out, err := exec.CommandContext(ctx, "cc", "-O2", "-o", program, source, "-lisal").CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile with ISA-L: %w: %s", err, out)
	}
	return program, nil
}

// ParseISAL returns how many log files with a name that program has found,
// from what it prints.
func ParseISAL(output string) (found int64, err error) {
	var files, bytes int64
	if _, err := fmt.Sscanf(output, "%d files, %d bytes, %d with a name", &files, &bytes, &found); err != nil {
		return 0, fmt.Errorf("parse %q: %w", output, err)
	}
	return found, nil
}
