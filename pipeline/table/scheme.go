package table

import (
	"fmt"
	"strings"
	"time"
)

// A Scheme says how long a time one partition covers. It is fixed when the
// table is first written.
type Scheme string

// The schemes there are. A partition's name is that of its column, =, and the
// UTC date of its events as far as the scheme goes.
const (
	ByDay   Scheme = "day"   // eventday=2024-03-01
	ByMonth Scheme = "month" // eventmonth=2024-03
	ByYear  Scheme = "year"  // eventyear=2024
)

// ParseScheme reads a scheme's name.
func ParseScheme(s string) (Scheme, error) {
	switch scheme := Scheme(s); scheme {
	case ByDay, ByMonth, ByYear:
		return scheme, nil
	}
	return "", fmt.Errorf("%q is not a way to partition: write day, month or year", s)
}

// Column is the name of the partition column.
func (s Scheme) Column() string { return "event" + string(s) }

// Partition names the partition of an event at time t.
func (s Scheme) Partition(t time.Time) string {
	return s.Column() + "=" + t.UTC().Format(s.layout())
}

// period returns the time that a partition covers: from its beginning to before
// its end. ok is false for what is not the name of one.
func (s Scheme) period(partition string) (from, to time.Time, ok bool) {
	date, found := strings.CutPrefix(partition, s.Column()+"=")
	from, err := time.Parse(s.layout(), date)
	if !found || err != nil {
		return from, to, false
	}
	switch s {
	case ByDay:
		to = from.AddDate(0, 0, 1)
	case ByMonth:
		to = from.AddDate(0, 1, 0)
	default:
		to = from.AddDate(1, 0, 0)
	}
	return from, to, true
}

func (s Scheme) layout() string {
	return map[Scheme]string{ByDay: "2006-01-02", ByMonth: "2006-01", ByYear: "2006"}[s]
}
