package measure

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

// A Usage is what a run took.
type Usage struct {
	Wall time.Duration
	CPU  time.Duration // of the process and of the kernel on its behalf
	Peak int64         // bytes of memory, at most
}

// Run runs commands side by side and returns what they took as one: the time
// until the last has ended, and the sum of their CPU and memory. A command that
// fails is an error, with what it said on standard error.
func Run(commands ...*exec.Cmd) (Usage, error) {
	ForgetPeak()
	var total Usage
	var failures []error
	began := time.Now()
	for _, c := range commands {
		if c.Stderr == nil {
			c.Stderr = new(bytes.Buffer)
		}
		if err := c.Start(); err != nil {
			failures = append(failures, fmt.Errorf("start %s: %w", c.Path, err))
		}
	}
	for _, c := range commands {
		if c.Process == nil {
			continue
		}
		if err := c.Wait(); err != nil {
			failures = append(failures, failure(c, err))
		}
		if c.ProcessState != nil {
			one := Of(c.ProcessState)
			total.CPU += one.CPU
			total.Peak += one.Peak
		}
	}
	total.Wall = time.Since(began)
	return total, errors.Join(failures...)
}

// Of returns what a process that has ended took, but for the time on the wall.
func Of(state *os.ProcessState) Usage {
	return Usage{CPU: state.UserTime() + state.SystemTime(), Peak: peak(state)}
}

// failure says how a command failed, and what it said itself.
func failure(c *exec.Cmd, err error) error {
	if said, ok := c.Stderr.(*bytes.Buffer); ok && said.Len() > 0 {
		return fmt.Errorf("run %s: %w: %s", c.Path, err, bytes.TrimSpace(said.Bytes()))
	}
	return fmt.Errorf("run %s: %w", c.Path, err)
}

// Median returns the median of each figure by itself.
func Median(runs []Usage) Usage {
	return Usage{
		Wall: median(runs, func(u Usage) time.Duration { return u.Wall }),
		CPU:  median(runs, func(u Usage) time.Duration { return u.CPU }),
		Peak: median(runs, func(u Usage) int64 { return u.Peak }),
	}
}

// median returns the middle one of what each item gives, or the mean of the
// middle two.
func median[T any, N ~int64 | ~float64](items []T, of func(T) N) N {
	values := make([]N, len(items))
	for i, item := range items {
		values[i] = of(item)
	}
	slices.Sort(values)
	low, high := values[(len(values)-1)/2], values[len(values)/2]
	return low + (high-low)/2
}
