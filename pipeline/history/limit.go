package history

import (
	"context"
	"sync"
	"time"
)

// Limits keep the requests of a process below the service's limit: [PerSecond] for each
// account and region, whoever asks. The zero value is ready.
type Limits struct {
	// Second is how long the service's second is; 0: a second. Tests have less time.
	Second time.Duration

	mutex  sync.Mutex
	places map[place]*limit
}

// PerSecond is how many requests of one account and region the service answers in a
// second.
const PerSecond = 2

// A place is what the service counts requests of.
type place struct{ account, region string }

func (l *Limits) second() time.Duration {
	if l.Second > 0 {
		return l.Second
	}
	return time.Second
}

// of returns the limit of an account and region.
func (l *Limits) of(p place) *limit {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.places == nil {
		l.places = map[place]*limit{}
	}
	if l.places[p] == nil {
		l.places[p] = newLimit(l.second())
	}
	return l.places[p]
}

// newLimit returns a limit whose first second is over already, as far as anybody knows: a
// process that has just ended may have used it.
func newLimit(second time.Duration) *limit {
	l := &limit{second: second, slots: make(chan struct{}, PerSecond), factor: 1}
	for range PerSecond {
		l.slots <- struct{}{}
	}
	time.AfterFunc(second, func() {
		for range PerSecond {
			<-l.slots
		}
	})
	return l
}

// A limit has a slot for each request in a second. One is free again a second after
// its request was answered. So of three requests in a row, the last arrives at the
// service more than a second after the first did, however long they are on the way.
type limit struct {
	second time.Duration
	slots  chan struct{}

	mutex  sync.Mutex
	factor int // by which seconds are longer: others may ask too, from elsewhere
	calm   int // requests in a row that were not throttled
}

const (
	maxFactor = 32
	// calmAfter is how many requests must be answered before the rate doubles again.
	calmAfter = 8
)

// do makes a request, which reports whether it was throttled.
func (l *limit) do(ctx context.Context, request func() (throttled bool)) error {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	wait := l.answered(request())
	time.AfterFunc(wait, func() { <-l.slots })
	return ctx.Err()
}

// answered learns from an answer, and returns how long its slot is taken.
func (l *limit) answered(throttled bool) time.Duration {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if throttled {
		l.factor, l.calm = min(2*l.factor, maxFactor), 0
	} else if l.calm++; l.calm >= calmAfter {
		l.factor, l.calm = max(l.factor/2, 1), 0
	}
	return time.Duration(l.factor) * l.second
}
