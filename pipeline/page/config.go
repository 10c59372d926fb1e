package page

import (
	"time"

	"plantrail/pipeline/accounts"
)

// Config says what a page is about, and how much it shows.
type Config struct {
	Table   string    // the table's name, as the page gives it
	Version string    // of the program
	Now     time.Time // when the page is made
	Title   string    // what the page is called; "" is its usual title
	Since   time.Time // leave out what was before; zero is nothing
	Until   time.Time // leave out what was then or later, and tell the levels of then; zero is nothing
	// Accounts are the accounts to show; none is all.
	Accounts []string
	// Names are what accounts are called; nil is nothing known.
	Names accounts.Names
	// Proofs say which hours are proven, each as plantrail verify has found it.
	Proofs []*Proof

	// So much is shown at most, so that a browser can still show the page. Of
	// what is more, the page gives the number.
	Answers int // rows of each answer
	Lanes   int // accounts in the timeline
	Changes int // changes in the list
	Readers int // pairs of an actor and an account
	Units   int // units in the coverage
	Failed  int // names of log files that could not be read

	// So much is held in memory at most.
	Kept     int // changes
	Counted  int // pairs of an actor and an account
	Sessions int // names of sessions that are told apart
	Text     int // runes of a text; what callers sent may have 100,000
}

// DefaultConfig returns a configuration with limits that a browser bears.
func DefaultConfig() Config {
	return Config{
		Answers: 12, Lanes: 200, Changes: 1000, Readers: 200, Units: 500, Failed: 2000,
		Kept: 50_000, Counted: 20_000, Sessions: 100_000, Text: 2000,
	}
}

// at returns the instant that the page is about.
func (c *Config) at() time.Time {
	if !c.Until.IsZero() && !c.Until.After(c.Now) {
		return c.Until.Add(-time.Millisecond)
	}
	return c.Now
}
