package store

import (
	"context"
	"sync"
	"time"

	"plantrail/pipeline/retry"
)

const (
	// paceWindow is the time that a rate is judged by; where there were refusals, it
	// takes paceSample answers or paceWindows of them.
	paceWindow  = time.Second
	paceWindows = 5
	paceSample  = 100
	// A share of refused requests above paceTolerated lowers the rate to just
	// below what was accepted, one below paceClean raises it, and between them it
	// stays: a store that refuses one in thirty now and then is not overloaded.
	paceTolerated = 0.04
	paceClean     = 0.005
	paceMargin    = 0.97
	// A share above paceFlood, of paceMany refusals or more, is acted upon at once.
	// Fewer than paceFew are never too many.
	paceFlood = 0.3
	paceMany  = 10
	paceFew   = 3
	// In a clean window the rate grows by paceLeap, but within paceNear of the bound
	// that was found last by paceCreep, then twice that, and so on.
	paceLeap  = 0.4
	paceCreep = 0.01
	paceNear  = 0.1
	// paceLeast is the least rate, in requests a second, paceFirst the one to begin
	// with, and paceUnbound one that no store is likely to refuse.
	paceLeast   = 1
	paceFirst   = 5
	paceUnbound = 1e5
	// paceQueue is how far ahead turns are given out.
	paceQueue = 250 * time.Millisecond
)

// A pace is the rate of the requests to one bucket. There is none until the
// store refuses requests since there are too many.
type pace struct {
	mutex sync.Mutex
	rate  float64   // a second; 0 for no bound
	next  time.Time // when the next request may go

	began            time.Time // of the window
	answered, denied int       // in it; denied are those refused
	lowered          time.Time
	bound            float64 // what was accepted when there were refusals last
	crept            int     // clean windows near it
}

// wait waits until a request may be sent.
func (p *pace) wait(ctx context.Context) error {
	for {
		pause := p.pause(time.Now())
		if pause <= 0 {
			return nil
		}
		if err := retry.Sleep(ctx, min(pause, paceQueue)); err != nil || pause <= paceQueue {
			return err
		}
	}
}

// pause gives out the next turn. One that is further ahead than paceQueue is not
// taken: ask again then, as the rate may have changed.
func (p *pace) pause(now time.Time) time.Duration {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.rate == 0 {
		return 0
	}
	if p.next.Before(now) {
		p.next = now
	}
	pause := p.next.Sub(now)
	if pause <= paceQueue {
		p.next = p.next.Add(time.Duration(float64(time.Second) / p.rate))
	}
	return pause
}

// answer notes an answer to a request sent at a time, and whether it says that
// requests are too many. What had its turn before the rate was last lowered says
// nothing of the new one.
func (p *pace) answer(refused bool, sent, now time.Time) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.began.IsZero() {
		p.began = now
	}
	if sent.Before(p.lowered) {
		return
	}
	p.answered++
	if refused {
		p.denied++
	}
	share, took := float64(p.denied)/float64(p.answered), now.Sub(p.began)
	flood := p.denied >= paceMany && share > paceFlood
	few := p.denied > 0 && p.answered < paceSample && took < paceWindows*paceWindow
	if !flood && (took < paceWindow || few) {
		return
	}
	switch accepted := float64(p.answered-p.denied) / max(took.Seconds(), paceWindow.Seconds()/10); {
	case share > paceTolerated && p.denied >= paceFew:
		p.bound, p.crept = 0, 0
		if took >= paceQueue { // else the sample is too short to tell
			p.bound = accepted
		}
		if p.rate == 0 {
			p.rate = max(accepted*paceMargin, paceFirst)
		} else if accepted < p.rate {
			p.rate = max(accepted*paceMargin, p.rate/2, paceLeast)
		}
		p.next, p.lowered = now, now.Add(paceQueue)
	case share < paceClean && p.rate > 0:
		p.rate = p.grown()
		// A bound that is far from reached is none.
		if p.rate > 4*accepted && p.rate > paceUnbound {
			p.rate = 0
		}
	}
	p.began, p.answered, p.denied = now, 0, 0
}

// grown returns the rate after a clean window. Up to just below the bound it
// comes back in a leap, then creeps past it, and leaps again when it is gone.
func (p *pace) grown() float64 {
	low, high := p.bound*(1-paceNear), p.bound*(1+paceNear)
	switch leap := p.rate * (1 + paceLeap); {
	case p.bound == 0:
		return 2 * p.rate
	case p.rate >= low && p.rate < high:
		p.crept++
		return p.rate * (1 + paceCreep*float64(p.crept))
	case p.rate < low:
		return min(leap, low)
	default:
		return leap
	}
}
