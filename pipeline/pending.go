package pipeline

import (
	"context"
	"sync"
)

// A pending counts log files that were sent to be read and have not come back.
type pending struct {
	mutex sync.Mutex
	count int
	none  chan struct{} // somebody waits: closed when there are none
}

func (p *pending) add(n int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.count += n
	if p.count == 0 && p.none != nil {
		close(p.none)
		p.none = nil
	}
}

// wait returns when none are left, or with the context's error. One may wait at a
// time.
func (p *pending) wait(ctx context.Context) error {
	p.mutex.Lock()
	if p.count == 0 {
		p.mutex.Unlock()
		return nil
	}
	none := make(chan struct{})
	p.none = none
	p.mutex.Unlock()
	select {
	case <-none:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
