package store

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A server that refuses what exceeds a limit, with permits for a tenth of a
// second, as bench's does.
type limited struct {
	limit, permits float64
	at             time.Time
}

func (l *limited) refuses(now time.Time) bool {
	l.permits = min(l.permits+now.Sub(l.at).Seconds()*l.limit, max(l.limit/10, 1))
	l.at = now
	if l.permits < 1 {
		return true
	}
	l.permits--
	return false
}

// drive sends requests for a time, as many at once, each of which takes 30 ms,
// and returns how many were answered and refused each second.
func drive(t *testing.T, p *pace, width int, took time.Duration, refuses func(time.Time) bool) (answered, refused []int) {
	t.Helper()
	seconds := int(took / time.Second)
	answered, refused = make([]int, seconds), make([]int, seconds)
	began := time.Now()
	done := make(chan struct{})
	var mutex sync.Mutex
	for range width {
		go func() {
			defer func() { done <- struct{}{} }()
			for time.Since(began) < took {
				if p.wait(context.Background()) != nil {
					return
				}
				now := time.Now()
				at := int(now.Sub(began) / time.Second)
				mutex.Lock()
				over := refuses(now)
				if at < seconds {
					answered[at]++
					if over {
						refused[at]++
					}
				}
				mutex.Unlock()
				time.Sleep(30 * time.Millisecond)
				p.answer(over, now, time.Now())
				if over {
					time.Sleep(500 * time.Millisecond) // the pause before it is sent again
				}
			}
		}()
	}
	for range width {
		<-done
	}
	return answered, refused
}

func sum(counts []int) (n float64) {
	for _, c := range counts {
		n += float64(c)
	}
	return n
}

// Under a limit the rate finds it within ten seconds: few requests are refused
// after that, and nearly all that may pass do. Without the limit it comes back.
func TestPace(t *testing.T) {
	for limit, most := range map[float64]float64{20: 0.08, 100: 0.05, 500: 0.05, 2000: 0.05} {
		synctest.Test(t, func(t *testing.T) {
			p, server := new(pace), limited{limit: limit, at: time.Now()}
			answered, refused := drive(t, p, 128, 60*time.Second, server.refuses)
			all, denied := sum(answered[10:]), sum(refused[10:])
			if passed := (all - denied) / 50; denied/all > most || passed < 0.9*limit {
				t.Errorf("limit %g: %g a second, %.1f %% refused", limit, passed, 100*denied/all)
			}
			answered, _ = drive(t, p, 128, 30*time.Second, func(time.Time) bool { return false })
			if last := answered[len(answered)-1]; last < 128*30 {
				t.Errorf("limit %g: %d a second after it was gone: %v", limit, last, answered)
			}
		})
	}
}

// A few refusals that have nothing to do with the rate do not lower it, and
// none do for good.
func TestPaceRandomRefusals(t *testing.T) {
	for share, least := range map[float64]float64{0.022: 200, 0.1: 2} {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 1))
			answered, _ := drive(t, new(pace), 32, 300*time.Second, func(time.Time) bool { return random.Float64() < share })
			if last := sum(answered[200:]) / 100; last < least {
				t.Errorf("%.0f %% refused: %g a second in the end", 100*share, last)
			}
		})
	}
}
