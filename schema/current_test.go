package schema_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/schema"
)

// Each level has a plan, and each plan is of a level.
func TestPlans(t *testing.T) {
	var levels, plans []string
	for _, naming := range schema.Levels() {
		levels = append(levels, naming.Name)
	}
	for _, plan := range schema.Plans() {
		plans = append(plans, plan.Level)
		if plan.Name == "" {
			t.Errorf("%s has no name", plan.Level)
		}
	}
	if !slices.Equal(levels, plans) {
		t.Errorf("levels %q, plans %q", levels, plans)
	}
	if p, ok := schema.PlanOf("BUSINESS_SUPPORT_PLUS_PLUS"); ok {
		t.Errorf("a level of tomorrow has the plan %+v", p)
	}
}

// The clock around 1 January 2027, when three plans end.
func TestCurrents(t *testing.T) {
	accepted := func(id, when string) schema.Change {
		return schema.Change{Account: "1", EventID: id, Time: clock(t, when), Outcome: schema.Accepted}
	}
	update := func(id, when, level string) schema.Change {
		c := accepted(id, when)
		c.Level = level
		return c
	}
	schedule := func(id, when, start, startAt, end, endAt string) schema.Change {
		c := accepted(id, when)
		c.Schedule = schema.ScheduledLevels{StartLevel: start, EndLevel: end}
		if startAt != "" {
			c.Schedule.StartTime = clock(t, startAt)
		}
		if endAt != "" {
			c.Schedule.EndTime = clock(t, endAt)
		}
		return c
	}
	denied := update("x", "2026-12-01T00:00:00Z", "business_plus")
	denied.Outcome = schema.Denied
	failed := update("y", "2026-12-01T00:00:00Z", "business_plus")
	failed.Outcome = schema.Failed
	moved := update("m", "2026-05-03T04:05:06Z", "enterprise")
	moved.Channel, moved.Actor = schema.Service, "AWSServiceRoleForSupportPlans"
	other := update("o", "2026-01-01T00:00:00Z", "basic")
	other.Account = "2"

	business := update("b", "2024-03-01T10:00:00Z", "business")
	const dayBefore, lastMoment, dayOf, dayAfter = "2026-12-31T12:00:00Z", "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"
	for _, test := range []struct {
		name    string
		changes []schema.Change
		at      string
		want    string
	}{
		{"nothing", nil, dayBefore, ""},
		{"the day before", []schema.Change{business}, dayBefore, "1 business ending since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z"},
		{"the last moment", []schema.Change{business}, lastMoment, "1 business ending since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z"},
		{"the day of", []schema.Change{business}, dayOf, "1 business ended since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z"},
		{"the day after", []schema.Change{business}, dayAfter, "1 business ended since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z"},
		{"a clock elsewhere", []schema.Change{business}, "2026-12-31T23:00:00-02:00", "1 business ended since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z"},
		{"developer", []schema.Change{update("d", "2024-03-01T10:00:00Z", "developer")}, dayOf, "1 developer ended since 2024-03-01T10:00:00Z d, ends 2027-01-01T00:00:00Z"},
		{"on-ramp", []schema.Change{update("r", "2024-03-01T10:00:00Z", "enterprise_onramp")}, dayOf, "1 enterprise_onramp ended since 2024-03-01T10:00:00Z r, ends 2027-01-01T00:00:00Z"},
		{"basic stays", []schema.Change{update("s", "2024-03-01T10:00:00Z", "basic")}, dayAfter, "1 basic current since 2024-03-01T10:00:00Z s"},
		{"moved by AWS", []schema.Change{update("r", "2024-03-01T10:00:00Z", "enterprise_onramp"), moved}, dayAfter, "1 enterprise current since 2026-05-03T04:05:06Z m"},
		{"moved by AWS, before", []schema.Change{update("r", "2024-03-01T10:00:00Z", "enterprise_onramp"), moved}, "2026-05-03T04:05:05Z", "1 enterprise_onramp ending since 2024-03-01T10:00:00Z r, ends 2027-01-01T00:00:00Z"},
		{
			"a schedule for the day, before",
			[]schema.Change{business, schedule("p", "2026-11-01T00:00:00Z", "business_plus", dayOf, "", "")},
			lastMoment, "1 business ending since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z, next business_plus 2027-01-01T00:00:00Z p",
		},
		{
			"a schedule for the day",
			[]schema.Change{business, schedule("p", "2026-11-01T00:00:00Z", "business_plus", dayOf, "", "")},
			dayOf, "1 business_plus current since 2027-01-01T00:00:00Z p scheduled",
		},
		{
			"a schedule for the day after leaves a day that no event tells of",
			[]schema.Change{business, schedule("p", "2026-11-01T00:00:00Z", "business_plus", dayAfter, "", "")},
			dayOf, "1 business ended since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z, next business_plus 2027-01-02T00:00:00Z p",
		},
		{
			"a trial, then what was before",
			[]schema.Change{update("s", "2024-03-01T10:00:00Z", "basic"), schedule("t", "2026-11-01T00:00:00Z", "business_plus", "2026-12-01T00:00:00Z", "basic", "2027-01-15T00:00:00Z")},
			"2026-11-15T00:00:00Z", "1 basic current since 2024-03-01T10:00:00Z s, next business_plus 2026-12-01T00:00:00Z t, then basic 2027-01-15T00:00:00Z t",
		},
		{
			"an offer of the same level changes no level",
			[]schema.Change{business, schedule("t", "2026-11-01T00:00:00Z", "business", "2026-11-02T00:00:00Z", "business", "2027-02-01T00:00:00Z")},
			"2026-11-15T00:00:00Z", "1 business ending since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z",
		},
		{
			"a schedule into a plan that will have ended",
			[]schema.Change{schedule("t", "2026-11-01T00:00:00Z", "enterprise", "2026-11-02T00:00:00Z", "developer", "2027-02-01T00:00:00Z")},
			"2027-02-01T00:00:00Z", "1 developer ended since 2027-02-01T00:00:00Z t scheduled, ends 2027-01-01T00:00:00Z",
		},
		{
			"a schedule that a later change cancels is told until then",
			[]schema.Change{business, schedule("p", "2026-11-01T00:00:00Z", "enterprise", dayOf, "", ""), update("q", "2026-12-15T00:00:00Z", "business_plus")},
			"2026-12-14T00:00:00Z", "1 business ending since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z, next enterprise 2027-01-01T00:00:00Z p",
		},
		{
			"and no longer",
			[]schema.Change{business, schedule("p", "2026-11-01T00:00:00Z", "enterprise", dayOf, "", ""), update("q", "2026-12-15T00:00:00Z", "business_plus")},
			dayAfter, "1 business_plus current since 2026-12-15T00:00:00Z q",
		},
		{"denied", []schema.Change{business, denied}, dayAfter, "1 business ended since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z"},
		{"failed", []schema.Change{business, failed}, dayBefore, "1 business ending since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z"},
		{"only denied", []schema.Change{denied}, dayAfter, "1 unknown unknown"},
		{"asked for after its end", []schema.Change{update("l", dayAfter, "business")}, dayAfter, "1 business ended since 2027-01-02T00:00:00Z l, ends 2027-01-01T00:00:00Z"},
		{"a level of tomorrow", []schema.Change{update("u", dayBefore, "BUSINESS_PLUS_2027")}, dayAfter, "1 BUSINESS_PLUS_2027 unlisted since 2026-12-31T12:00:00Z u"},
		{"at the instant of the change", []schema.Change{business}, "2024-03-01T10:00:00Z", "1 business ending since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z"},
		{"before any change", []schema.Change{business}, "2024-03-01T09:59:59Z", ""},
		{
			"before the first level, with a schedule",
			[]schema.Change{schedule("p", "2026-11-01T00:00:00Z", "enterprise", dayOf, "", "")},
			dayBefore, "1 unknown unknown, next enterprise 2027-01-01T00:00:00Z p",
		},
		{
			"two accounts",
			[]schema.Change{other, business},
			dayBefore, "1 business ending since 2024-03-01T10:00:00Z b, ends 2027-01-01T00:00:00Z; 2 basic current since 2026-01-01T00:00:00Z o",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 2 {
				if got := currents(schema.Currents(test.changes, clock(t, test.at))); got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
				rand.Shuffle(len(test.changes), func(i, j int) { test.changes[i], test.changes[j] = test.changes[j], test.changes[i] })
			}
		})
	}
}

func clock(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// currents writes current levels as the tests do.
func currents(all []schema.Current) string {
	instant := func(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999Z") }
	var texts []string
	for _, c := range all {
		text := c.Account + " " + c.Level + " " + c.Status
		if !c.Since.IsZero() {
			text += fmt.Sprintf(" since %s %s", instant(c.Since), c.EventID)
		}
		if c.Scheduled {
			text += " scheduled"
		}
		if !c.Ends.IsZero() {
			text += ", ends " + instant(c.Ends)
		}
		for _, next := range []struct {
			word   string
			period schema.Period
		}{{"next", c.Next}, {"then", c.Then}} {
			if next.period.Level != "" {
				text += fmt.Sprintf(", %s %s %s %s", next.word, next.period.Level, instant(next.period.From), next.period.EventID)
			}
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}
