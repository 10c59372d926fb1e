package peers

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Plain finds the events of the log files below dir as people write it in Go at
// first: with the standard library, everything decoded into maps, and a
// goroutine a core.
func Plain(ctx context.Context, dir string) (events int64, err error) {
	var mu sync.Mutex
	var found []map[string]any
	names := make(chan string)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(names)
		return walk(ctx, dir, names)
	})
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for name := range names {
				records, err := readPlain(name)
				if err != nil {
					return fmt.Errorf("read log file %s: %w", name, err)
				}
				mu.Lock()
				found = append(found, records...)
				mu.Unlock()
			}
			return nil
		})
	}
	err = group.Wait()
	return int64(len(found)), err
}

// walk sends the names of all log files.
func walk(ctx context.Context, dir string, names chan<- string) error {
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".json.gz") {
			return err
		}
		select {
		case names <- name:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err != nil {
		return fmt.Errorf("walk %s: %w", dir, err)
	}
	return nil
}

// readPlain returns the wanted records of a log file.
func readPlain(name string) ([]map[string]any, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() // it was only read
	gz, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return nil, err
	}
	var log struct {
		Records []map[string]any
	}
	if err := json.NewDecoder(gz).Decode(&log); err != nil {
		return nil, err
	}
	var wanted []map[string]any
	for _, record := range log.Records {
		if source, _ := record["eventSource"].(string); Wanted(source) {
			wanted = append(wanted, record)
		}
	}
	return wanted, nil
}
