package pipeline

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// A crew does tasks side by side, and the tasks may give it more: those wait for
// their turn, and nobody waits for them.
type crew struct {
	group *errgroup.Group
	width int

	mutex   sync.Mutex
	busy    int
	waiting []func() error
}

// newCrew returns a crew, and the context of its tasks, which ends when one fails.
func newCrew(ctx context.Context, width int) (*crew, context.Context) {
	group, ctx := errgroup.WithContext(ctx)
	return &crew{group: group, width: width}, ctx
}

// do has a task done. It may be called while the crew is waited for only by a task.
func (c *crew) do(task func() error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.busy == c.width {
		c.waiting = append(c.waiting, task)
		return
	}
	c.start(task)
}

// try has a task done if anybody is free for it.
func (c *crew) try(task func() error) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.busy == c.width {
		return false
	}
	c.start(task)
	return true
}

// start begins with a task. The mutex must be held.
func (c *crew) start(task func() error) {
	c.busy++
	c.group.Go(func() error {
		for task != nil {
			if err := task(); err != nil {
				return err // the run is over: what waits stays undone
			}
			task = c.next()
		}
		return nil
	})
}

// next returns the task whose turn it is, or nil.
func (c *crew) next() func() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.waiting) == 0 {
		c.busy--
		return nil
	}
	task := c.waiting[0]
	c.waiting = c.waiting[1:]
	return task
}

// wait waits until nothing is left to do.
func (c *crew) wait() error { return c.group.Wait() }
