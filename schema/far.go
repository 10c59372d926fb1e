package schema

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// ErrFar says that an event's time cannot be true, or that there is no room for it
// among the other times in its log file.
var ErrFar = errors.New("an eventTime that cannot be")

const (
	// maxDays is how many different days the events of one log file may be of.
	// CloudTrail writes one every few minutes, and Event history, which log files are
	// also made of, goes back 90 days.
	maxDays = 400
	// maxApart is how many days an event outside CloudTrail's life may be from the day
	// of its delivery, which bears witness to it.
	maxApart = 366
)

// A Span knows the times of a log file's events, in the log file's order.
//
// The table has a partition for each day, month or year, and a time is whatever a
// record says. So a log file, however hostile, reaches no more than 400 partitions.
type Span struct {
	Delivered time.Time // the day on which the log file was; zero where nobody knows
	MaxDays   int       // how many different days there may be; 0: 400

	days map[int64]bool // since 1970
}

// Check refuses an event before CloudTrail began, in November 2013, or after the year
// 2099, unless it is within a year of the log file's delivery; and one on another day
// than the first 400 that the log file has.
func (s *Span) Check(e *Event) error {
	at := e.EventTime
	alive := !at.Before(time.Date(2013, time.November, 1, 0, 0, 0, 0, time.UTC)) && at.Year() <= 2099
	near := !s.Delivered.IsZero() && at.After(s.Delivered.AddDate(0, 0, -maxApart)) && at.Before(s.Delivered.AddDate(0, 0, maxApart))
	if !alive && !near {
		return fmt.Errorf("%w: %s is not between November 2013 and 2099", ErrFar, at.Format(time.DateOnly))
	}
	day := at.Unix() / (24 * 60 * 60)
	switch {
	case s.days[day]:
		return nil
	case len(s.days) >= cmp.Or(s.MaxDays, maxDays):
		return fmt.Errorf("%w: the log file has events of %d other days already", ErrFar, cmp.Or(s.MaxDays, maxDays))
	case s.days == nil:
		s.days = map[int64]bool{}
	}
	s.days[day] = true
	return nil
}
