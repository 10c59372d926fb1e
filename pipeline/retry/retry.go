// Package retry does again what failed for a reason that passes: after another
// writer was faster, or an answer broke off on its way.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// A Policy says how often something is tried and how long to wait in between.
//
// The pauses grow twofold from Step to Most and are drawn at random from nothing
// to that, so that many who failed together do not come back together.
type Policy struct {
	Attempts int // tries in all, 1 or more
	Step     time.Duration
	Most     time.Duration
	// Pause waits, or returns the context's error. It is Sleep where it is nil;
	// tests put one in its place that does not wait.
	Pause func(ctx context.Context, wait time.Duration) error
}

// Do calls try until it succeeds, fails for a reason that is not worth another
// attempt, or has been called as often as the policy says, and returns its last
// error. If the context ends in a pause, it returns the context's error.
func (p Policy) Do(ctx context.Context, again func(error) bool, try func() error) error {
	for attempt := 1; ; attempt++ {
		err := try()
		if err == nil || attempt >= p.Attempts || !again(err) {
			return err
		}
		if err := p.pause(ctx, attempt); err != nil {
			return err
		}
	}
}

func (p Policy) pause(ctx context.Context, attempt int) error {
	// Many doublings would overflow; what is beyond Most does not matter.
	longest := p.Most
	if doublings := attempt - 1; doublings < 32 {
		longest = min(p.Step<<doublings, p.Most)
	}
	wait := rand.N(max(longest, 1))
	if p.Pause != nil {
		return p.Pause(ctx, wait)
	}
	return Sleep(ctx, wait)
}

// Sleep waits, and ends early with the context's error.
func Sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
