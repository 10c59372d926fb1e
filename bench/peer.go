package bench

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"plantrail/bench/measure"
	"plantrail/bench/peers"
)

// A peer is a program that plantrail is compared with.
type peer struct {
	name    string
	missing error // why it cannot be run
	run     func(ctx context.Context, t trail) (measure.Usage, error)
	// atLeast is how many times as long as plantrail it must take, by corpus; 0
	// for none.
	atLeast map[string]float64
}

// peers returns those on local files.
func (b *bench) peers() []peer {
	duck := map[string]float64{"busy": 15, "tiny": 10}
	return []peer{
		{name: "klauspost", run: b.klauspost, atLeast: map[string]float64{"busy": 1.6, "tiny": 1.1}},
		{name: "isal", run: b.isal, missing: b.programs.noISAL, atLeast: map[string]float64{"busy": 0.70, "tiny": 0.60}},
		{name: "plain", run: b.plain},
		{name: "duckdb", run: b.duckdb(), missing: b.programs.noDuck, atLeast: duck},
		{name: "duckdb-detect", run: b.duckdb("--detect"), missing: b.programs.noDuck, atLeast: duck},
	}
}

// klauspost runs plantrail with another gzip decoder.
func (b *bench) klauspost(ctx context.Context, t trail) (measure.Usage, error) {
	table, err := b.emptyTable()
	if err != nil {
		return measure.Usage{}, err
	}
	return counted(command(ctx, nil, b.programs.peer, "klauspost", t.dir, table), t.stats.Planted)
}

// plain runs what people write in Go.
func (b *bench) plain(ctx context.Context, t trail) (measure.Usage, error) {
	return counted(command(ctx, nil, b.programs.peer, "plain", t.dir), t.stats.Planted)
}

// duckdb runs DuckDB.
func (b *bench) duckdb(flags ...string) func(context.Context, trail) (measure.Usage, error) {
	return func(ctx context.Context, t trail) (measure.Usage, error) {
		return counted(command(ctx, nil, b.programs.duck, append(flags, t.dir)...), t.stats.Planted)
	}
}

// counted runs a command that prints how many it has found.
func counted(c *exec.Cmd, want int) (measure.Usage, error) {
	var out strings.Builder
	c.Stdout = &out
	usage, err := measure.Run(c)
	if err != nil {
		return usage, err
	}
	name := filepath.Base(c.Path)
	found, err := strconv.ParseInt(strings.TrimSpace(out.String()), 10, 64)
	if err != nil {
		return usage, fmt.Errorf("read output of %s: %w", name, err)
	}
	return usage, expect(name, found, int64(want))
}

// isalProcesses is how many processes of the program in C share the log files:
// it has one thread.
const isalProcesses = 2

// isal runs the program in C. It counts log files, of which each holds one
// event at most.
func (b *bench) isal(ctx context.Context, t trail) (measure.Usage, error) {
	parts, err := splitNames(t.dir, isalProcesses)
	if err != nil {
		return measure.Usage{}, err
	}
	var commands []*exec.Cmd
	var outputs [isalProcesses]strings.Builder
	for i, part := range parts {
		name := filepath.Join(b.dir, fmt.Sprint("names", i))
		if err := os.WriteFile(name, []byte(part), 0o644); err != nil {
			return measure.Usage{}, fmt.Errorf("write names: %w", err)
		}
		names, err := os.Open(name) // a file costs a child less than a pipe
		if err != nil {
			return measure.Usage{}, fmt.Errorf("open names: %w", err)
		}
		defer names.Close() // it was only read
		c := command(ctx, nil, b.programs.isal)
		c.Stdin, c.Stdout = names, &outputs[i]
		commands = append(commands, c)
	}
	usage, err := measure.Run(commands...)
	if err != nil {
		return usage, err
	}
	found := int64(0)
	for i := range outputs {
		n, err := peers.ParseISAL(outputs[i].String())
		if err != nil {
			return usage, err
		}
		found += n
	}
	return usage, expect("isal", found, int64(t.stats.PlantedLogFiles))
}

// splitNames deals out the names of the log files below dir, one a line.
func splitNames(dir string, n int) ([]string, error) {
	parts := make([]strings.Builder, n)
	i := 0
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			parts[i%n].WriteString(name + "\n")
			i++
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list log files: %w", err)
	}
	names := make([]string, n)
	for i := range parts {
		names[i] = parts[i].String()
	}
	return names, nil
}
