package scale

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/trail"
)

// A Config says what an organization is like.
type Config struct {
	Accounts int
	Regions  []string  // of each account
	First    trail.Day // with log files
	Days     int       // delivered until now
	PerDay   int       // log files a day, of all accounts together
	// Every is one in how many log files of a unit holds an event.
	Every int
}

// DefaultConfig returns an organization of 5,000 accounts, with 20 million log
// files a year.
func DefaultConfig() Config {
	return Config{
		Accounts: 5000,
		Regions:  []string{"eu-west-1", "us-east-1", "us-east-2", "us-west-2"},
		First:    trail.DayOf(time.Date(2025, time.March, 1, 0, 0, 0, 0, time.UTC)),
		Days:     365,
		PerDay:   54_795,
		Every:    50_000,
	}
}

func (c Config) check() error {
	switch {
	case c.Accounts < 1 || c.Accounts > maxAccounts || c.PerDay < 1 || c.Every < 1:
		return fmt.Errorf("an organization needs 1 to %d accounts, log files, and events in one of so many", maxAccounts)
	case c.Days < 1 || c.Days > maxDays:
		return fmt.Errorf("an organization needs 1 to %d days", maxDays)
	case len(c.Regions) == 0:
		return errors.New("an organization needs a region")
	}
	return nil
}

const (
	// firstAccount is the lowest account number, and endAccount behind the last.
	firstAccount = 111122223333
	endAccount   = 1_000_000_000_000
	// maxAccounts and maxDays keep the arithmetic within 64 bits.
	maxAccounts = 1_000_000
	maxDays     = 10_000
	// homeShare is how many times as much an account does in its home region as
	// in another.
	homeShare = 5
	// shuffle is a prime, so that each account has a rank of its own.
	shuffle = 1_000_003
)

// An Organization is a trail of all its accounts.
type Organization struct {
	Config
	step   int // from one account number to the next
	units  []unit
	bodies [][]byte
}

// A unit is one account's region. Rates and phases are in units of 2^-32 log
// files.
type unit struct {
	rate   uint64 // a day
	phase  uint64 // at the beginning of the first day
	offset uint64 // where events begin, from 0 to Every-1
}

// New returns the organization that c describes.
func New(c Config) (*Organization, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	// Keys sort by the folder, with its slash.
	c.Regions = slices.Clone(c.Regions)
	slices.SortFunc(c.Regions, func(a, b string) int { return strings.Compare(a+"/", b+"/") })
	bodies, err := dismissed()
	if err != nil {
		return nil, err
	}
	o := &Organization{Config: c, step: (endAccount - firstAccount) / c.Accounts, bodies: bodies}
	sum := 0.0
	for rank := range c.Accounts {
		sum += 1 / float64(rank+1)
	}
	shares := float64(homeShare + len(c.Regions) - 1)
	for account := range c.Accounts {
		rank := account * shuffle % c.Accounts
		perDay := float64(c.PerDay) / sum / float64(rank+1)
		for region := range c.Regions {
			share := 1 / shares
			if region == account%len(c.Regions) {
				share = homeShare / shares
			}
			number := uint64(len(o.units))
			o.units = append(o.units, unit{
				rate:   uint64(perDay * share * (1 << 32)),
				phase:  mix(number, 0) >> 32,
				offset: mix(number, 1) % uint64(c.Every),
			})
		}
	}
	return o, nil
}

// before returns how many log files the unit has got before a day, counted from
// the first.
func (u *unit) before(day int) uint64 { return (u.rate*uint64(day) + u.phase) >> 32 }

// planted reports whether the unit's log file of a number holds an event.
func (o *Organization) planted(u *unit, number uint64) bool {
	return (number+u.offset)%uint64(o.Every) == 0
}

// Totals is what there is to find.
type Totals struct {
	Units    int   `json:"units"` // with log files
	LogFiles int64 `json:"log_files"`
	Bytes    int64 `json:"bytes"`
	Events   int64 `json:"events"`
}

// Totals returns what is delivered on so many days, beginning with the given
// one, to accounts of which want says so.
func (o *Organization) Totals(from, days int, want func(account string) bool) Totals {
	var t Totals
	for i := range o.units {
		u := &o.units[i]
		if !want(o.account(i / len(o.Regions))) {
			continue
		}
		first, end := u.before(from), u.before(from+days)
		if first == end {
			continue
		}
		t.Units++
		t.LogFiles += int64(end - first)
		t.Bytes += o.prefixBytes(i, end) - o.prefixBytes(i, first)
		t.Events += int64(o.prefixEvents(u, end) - o.prefixEvents(u, first))
	}
	return t
}

// prefixEvents returns how many of a unit's first so many log files hold an
// event.
func (o *Organization) prefixEvents(u *unit, count uint64) uint64 {
	every := uint64(o.Every)
	return (count+u.offset+every-1)/every - (u.offset+every-1)/every
}

// prefixBytes returns how large a unit's first so many log files are together.
func (o *Organization) prefixBytes(unit int, count uint64) int64 {
	u := &o.units[unit]
	var sum int64
	for kind, body := range o.bodies {
		sum += int64((count+kinds-1-uint64(kind))/kinds) * int64(len(body))
	}
	every := uint64(o.Every)
	for number := (every - u.offset) % every; number < count; number += every {
		sum += int64(len(o.event(unit, number))) - int64(len(o.bodies[number%kinds]))
	}
	return sum
}

// mix hashes two numbers into one, as splitmix64 does.
func mix(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 + b + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
