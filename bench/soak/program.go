package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"plantrail/bench/measure"
	"plantrail/pipeline"
)

// A Program is a plantrail that was built.
type Program struct {
	path string
	dir  string // for its reports and temporary files
}

// Build builds plantrail into dir, which it keeps using. It must be called
// within this module.
func Build(ctx context.Context, dir string) (Program, error) {
	root, err := goCommand(ctx, "list", "-m", "-f", "{{.Dir}}", "plantrail")
	if err != nil {
		return Program{}, fmt.Errorf("find plantrail: %w", err)
	}
	p := Program{path: filepath.Join(dir, "plantrail"), dir: dir}
	if _, err := goCommand(ctx, "-C", root, "build", "-trimpath", "-buildvcs=false", "-o", p.path, "./cmd/plantrail"); err != nil {
		return p, fmt.Errorf("build plantrail: %w", err)
	}
	return p.In(dir)
}

// In returns the same program with another directory for its reports and
// temporary files.
func (p Program) In(dir string) (Program, error) {
	p.dir = dir
	if err := os.MkdirAll(p.TempDir(), 0o755); err != nil {
		return p, fmt.Errorf("make folder: %w", err)
	}
	return p, nil
}

// TempDir returns the directory for the program's own temporary files.
func (p Program) TempDir() string { return filepath.Join(p.dir, "tmp") }

// goCommand runs the go command and returns what it prints.
func goCommand(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// A Job is what a run of the program is asked to do.
type Job struct {
	Source, Table string
	Flags         []string        // further ones
	Env           []string        // further variables, as name=value
	Kill          time.Duration   // after which it is killed; 0: never
	KillWhen      <-chan struct{} // when closed, it is killed; nil: never
}

// An Outcome is what became of a run.
type Outcome struct {
	Killed  bool
	Exit    int // exit code, unless it was killed
	Elapsed time.Duration
	Usage   measure.Usage    // of the process
	Said    string           // on standard error
	Report  *pipeline.Report // nil if it wrote none
}

// Run runs the program to its end, or until it is killed. The error means that
// it could not be run, or that ctx was over first.
func (p Program) Run(ctx context.Context, job Job) (Outcome, error) {
	folder, err := os.MkdirTemp(p.dir, "run-")
	if err != nil {
		return Outcome{}, fmt.Errorf("run plantrail: %w", err)
	}
	defer os.RemoveAll(folder) // the caller removes what it lies in
	report := filepath.Join(folder, "report.json")
	var said strings.Builder
	cmd := exec.CommandContext(ctx, p.path, append([]string{
		"run", "--source", job.Source, "--table", job.Table, "--report", report,
	}, job.Flags...)...)
	cmd.Env = append(environment(), append(job.Env, "TMPDIR="+p.TempDir())...)
	cmd.Stderr = &said
	measure.ForgetPeak()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return Outcome{}, fmt.Errorf("run plantrail: %w", err)
	}
	if job.Kill > 0 {
		timer := time.AfterFunc(job.Kill, func() { _ = cmd.Process.Kill() }) // fails only if it is gone
		defer timer.Stop()
	}
	ended := make(chan struct{})
	go func() {
		select {
		case <-job.KillWhen:
			_ = cmd.Process.Kill() // fails only if it is gone
		case <-ended:
		}
	}()
	err = cmd.Wait()
	close(ended)
	o := Outcome{Exit: cmd.ProcessState.ExitCode(), Elapsed: time.Since(began), Usage: measure.Of(cmd.ProcessState), Said: said.String()}
	o.Usage.Wall = o.Elapsed
	if ctx.Err() != nil {
		return o, fmt.Errorf("run plantrail: %w", ctx.Err())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return o, fmt.Errorf("run plantrail: %w", err)
	}
	o.Killed = o.Exit < 0
	if text, err := os.ReadFile(report); err == nil {
		o.Report = new(pipeline.Report)
		if err := json.Unmarshal(text, o.Report); err != nil {
			return o, fmt.Errorf("read report: %w", err)
		}
	}
	return o, nil
}

// environment returns this process's environment without plantrail's flags.
func environment() []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PLANTRAIL_") {
			env = append(env, variable)
		}
	}
	return env
}
