package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"plantrail/bench/measure"
	"plantrail/pipeline"
)

// plantrail measures one run that writes the table anew, and returns its
// report.
func (b *bench) plantrail(ctx context.Context, source, concurrency string, env []string) (measure.Usage, pipeline.Report, error) {
	var report pipeline.Report
	table, err := b.emptyTable()
	if err != nil {
		return measure.Usage{}, report, err
	}
	name := filepath.Join(b.dir, "report.json")
	usage, err := measure.Run(command(ctx, env, b.programs.plantrail,
		"run", "--source", source, "--table", table, "--report", name, "--concurrency", concurrency))
	if err != nil {
		return usage, report, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return usage, report, fmt.Errorf("read report: %w", err)
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return usage, report, fmt.Errorf("read report: %w", err)
	}
	return usage, report, nil
}

// emptyTable returns a place where there is no table.
func (b *bench) emptyTable() (string, error) {
	table := filepath.Join(b.dir, "table")
	if err := os.RemoveAll(table); err != nil {
		return "", fmt.Errorf("remove table: %w", err)
	}
	return table, nil
}

// command returns one that sees the environment of this process, without
// plantrail's own variables, and env.
func command(ctx context.Context, env []string, program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, program, args...)
	for _, variable := range append(os.Environ(), env...) {
		if !strings.HasPrefix(variable, "PLANTRAIL_") {
			c.Env = append(c.Env, variable)
		}
	}
	return c
}

// expect makes an error of a program that has found something else than there
// is.
func expect(program string, found, want int64) error {
	if found != want {
		return fmt.Errorf("%s has found %d, want %d", program, found, want)
	}
	return nil
}
