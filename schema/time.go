package schema

import (
	"math/big"
	"strconv"
	"strings"
	"time"
)

// parseTime reads a time as written in a record, in UTC and cut to
// milliseconds: in ISO 8601's forms, as programs in Java, Python, Go and HTTP print
// one, or as a number of seconds or milliseconds since 1970. A time without a zone
// is in UTC.
//
// ok is false for a text that is no time or could be several, and for a time before
// [FirstTime] or after the year 9999, which neither a partition's name nor every
// reader can express. Programs write the first instant of year 1 for a time that was
// never set.
func parseTime(s string) (t time.Time, ok bool) {
	if len(s) > maxTime {
		return time.Time{}, false
	}
	s = plainSpaces(s)
	if at := strings.IndexByte(s, '['); at > 0 && strings.HasSuffix(s, "]") {
		s = s[:at] // Java's name of a zone, after the offset
	}
	for _, layout := range layouts() {
		if t, err := time.Parse(layout, s); err == nil {
			return inRange(t)
		}
	}
	if t, ok := parseEpoch(s); ok {
		return t, true
	}
	if t, ok := parsePrinted(s); ok {
		return inRange(t)
	}
	return time.Time{}, false
}

// maxTime is longer than any time is written.
const maxTime = 100

// layouts are the forms without words. Of a layout's seconds, a text may have a
// fraction.
func layouts() []string {
	return []string{
		time.RFC3339,               // 2023-05-09T16:30:04Z
		"20060102T150405Z0700",     // 20131102T010628Z, older creationDate
		"2006-01-02T15:04:05Z0700", // 2023-05-09T16:30:04+0000
		"2006-01-02T15:04:05Z07",
		"2006-01-02T15:04:05",
		"2006-01-02T15:04Z07:00", // Java leaves out seconds that are 0
		"2006-01-02T15:04",
		"2006-01-02 15:04:05Z07:00", // Python puts a space for T
		"2006-01-02 15:04:05Z0700",
		"2006-01-02 15:04:05 Z0700",
		"2006-01-02 15:04:05",
		"2006-01-02",
	}
}

// plainSpaces returns a text with one plain space wherever it has any, and without
// marks of writing direction. Java puts a narrow no-break space before AM and PM.
func plainSpaces(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\u200e' || r == '\u200f' || r == '\u061c' {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// parseEpoch reads seconds or milliseconds since 1970, with or without a fraction
// or an exponent. Only times from 2000 on count: 20240301 is none. Up to the year
// 9999 the two are told apart by their size.
func parseEpoch(s string) (t time.Time, ok bool) {
	// A float keeps the exponent small before it is taken exactly.
	about, err := strconv.ParseFloat(s, 64)
	const first, last = 946_684_800, 253_402_300_800 // 2000 and 10000, in seconds
	if err != nil || !(about >= first && about < last*1000) || strings.ContainsAny(s, "xXpP_") {
		return time.Time{}, false
	}
	exact, ok := new(big.Rat).SetString(s)
	if !ok {
		return time.Time{}, false
	}
	if about < last {
		exact.Mul(exact, big.NewRat(1000, 1))
	} else if about < first*1000 {
		return time.Time{}, false
	}
	millis := new(big.Int).Quo(exact.Num(), exact.Denom())
	return time.UnixMilli(millis.Int64()).UTC(), true
}

// FirstTime is the first time that a column may have, as milliseconds since 1970: the
// year 1900 begins. Spark 3 refuses a query that meets an earlier one, since older
// writers counted those by another calendar: one such time in a request would keep it
// from all rows.
const FirstTime = -2_208_988_800_000

func inRange(t time.Time) (time.Time, bool) {
	t = t.UTC().Truncate(time.Millisecond)
	return t, t.UnixMilli() >= FirstTime && t.Year() <= 9999
}
