package corpus

import (
	"fmt"
	"os"
	"path/filepath"
)

// WriteDir makes the corpus in a directory, which it creates if need be.
func WriteDir(cfg Config, dir string) (Stats, error) {
	made := ""
	return Generate(cfg, func(key string, body []byte) error {
		name := filepath.Join(dir, filepath.FromSlash(key))
		// Log files of a day follow each other.
		if folder := filepath.Dir(name); folder != made {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return fmt.Errorf("make folder: %w", err)
			}
			made = folder
		}
		if err := os.WriteFile(name, body, 0o644); err != nil {
			return fmt.Errorf("write log file: %w", err)
		}
		return nil
	})
}
