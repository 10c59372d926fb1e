package fault

import "time"

// A Second is what came in one second.
type Second struct {
	Requests int // refused ones included
	Refused  int // above the limit
}

// A curve counts requests by the second since it began.
type curve struct {
	began   time.Time
	seconds []Second
}

func (c *curve) count(refused bool) {
	at := int(time.Since(c.began) / time.Second)
	for len(c.seconds) <= at {
		c.seconds = append(c.seconds, Second{})
	}
	c.seconds[at].Requests++
	if refused {
		c.seconds[at].Refused++
	}
}

// burst is the part of a second whose permits add up while nobody asks.
const burst = 0.1

// A bucket holds the permits for requests.
type bucket struct {
	permits float64
	at      time.Time
}

// admit takes a permit, if there is one or none is needed.
func (p *Proxy) admit() bool {
	limit, now := p.config.Limit, time.Now()
	if limit == 0 {
		return true
	}
	b := &p.bucket
	b.permits = min(b.permits+now.Sub(b.at).Seconds()*limit, max(limit*burst, 1))
	b.at = now
	if b.permits < 1 {
		return false
	}
	b.permits--
	return true
}
