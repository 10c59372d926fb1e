package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
)

// Thirty-two sources are opened at once, each sees the others do so, and the
// first failures are named of many.
func TestOpenSideBySide(t *testing.T) {
	c := config(t, tree(t, many(t, 1)), t.TempDir())
	for i := range 63 {
		c.Sources = append(c.Sources, store.URL{Prefix: fmt.Sprintf("none/%d", i)})
	}
	var meeting sync.WaitGroup
	meeting.Add(32)
	var opened atomic.Int32
	c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
		if mustExist && opened.Add(1) <= 32 {
			meeting.Done()
			meeting.Wait()
		}
		return store.Open(ctx, u, mustExist, shared)
	}
	report := run(t, c)
	if report.Read != 2 || len(report.Unreachable) != 63 || report.Complete() || report.Unreachable[0].Unit != "file:///none/0" {
		t.Errorf("read %d, unreachable %v", report.Read, report.Unreachable)
	}
	c.OpenStore, c.Table = store.Open, store.URL{}
	plan, err := pipeline.MakePlan(t.Context(), c)
	if err != nil || plan.LogFiles != 2 || len(plan.Unreachable) != 63 {
		t.Errorf("error %v, planned %+v", err, plan)
	}
	c.Sources = c.Sources[1:]
	report, err = pipeline.Run(t.Context(), c)
	if err == nil || !strings.HasSuffix(err.Error(), "; and 60 more") || strings.Count(err.Error(), "no such directory") != 3 || len(report.Unreachable) != 63 {
		t.Errorf("error %v, unreachable %v", err, report.Unreachable)
	}
}

// That a run was interrupted while it opened its sources is not their fault.
func TestOpenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := config(t, tree(t, many(t, 1)), t.TempDir())
	c.OpenStore = func(ctx context.Context, _ store.URL, _ bool, _ *store.Shared) (store.Location, error) {
		cancel()
		<-ctx.Done()
		return store.Location{}, ctx.Err()
	}
	report, err := pipeline.Run(ctx, c)
	if !errors.Is(err, context.Canceled) || len(report.Unreachable) > 0 {
		t.Errorf("error %v, unreachable %v", err, report.Unreachable)
	}
}
