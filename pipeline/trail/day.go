package trail

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Day is a UTC date, counted from 1970-01-01.
type Day int

const (
	secondsPerDay = 24 * 60 * 60
	// LastDay is 9999-12-31, the last one that a key can name.
	LastDay Day = 2932896
)

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
func (d Day) folder() string { return d.Time().Format(dayFolder) }

// dayFolder is how a day is written in a key.
const dayFolder = "2006/01/02"

// parseFolder reads a day as it is written in a key.
func parseFolder(s string) (Day, bool) {
	if len(s) != len(dayFolder) || s[4] != '/' || s[7] != '/' {
		return 0, false
	}
	return dayOf(s[:4], s[5:7], s[8:])
}

// dayOf returns a day from 1970-01-01 on whose parts are written in digits. It is
// asked for every key that is listed, which [time.Parse] is too slow for.
func dayOf(year, month, day string) (Day, bool) {
	if !within(year, '0', '9') || !within(month, '0', '9') || !within(day, '0', '9') {
		return 0, false
	}
	y, m, d := digits(year), digits(month), digits(day)
	// What is no date, such as February 30, becomes another one.
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1970 || t.Month() != time.Month(m) || t.Day() != d {
		return 0, false
	}
	return DayOf(t), true
}

// digits returns the number that a few digits stand for.
func digits(s string) (n int) {
	for i := range len(s) {
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// datePart reports whether the folders of a date, which are a year, a month in
// it and a day in that, or fewer, are as CloudTrail writes them.
func datePart(date ...string) bool {
	if len(date) == 0 || len(date) > 3 {
		return false
	}
	_, ok := parseFolder(strings.Join(append(slices.Clone(date), []string{"01", "01"}[len(date)-1:]...), "/"))
	return ok
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
