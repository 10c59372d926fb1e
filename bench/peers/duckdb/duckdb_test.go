package duckdb_test

import (
	"path/filepath"
	"testing"

	"plantrail/bench/corpus"
	"plantrail/bench/peers/duckdb"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for _, mode := range []corpus.Mode{corpus.Tiny, corpus.Busy} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			c := corpus.DefaultConfig()
			c.Mode, c.Accounts, c.Days, c.FilesPerDay, c.Planted, c.Duplicates = mode, 1, 1, 3, 3, 0
			dir := filepath.Join(t.TempDir(), "it's a trail")
			stats, err := corpus.WriteDir(c, dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range []duckdb.Form{duckdb.Told, duckdb.Detect} {
				if found, err := duckdb.Count(t.Context(), dir, form); err != nil || found != int64(stats.Planted) {
					t.Errorf("form %d: found %d, want %d, %v", form, found, stats.Planted, err)
				}
			}
		})
	}
}

func TestNoLogFiles(t *testing.T) {
	t.Parallel()
	if found, err := duckdb.Count(t.Context(), t.TempDir(), duckdb.Told); err == nil {
		t.Errorf("found %d, no error", found)
	}
}
