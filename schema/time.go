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
// 1 to 9999, which neither a partition's name nor every reader can express.
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
// milliseconds: what is too large for seconds.
func parseEpoch(s string) (t time.Time, ok bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, false
	}
	// 1e11 seconds is the year 5138; 1e11 milliseconds is 1973, long before
	// the first event.
	if n >= 1e11 {
		return inRange(time.UnixMilli(n))
	}
	millis, err := strconv.Atoi((fraction + "000")[:3])
	if err != nil || millis < 0 {
		return time.Time{}, false
	}
	return inRange(time.Unix(n, int64(millis)*int64(time.Millisecond)))
}

func inRange(t time.Time) (time.Time, bool) {
	t = t.UTC().Truncate(time.Millisecond)
	return t, t.Year() >= 1 && t.Year() <= 9999
}
