package table

import (
	"fmt"
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
	layout := map[Scheme]string{ByDay: "2006-01-02", ByMonth: "2006-01", ByYear: "2006"}[s]
	return s.Column() + "=" + t.UTC().Format(layout)
}
