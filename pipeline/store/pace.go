package store

import (
	"context"
	"sync"
	"time"

	"plantrail/pipeline/retry"
)

const (
	// paceWindow is the shortest time that a rate is judged by, and paceSample the
	// fewest requests.
	paceWindow = time.Second
	paceSample = 100
	// A share of refused requests above paceTolerated lowers the rate to just
	// below what was accepted, one below paceClean raises it, and between them it
	// stays: a store that refuses one in thirty now and then is not overloaded.
	paceTolerated = 0.04
	paceClean     = 0.005
	paceMargin    = 0.97
	// A share above paceFlood, of paceFew requests or more, is acted upon at once.
	paceFlood = 0.3
	paceFew   = 5
	// The rate grows by paceGrowth in a clean window and by twice as much in each
	// that follows, up to paceLeap. So it creeps around a bound, and comes back
	// within seconds after an outage.
	paceGrowth = 0.02
	paceLeap   = 0.5
	// paceLeast is the least rate, in requests a second.
	paceLeast = 1
)

// A pace is the rate of the requests to one bucket. There is none until the
// store refuses requests since there are too many.
type pace struct {
	mutex sync.Mutex
	rate  float64   // a second; 0 for no bound
	next  time.Time // when the next request may go

	began            time.Time // of the window
	answered, denied int       // in it; denied are those refused
	growth           float64
}

// wait waits until a request may be sent.
func (p *pace) wait(ctx context.Context) error {
	p.mutex.Lock()
	if p.rate == 0 {
		p.mutex.Unlock()
		return nil
	}
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	pause := p.next.Sub(now)
	p.next = p.next.Add(time.Duration(float64(time.Second) / p.rate))
	p.mutex.Unlock()
	if pause <= 0 {
		return nil
	}
	return retry.Sleep(ctx, pause)
}

// answer notes an answer, and whether it says that requests are too many.
func (p *pace) answer(refused bool, now time.Time) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.began.IsZero() {
		p.began = now
	}
	p.answered++
	if refused {
		p.denied++
	}
	share, took := float64(p.denied)/float64(p.answered), now.Sub(p.began)
	flood := p.denied >= paceFew && share > paceFlood
	if !flood && (took < paceWindow || p.answered < paceSample && took < 10*paceWindow) {
		return
	}
	switch accepted := float64(p.answered-p.denied) / max(took.Seconds(), paceWindow.Seconds()/10); {
	case share > paceTolerated && p.denied > 1:
		if p.rate == 0 || accepted < p.rate {
			p.rate = max(accepted*paceMargin, p.rate/2, paceLeast)
		}
		p.next = now
		p.growth = paceGrowth
	case share < paceClean && p.rate > 0:
		p.rate *= 1 + p.growth
		p.growth = min(2*p.growth, paceLeap)
		// A bound that is not reached is none.
		if p.rate > 4*accepted && p.rate > 1e4 {
			p.rate = 0
		}
	}
	p.began, p.answered, p.denied = now, 0, 0
}
