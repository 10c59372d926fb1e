package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/pipeline"
)

// Rows that were committed and are not there any more are noticed by the next run,
// named, and made anew by a repair, which reads only the log files of their days.
func TestRepair(t *testing.T) {
	march := "eventmonth=2024-03/events.parquet"
	for name, lose := range map[string]func(t *testing.T, folder, older string){
		"deleted": func(t *testing.T, folder, _ string) {
			if err := os.Remove(filepath.Join(folder, march)); err != nil {
				t.Fatal(err)
			}
		},
		"its folder": func(t *testing.T, folder, _ string) {
			if err := os.RemoveAll(filepath.Join(folder, "eventmonth=2024-03")); err != nil {
				t.Fatal(err)
			}
		},
		"an older one": func(t *testing.T, folder, older string) {
			body, err := os.ReadFile(filepath.Join(older, march))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, march), body, 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNightly(t)
			for _, day := range []string{"2024/01/10", "2024/01/20", "2024/02/05", "2024/03/01"} {
				n.deliver(day, "b")
			}
			n.run(4)
			older := t.TempDir()
			if err := os.CopyFS(older, os.DirFS(n.table)); err != nil {
				t.Fatal(err)
			}
			n.deliver("2024/03/01", "c")
			n.deliver("2024/03/05", "d")
			n.now = n.now.AddDate(0, 3, 0)
			n.run(2)
			want := everything(t, n.table)
			if report := n.run(0); !report.Complete() {
				t.Errorf("nothing is lost, and: %v", report.Unreachable)
			}
			same(t, want, everything(t, n.table))

			lose(t, n.table, older)
			for range 2 {
				report := n.run(0)
				if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Unit, march) || !strings.Contains(report.Unreachable[0].Error, "--repair") {
					t.Errorf("unreachable: %v", report.Unreachable)
				}
			}
			report := n.run(3, func(c *pipeline.Config) { c.Repair = true })
			if !report.Complete() {
				t.Errorf("repaired: %v", report.Unreachable)
			}
			same(t, want, everything(t, n.table))
			if report := n.run(0); !report.Complete() || report.Listed != 0 {
				t.Errorf("after it: listed %d, %v", report.Listed, report.Unreachable)
			}
		})
	}
}

// A damaged file is never replaced, by a repair neither. What is said of it is what
// helps: it is deleted, and repaired.
func TestRepairDamaged(t *testing.T) {
	n := newNightly(t)
	n.deliver("2024/01/10", "a")
	n.deliver("2024/02/10", "b")
	n.run(2)
	want := everything(t, n.table)
	file := filepath.Join(n.table, "eventmonth=2024-01", "events.parquet")
	if err := os.WriteFile(file, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	const help = "delete it and run with --repair"
	if report := n.run(0); len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, help) {
		t.Errorf("unreachable: %v", report.Unreachable)
	}
	c := n.config()
	c.Repair = true
	if _, err := pipeline.Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), help) {
		t.Errorf("repaired: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if report := n.run(1, func(c *pipeline.Config) { c.Repair = true }); !report.Complete() {
		t.Errorf("repaired: %v", report.Unreachable)
	}
	same(t, want, everything(t, n.table))
}

// A table of an earlier version does not say what it consists of: the first run
// notes what is there.
func TestRepairAdopted(t *testing.T) {
	n := newNightly(t)
	n.deliver("2024/01/10", "a")
	n.deliver("2024/02/10", "b")
	n.run(2)
	if err := os.Remove(filepath.Join(n.table, "_plantrail/contents.json")); err != nil {
		t.Fatal(err)
	}
	n.run(0)
	if err := os.Remove(filepath.Join(n.table, "eventmonth=2024-02/events.parquet")); err != nil {
		t.Fatal(err)
	}
	if report := n.run(0); report.Complete() {
		t.Error("nobody noticed")
	}
	n.run(1, func(c *pipeline.Config) { c.Repair = true })
	if got := len(rows(t, n.table)); got != 2 {
		t.Errorf("%d rows", got)
	}
}
