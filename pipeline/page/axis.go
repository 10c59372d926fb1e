package page

import (
	"fmt"
	"time"
)

// An axis lays time out from left to right, in percent.
type axis struct{ from, to time.Time }

// at returns where a time is. What lies outside is put at the ends.
func (a axis) at(t time.Time) float64 {
	switch {
	case !t.After(a.from):
		return 0
	case !t.Before(a.to):
		return 100
	}
	return 100 * t.Sub(a.from).Seconds() / a.to.Sub(a.from).Seconds()
}

func (a axis) place(t time.Time) string { return percent(a.at(t)) }

func percent(x float64) string { return fmt.Sprintf("%.2f%%", x) }

// A tick is a time that is marked on the axis.
type tick struct{ X, Label string }

// maxTicks is how many labels fit side by side.
const maxTicks = 9

// A step is the time from a tick to the next.
type step struct {
	months, days, hours int
	layout              string
}

func steps() []step {
	all := []step{
		{hours: 1, layout: "15:04"},
		{hours: 3, layout: "Jan 2 15:04"},
		{hours: 6, layout: "Jan 2 15:04"},
		{hours: 12, layout: "Jan 2 15:04"},
		{days: 1, layout: "Jan 2"},
		{days: 2, layout: "Jan 2"},
		{days: 7, layout: "Jan 2"},
		{days: 14, layout: "Jan 2"},
		{months: 1, layout: "2006-01"},
		{months: 2, layout: "2006-01"},
		{months: 3, layout: "2006-01"},
		{months: 6, layout: "2006-01"},
	}
	for months := 12; months <= 12*1024; months *= 2 {
		all = append(all, step{months: months, layout: "2006"})
	}
	return all
}

// long is about how long a step is.
func (s step) long() time.Duration {
	const day = 24 * time.Hour
	return time.Duration(s.months)*30*day + time.Duration(s.days)*day + time.Duration(s.hours)*time.Hour
}

// begin returns a round time at or before t.
func (s step) begin(t time.Time) time.Time {
	t = t.UTC()
	switch {
	case s.months >= 12:
		years := s.months / 12
		return time.Date(t.Year()/years*years, 1, 1, 0, 0, 0, 0, time.UTC)
	case s.months > 0:
		return time.Date(t.Year(), time.Month((int(t.Month())-1)/s.months*s.months+1), 1, 0, 0, 0, 0, time.UTC)
	case s.days > 0:
		return t.Truncate(24 * time.Hour)
	}
	return t.Truncate(time.Duration(s.hours) * time.Hour)
}

func (s step) next(t time.Time) time.Time {
	return t.AddDate(0, s.months, s.days).Add(time.Duration(s.hours) * time.Hour)
}

// ticks returns round times on the axis, as near to each other as fits.
func (a axis) ticks() (ticks []tick) {
	for _, s := range steps() {
		if a.to.Sub(a.from)/s.long() >= maxTicks {
			continue
		}
		for t := s.begin(a.from); t.Before(a.to); t = s.next(t) {
			if x := a.at(t); !t.Before(a.from) && x < 95 { // further right its label would stick out
				ticks = append(ticks, tick{percent(x), t.Format(s.layout)})
			}
		}
		break
	}
	return ticks
}
