package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/levels"
	"plantrail/pipeline/state"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// What is not known of an account is said beside what is.
func TestKnownText(t *testing.T) {
	days := trail.Days{{From: 19000, To: 19010}}
	gap := trail.Days{{From: 19000, To: 19003}, {From: 19005, To: 19010}}
	for want, a := range map[string]levels.Account{
		"never read":         {},
		"not known":          {Rows: true},
		"no log file yet":    {Whole: state.Whole{Regions: 1, Settled: days}},
		"no day settled yet": {Whole: state.Whole{Regions: 1, First: 19020, Last: 19020}},
		"2022-01-18":         {Known: days, Whole: state.Whole{Regions: 1, Settled: days, First: 19000, Last: 19020}},
		"2022-01-18 (no log file since, 1 day missing, 2 log files failed, 1 region behind)": {Known: gap, Whole: state.Whole{
			Regions: 2, Settled: trail.Days{{From: 19000, To: 19003}, {From: 19005, To: 19015}}, First: 19000, Last: 19010, Failed: 2, Behind: []string{"us-east-1"},
		}},
	} {
		if got := knownText(&a); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Days are those of the calendar in UTC, wherever the clock stands.
func TestDaysUntil(t *testing.T) {
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	tokyo := time.FixedZone("Tokyo", 9*60*60)
	for want, at := range map[int64]time.Time{
		36: time.Date(2026, 11, 26, 23, 59, 0, 0, time.UTC),
		1:  time.Date(2027, 1, 1, 8, 59, 59, 0, tokyo),
		0:  time.Date(2027, 1, 1, 9, 0, 0, 0, tokyo),
	} {
		if got := daysUntil(end, at); got != want {
			t.Errorf("%v: %d days, want %d", at, got, want)
		}
	}
}

// A level that is not known here is marked, and none that is known looks so.
func TestPlanName(t *testing.T) {
	for _, plan := range schema.Plans() {
		if got := planName(plan.Level); got != plan.Name {
			t.Errorf("%s: %q, want %q", plan.Level, got, plan.Name)
		}
	}
	for level, want := range map[string]string{"Gold": "Gold (as written)", schema.Unknown: "not known"} {
		if got := planName(level); got != want {
			t.Errorf("%s: %q, want %q", level, got, want)
		}
	}
}

// However many levels there are, the notes stay short; and they say what is to be done.
func TestLevelNotes(t *testing.T) {
	now := time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC)
	var all []levels.Account
	for i := range 20 {
		all = append(all, levels.Account{Current: schema.Current{Level: fmt.Sprint("L", i), Status: schema.PlanUnlisted}})
	}
	notes := levelNotes(all, now, now)
	if len(notes) != 1 || !strings.HasSuffix(notes[0], "L18 (as written) 1, L19 (as written) 1, 8 other levels") {
		t.Errorf("%q", notes)
	}
	all = []levels.Account{{Current: schema.Current{Level: "business", Status: schema.PlanEnding, Ends: now.Add(12 * time.Hour)}}}
	if got, want := fmt.Sprint(levelNotes(all, now, now)), "[1 account: Business Support 1 1 account is on a plan that ends on 2027-01-01, in 1 day]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
