package fault

import (
	"errors"
	"fmt"
	"time"
)

// A Config says what goes wrong, and how long the way is.
type Config struct {
	// Seed decides which requests meet which fault.
	Seed uint64
	// Rate is the part of the requests that do, from 0 to 1.
	Rate float64
	// Kinds are the faults to choose from, each as likely as any other that fits
	// the request.
	Kinds []Kind
	// Most ends the faults of Kinds when there were so many. 0 is no bound.
	Most int
	// WrongSuffix ends the keys that can have WrongBytes. Empty stands for log
	// files.
	WrongSuffix string
	// DeniedPrefix begins the keys that are denied, wherever the bucket. Empty
	// denies none.
	DeniedPrefix string
	// Stall is how long a stall lasts.
	Stall time.Duration
	// Limit is how many requests a second are let through. 0 is no bound.
	Limit float64
	// HoldAfter is how many log files are given out before nothing more is
	// answered. 0 is no bound.
	HoldAfter int
	// Delay is how much later each request arrives, as distance and a store's own
	// work have it in life.
	Delay time.Duration
	// Blind passes connections on without looking at what they say, which takes
	// next to no CPU from what is measured beside it. Then there is nothing but
	// Delay, and nothing is counted.
	Blind bool
}

// DefaultConfig returns faults of every kind in a fifth of the requests. Stalls
// are short, so that they only delay.
func DefaultConfig() Config {
	return Config{Seed: 1, Rate: 0.2, Kinds: Kinds(), Stall: time.Second}
}

func (c *Config) check() error {
	switch {
	case c.Rate < 0 || c.Rate > 1:
		return fmt.Errorf("rate %g: must be from 0 to 1", c.Rate)
	case min(c.Most, c.HoldAfter) < 0 || c.Limit < 0 || min(c.Stall, c.Delay) < 0:
		return fmt.Errorf("most %d, hold after %d, limit %g, stall %s, delay %s: must not be negative", c.Most, c.HoldAfter, c.Limit, c.Stall, c.Delay)
	case c.Blind && (c.Rate > 0 || c.Limit > 0 || c.HoldAfter > 0 || c.DeniedPrefix != ""):
		return errors.New("blind: what is not looked at meets no fault: leave out rate, limit, hold after and denied prefix")
	}
	for _, k := range c.Kinds {
		if k < 0 || k >= Denied {
			return fmt.Errorf("%s: cannot be left to chance", k)
		}
	}
	return nil
}
