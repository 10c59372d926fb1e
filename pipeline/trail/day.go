package trail

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Day is a UTC date, counted from 1970-01-01.
type Day int

const secondsPerDay = 24 * 60 * 60

// DayOf returns the UTC date of t.
func DayOf(t time.Time) Day {
	seconds := t.Unix()
	day := seconds / secondsPerDay
	if seconds%secondsPerDay < 0 {
		day--
	}
	return Day(day)
}

// Time returns the instant at which the day begins.
func (d Day) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String returns the day as 2024-03-01.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// Month returns the day's month as 2024-03.
func (d Day) Month() string { return d.Time().Format("2006-01") }

// MarshalText writes the day as 2024-03-01.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2024-03-01.
func (d *Day) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a day", text)
	}
	*d = DayOf(t)
	return nil
}

// A Span is a series of days, both ends included.
type Span struct {
	From Day `json:"from"`
	To   Day `json:"to"`
}

// folder returns the day as it is written in a key: 2024/03/01.
func (d Day) folder() string { return d.Time().Format("2006/01/02") }

// parseFolder reads a day as it is written in a key.
func parseFolder(s string) (Day, bool) {
	if len(s) != len("2006/01/02") {
		return 0, false
	}
	t, err := time.Parse("2006/01/02", s)
	return DayOf(t), err == nil
}

// ParseDay reads a day as a person writes it: 2024-03-01, today, yesterday, or
// 7d for seven days ago.
func ParseDay(s string, now time.Time) (Day, error) {
	today := DayOf(now)
	switch s {
	case "today":
		return today, nil
	case "yesterday":
		return today - 1, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return today - Day(n), nil
		}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a day: write 2024-03-01, today, yesterday, or 7d for seven days ago", s)
	}
	return DayOf(t), nil
}
