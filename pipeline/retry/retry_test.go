package retry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"plantrail/pipeline/retry"
)

var (
	errPasses = errors.New("passes")
	errStays  = errors.New("stays")
)

func passes(err error) bool { return errors.Is(err, errPasses) }

func TestDo(t *testing.T) {
	for name, test := range map[string]struct {
		errs  []error // of the attempts, the last one for all that follow
		want  error
		calls int
	}{
		"at once":           {[]error{nil}, nil, 1},
		"the third time":    {[]error{errPasses, errPasses, nil}, nil, 3},
		"never":             {[]error{errPasses}, errPasses, 5},
		"not worth another": {[]error{errPasses, errStays}, errStays, 2},
	} {
		t.Run(name, func(t *testing.T) {
			calls, pauses := 0, 0
			p := retry.Policy{Attempts: 5, Step: time.Hour, Most: time.Hour, Pause: func(context.Context, time.Duration) error {
				pauses++
				return nil
			}}
			err := p.Do(t.Context(), passes, func() error {
				calls++
				return test.errs[min(calls, len(test.errs))-1]
			})
			if !errors.Is(err, test.want) || calls != test.calls || pauses != test.calls-1 {
				t.Errorf("error %v after %d calls and %d pauses, want %v after %d", err, calls, pauses, test.want, test.calls)
			}
		})
	}
}

// Pauses grow to the longest, and no further, however many attempts there are.
func TestPauses(t *testing.T) {
	var waits []time.Duration
	p := retry.Policy{Attempts: 200, Step: time.Second, Most: 10 * time.Second, Pause: func(_ context.Context, wait time.Duration) error {
		waits = append(waits, wait)
		return nil
	}}
	if err := p.Do(t.Context(), passes, func() error { return errPasses }); !errors.Is(err, errPasses) {
		t.Error(err)
	}
	long := 0
	for i, wait := range waits {
		if wait < 0 || wait >= p.Most || i < 3 && wait >= p.Step<<i {
			t.Errorf("pause %d is %s", i+1, wait)
		}
		if wait > p.Most/2 {
			long++
		}
	}
	if len(waits) != 199 || long < 50 {
		t.Errorf("%d pauses, %d of them long", len(waits), long)
	}
}

func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := retry.Policy{Attempts: 5, Step: time.Hour, Most: time.Hour}
	err := p.Do(ctx, passes, func() error {
		cancel()
		return errPasses
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
