package schema

import (
	"strconv"
	"strings"
	"time"
)

// layouts are the ways in which CloudTrail and the services write times.
func layouts() []string {
	return []string{
		time.RFC3339Nano,           // 2023-05-09T16:30:04Z, with or without a fraction
		"20060102T150405Z0700",     // 20131102T010628Z, older creationDate
		"Jan 2, 2006 3:04:05 PM",   // Jun 3, 2023 5:23:56 PM, in request parameters
		"2006-01-02T15:04:05Z0700", // 2023-05-09T16:30:04+0000
	}
}

// parseTime reads a time as written in a record, in UTC and cut to
// milliseconds. ok is false for a text that is no time, and for a year outside
// 1 to 9999, which neither a partition's name nor every reader can express. The
// first instant of year 1 is no time either: programs write it for one that was
// never set.
func parseTime(s string) (t time.Time, ok bool) {
	// Newer Java runtimes put a narrow no-break space before AM and PM.
	s = strings.ReplaceAll(s, "\u202f", " ")
	for _, layout := range layouts() {
		if t, err := time.Parse(layout, s); err == nil {
			return inRange(t)
		}
	}
	return parseEpoch(s)
}

// parseEpoch reads seconds since 1970, with or without a fraction, or
// milliseconds. Only numbers of this century count: 20240301 is no time.
func parseEpoch(s string) (t time.Time, ok bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	const first, last = 946_684_800, 4_102_444_800 // 2000 and 2100, in seconds
	switch {
	case n >= first*1000 && n < last*1000:
		return time.UnixMilli(n).UTC(), true
	case n < first || n >= last:
		return time.Time{}, false
	}
	millis, err := strconv.Atoi((fraction + "000")[:3])
	if err != nil || millis < 0 {
		return time.Time{}, false
	}
	return time.Unix(n, int64(millis)*int64(time.Millisecond)).UTC(), true
}

func inRange(t time.Time) (time.Time, bool) {
	t = t.UTC().Truncate(time.Millisecond)
	return t, t.Year() >= 1 && t.Year() <= 9999 && !t.IsZero()
}
