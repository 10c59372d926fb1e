package schema_test

import (
	"errors"
	"testing"
	"time"

	"plantrail/schema"
)

func TestSpan(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil && s != "" {
			t.Fatal(err)
		}
		return at
	}
	for _, test := range []struct {
		name, at, delivered string
		ok                  bool
	}{
		{"of the day", "2024-03-01", "2024-03-01", true},
		{"years late, as of a copy", "2016-03-01", "2024-03-01", true},
		{"of a day that nobody knows", "2024-03-01", "", true},
		{"the first day", "2013-11-01", "2024-03-01", true},
		{"before CloudTrail", "2013-10-31", "2024-03-01", false},
		{"before CloudTrail, and nobody knows", "2013-10-31", "", false},
		{"before CloudTrail, as its folder says", "2012-03-01", "2012-02-01", true},
		{"the last day", "2099-12-31", "2024-03-01", true},
		{"the next century", "2100-01-01", "2024-03-01", false},
		{"the next century, as its folder says", "9999-12-31", "9999-12-30", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			span := schema.Span{Delivered: day(test.delivered)}
			if err := span.Check(&schema.Event{EventTime: day(test.at)}); (err == nil) != test.ok || err != nil && !errors.Is(err, schema.ErrFar) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A log file with an event on each day of history reaches 400 days, and those as often
// as it likes.
func TestSpanOfManyDays(t *testing.T) {
	var span schema.Span
	for round := range 2 {
		kept := 0
		for i := range 10_000 {
			if span.Check(&schema.Event{EventTime: time.Date(2014, 1, 1+i, 23, 0, 0, 0, time.UTC)}) == nil {
				kept++
			}
		}
		if kept != 400 {
			t.Errorf("round %d: kept %d", round, kept)
		}
	}
}
