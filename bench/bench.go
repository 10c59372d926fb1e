package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// A Result is what was measured.
type Result struct {
	Machine string
	Rows    []Row
}

// Run measures all rows that c selects. It must be called within this module's
// directory, since it builds programs.
func Run(ctx context.Context, c Config) (result *Result, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "plantrail-bench-")
	if err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{config: c, dir: dir, result: Result{Machine: machine()}}
	b.logf("building the programs")
	if b.programs, err = buildPrograms(ctx, dir); err != nil {
		return nil, err
	}
	if err := b.local(ctx, "busy", c.busy()); err != nil {
		return nil, err
	}
	if err := b.exports(ctx, c.busy()); err != nil {
		return nil, err
	}
	if err := b.local(ctx, "tiny", tiny(c.TinyFiles)); err != nil {
		return nil, err
	}
	if err := b.remote(ctx); err != nil {
		return nil, err
	}
	if err := b.memory(ctx); err != nil {
		return nil, err
	}
	return &b.result, nil
}

// A bench is one call of Run.
type bench struct {
	config   Config
	dir      string // temporary
	programs programs
	result   Result
}

func (b *bench) add(row Row) { b.result.Rows = append(b.result.Rows, row) }

// logf tells who waits what is done.
func (b *bench) logf(format string, values ...any) {
	fmt.Fprintf(b.config.Log, format+"\n", values...) // that nobody listens is no reason to stop
}
