package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"plantrail/pipeline"
)

// Figures say what a job took.
type Figures struct {
	Task  Task   `json:"task"`
	There Totals `json:"there"` // to find
	Found Totals `json:"found"` // or planned

	Trail pipeline.ReportRequests `json:"trail"` // requests to it
	Table pipeline.ReportRequests `json:"table"`

	WallSeconds float64 `json:"wall_seconds"`
	CPUSeconds  float64 `json:"cpu_seconds"` // the trail's own included
	PeakBytes   int64   `json:"peak_bytes"`  // of memory

	StateDocuments int   `json:"state_documents"` // that there are afterwards
	StateBytes     int64 `json:"state_bytes"`     // of those
	StateWritten   int64 `json:"state_written"`   // bytes, by this job
}

func (f *Figures) plan(ctx context.Context, c pipeline.Config) error {
	p, err := pipeline.MakePlan(ctx, c)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	f.Found = Totals{Units: len(p.Units), LogFiles: p.LogFiles, Bytes: p.Bytes}
	if len(p.Unreachable) > 0 || p.Skipped > 0 {
		return fmt.Errorf("%w: %d unreachable, %d skipped", ErrWrong, len(p.Unreachable), p.Skipped)
	}
	return nil
}

func (f *Figures) run(ctx context.Context, c pipeline.Config) error {
	r, err := pipeline.Run(ctx, c)
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	f.Found = Totals{LogFiles: r.Read, Bytes: r.BytesRead, Events: r.RowsAdded}
	if !r.Complete() || r.Skipped > 0 || r.Duplicates > 0 || r.Events != r.RowsAdded {
		return fmt.Errorf("%w: %+v", ErrWrong, r)
	}
	return nil
}

// finish adds what the process took and what the table's state is.
func (f *Figures) finish(began time.Time, table string) error {
	f.WallSeconds = time.Since(began).Seconds()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return fmt.Errorf("measure CPU: %w", err)
	}
	f.CPUSeconds = time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
	f.PeakBytes = peak(&usage)
	return f.state(filepath.Join(table, "_plantrail", "state"))
}

// peak returns the most memory that this process ever had.
func peak(usage *syscall.Rusage) int64 {
	// The kernel's own peak counts what the parent had when it started this
	// process; this one does not.
	text, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			var kilobytes int64
			if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
				return kilobytes << 10
			}
		}
	}
	return usage.Maxrss // bytes, where there is no /proc
}

// state measures the state documents in a folder.
func (f *Figures) state(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a plan needs no table
	}
	if err != nil {
		return fmt.Errorf("measure state: %w", err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return fmt.Errorf("measure state: %w", err)
		}
		f.StateDocuments++
		f.StateBytes += info.Size()
	}
	return nil
}

// mega is how many bytes a megabyte has.
const mega = 1e6

// Write writes figures as a table.
func Write(w io.Writer, all []*Figures) error {
	const form = "%-6s %10s %6s %9s %9s %9s %9s %9s %8s %8s %8s %7s %9s %9s\n"
	var out strings.Builder
	fmt.Fprintf(&out, form, "task", "log files", "events", "list", "get", "table l", "table g", "table p", "wall s", "CPU s", "peak MB", "states", "state MB", "written")
	for _, f := range all {
		number := func(n int64) string { return fmt.Sprint(n) }
		fmt.Fprintf(&out, form, f.Task, number(f.Found.LogFiles), number(f.Found.Events),
			number(f.Trail.List), number(f.Trail.Get), number(f.Table.List), number(f.Table.Get), number(f.Table.Put),
			fmt.Sprintf("%.1f", f.WallSeconds), fmt.Sprintf("%.1f", f.CPUSeconds), fmt.Sprintf("%.0f", float64(f.PeakBytes)/mega),
			number(int64(f.StateDocuments)), fmt.Sprintf("%.1f", float64(f.StateBytes)/mega), fmt.Sprintf("%.1f", float64(f.StateWritten)/mega))
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
