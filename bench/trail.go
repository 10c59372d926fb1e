package bench

import (
	"fmt"
	"os"
	"path/filepath"

	"plantrail/bench/corpus"
)

// A trail is a corpus in a directory.
type trail struct {
	name  string
	dir   string
	stats corpus.Stats
}

func makeTrail(name, dir string, config corpus.Config) (trail, error) {
	stats, err := corpus.WriteDir(config, dir)
	if err != nil {
		return trail{}, fmt.Errorf("make trail %s: %w", name, err)
	}
	if stats.Planted != stats.PlantedLogFiles {
		return trail{}, fmt.Errorf("make trail %s: %d events in %d log files: too few log files to compare", name, stats.Planted, stats.PlantedLogFiles)
	}
	return trail{name: name, dir: dir, stats: stats}, nil
}

// The shape of the sparse trail: 3 accounts in 2 regions, a year, and a log
// file every week.
const (
	sparseAccounts = 3
	sparseDays     = 365
	sparseEvery    = 7
	sparseFiles    = 312
)

// makeSparseTrail makes a trail with little in many days.
func makeSparseTrail(dir string) error {
	config := shape(sparseAccounts, sparseDays, 0)
	config.Planted = 0
	i := 0
	_, err := corpus.Generate(config, func(key string, body []byte) error {
		day := i % sparseDays
		i++
		if day%sparseEvery != 0 || day == sparseDays-1 {
			return nil
		}
		name := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		if err := os.WriteFile(name, body, 0o644); err != nil {
			return fmt.Errorf("write log file: %w", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make sparse trail: %w", err)
	}
	return nil
}
