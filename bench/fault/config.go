package fault

import (
	"fmt"
	"time"
)

// A Config says what goes wrong.
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
	case min(c.Most, c.HoldAfter) < 0 || c.Limit < 0 || c.Stall < 0:
		return fmt.Errorf("most %d, hold after %d, limit %g, stall %s: must not be negative", c.Most, c.HoldAfter, c.Limit, c.Stall)
	}
	for _, k := range c.Kinds {
		if k < 0 || k >= Denied {
			return fmt.Errorf("%s: cannot be left to chance", k)
		}
	}
	return nil
}
