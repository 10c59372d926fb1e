package pipeline_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"plantrail/pipeline"
)

// Somebody who looks on sees counts that only grow, never more done than
// listed, and at the end what the report says.
func TestProgress(t *testing.T) {
	source, folder := tree(t, many(t, 100)), t.TempDir()
	broken := filepath.Join(source, key("111122223333", "us-west-2", "2024/03/02", "broken.json.gz"))
	for _, file := range []string{broken, filepath.Join(source, key("111122223333", "us-west-2", "2024/03/02", "notes.txt"))} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for night := range 2 { // the second skips what the first has read
		c := config(t, source, folder)
		c.RecheckAll = night > 0
		c.Progress = new(pipeline.Progress)
		ended, looked := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(looked)
			for before := (pipeline.Snapshot{}); ; {
				s := c.Progress.Snapshot()
				if s.Finished < before.Finished || s.Listed < before.Listed || s.Units < before.Units || s.BytesRead < before.BytesRead ||
					s.Finished+s.AlreadyDone > s.Listed || s.UnitsListed > s.Units || before.ListingOver && (!s.ListingOver || s.Listed != before.Listed) {
					t.Errorf("%+v after %+v", s, before)
					return
				}
				before = s
				select {
				case <-ended:
					return
				default:
					runtime.Gosched()
				}
			}
		}()
		report := run(t, c)
		close(ended)
		<-looked
		want := pipeline.Snapshot{
			Units: 3, UnitsListed: 3, ListingOver: true,
			Listed: report.Listed, AlreadyDone: report.AlreadyDone, Finished: report.Read, BytesRead: report.BytesRead,
			Events: report.Events, RowsAdded: report.RowsAdded, Quarantined: 1,
		}
		got := c.Progress.Snapshot()
		if got != want || got.Left() != 0 || night == 0 && got.Events == 0 || night > 0 && got.AlreadyDone == 0 {
			t.Errorf("night %d: %+v, want %+v", night, got, want)
		}
	}
}

// A plan counts what it lists.
func TestPlanProgress(t *testing.T) {
	c := config(t, tree(t, many(t, 40)), t.TempDir())
	c.Progress = new(pipeline.Progress)
	plan, err := pipeline.MakePlan(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Progress.Snapshot(), (pipeline.Snapshot{Units: 3, UnitsListed: 3, ListingOver: true, Listed: plan.LogFiles}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
