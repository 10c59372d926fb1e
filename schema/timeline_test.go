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

func TestTimeline(t *testing.T) {
	update := func(id, when, level string) schema.Change {
		return schema.Change{Account: "1", EventID: id, Time: at(t, when), Level: level, Outcome: schema.Accepted}
	}
	schedule := func(id, when, level, start, endLevel, end string) schema.Change {
		c := update(id, when, "")
		c.Schedule = schema.ScheduledLevels{StartLevel: level, StartTime: at(t, start), EndLevel: endLevel, EndTime: at(t, end)}
		return c
	}
	refused := update("x", "2024-02-02", "enterprise")
	refused.Outcome = schema.Denied
	elsewhere := update("z", "2024-01-15", "business")
	elsewhere.Account = "2"
	tests := []struct {
		name    string
		changes []schema.Change
		want    string
	}{
		{"nothing", nil, ""},
		{"only a refusal", []schema.Change{refused}, "1 unknown … …"},
		{"a change", []schema.Change{update("a", "2024-01-01", "business")}, "1 unknown … 2024-01-01; 1 business 2024-01-01 … a"},
		{
			"a refusal between",
			[]schema.Change{update("a", "2024-01-01", "business"), refused, update("b", "2024-03-01", "basic")},
			"1 unknown … 2024-01-01; 1 business 2024-01-01 2024-03-01 a; 1 basic 2024-03-01 … b",
		},
		{
			"the same level again",
			[]schema.Change{update("a", "2024-01-01", "business"), update("b", "2024-02-01", "business"), update("c", "2024-03-01", "basic")},
			"1 unknown … 2024-01-01; 1 business 2024-01-01 2024-03-01 a; 1 basic 2024-03-01 … c",
		},
		{
			"a call without a level",
			[]schema.Change{update("a", "2024-01-01", "business"), update("b", "2024-02-01", "")},
			"1 unknown … 2024-01-01; 1 business 2024-01-01 … a",
		},
		{
			"a schedule",
			[]schema.Change{update("a", "2024-01-01", "basic"), schedule("b", "2024-02-01", "business", "2024-03-01", "developer", "2024-06-01")},
			"1 unknown … 2024-01-01; 1 basic 2024-01-01 2024-03-01 a; 1 business 2024-03-01 2024-06-01 b scheduled; 1 developer 2024-06-01 … b scheduled",
		},
		{
			"a schedule cancelled by a change",
			[]schema.Change{schedule("b", "2024-02-01", "business", "2024-03-01", "developer", "2024-06-01"), update("c", "2024-04-01", "basic")},
			"1 unknown … 2024-03-01; 1 business 2024-03-01 2024-04-01 b scheduled; 1 basic 2024-04-01 … c",
		},
		{
			"a schedule cancelled by another",
			[]schema.Change{schedule("b", "2024-02-01", "business", "2024-03-01", "basic", "2024-06-01"), schedule("c", "2024-02-02", "developer", "2024-05-01", "", "")},
			"1 unknown … 2024-05-01; 1 developer 2024-05-01 … c scheduled",
		},
		{
			"a schedule left alone by a call without a level",
			[]schema.Change{schedule("b", "2024-02-01", "business", "2024-03-01", "basic", "2024-06-01"), update("c", "2024-02-02", "")},
			"1 unknown … 2024-03-01; 1 business 2024-03-01 2024-06-01 b scheduled; 1 basic 2024-06-01 … b scheduled",
		},
		{
			"a schedule left alone by a refusal",
			[]schema.Change{schedule("b", "2024-02-01", "business", "2024-03-01", "", ""), refused},
			"1 unknown … 2024-03-01; 1 business 2024-03-01 … b scheduled",
		},
		{
			"a schedule due when the next change comes",
			[]schema.Change{schedule("b", "2024-02-01", "business", "2024-03-01", "", ""), update("c", "2024-03-01", "basic")},
			"1 unknown … 2024-03-01; 1 basic 2024-03-01 … c",
		},
		{
			"a schedule that begins in the past",
			[]schema.Change{schedule("b", "2024-02-01", "business", "2023-01-01", "basic", "2024-06-01")},
			"1 unknown … 2024-02-01; 1 business 2024-02-01 2024-06-01 b scheduled; 1 basic 2024-06-01 … b scheduled",
		},
		{
			"a schedule wholly in the past",
			[]schema.Change{schedule("b", "2024-02-01", "business", "2023-01-01", "basic", "2023-06-01")},
			"1 unknown … 2024-02-01; 1 basic 2024-02-01 … b scheduled",
		},
		{
			"a schedule without times",
			[]schema.Change{schedule("b", "2024-02-01", "business", "", "basic", "")},
			"1 unknown … …",
		},
		{
			"two changes at once",
			[]schema.Change{update("b", "2024-01-01", "basic"), update("a", "2024-01-01", "business")},
			"1 unknown … 2024-01-01; 1 basic 2024-01-01 … b",
		},
		{
			"two accounts",
			[]schema.Change{elsewhere, update("a", "2024-01-01", "basic")},
			"1 unknown … 2024-01-01; 1 basic 2024-01-01 … a; 2 unknown … 2024-01-15; 2 business 2024-01-15 … z",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := periods(schema.Timeline(test.changes)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			shuffled := slices.Clone(test.changes)
			rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			if got := periods(schema.Timeline(shuffled)); got != test.want {
				t.Errorf("in another order: got %s\nwant %s", got, test.want)
			}
		})
	}
}

// periods writes periods as the tests do.
func periods(all []schema.Period) string {
	var texts []string
	for _, p := range all {
		text := fmt.Sprintf("%s %s %s %s %s", p.Account, p.Level, day(p.From), day(p.To), p.EventID)
		if p.Scheduled {
			text += " scheduled"
		}
		texts = append(texts, strings.TrimSpace(text))
	}
	return strings.Join(texts, "; ")
}

func day(t time.Time) string {
	if t.IsZero() {
		return "…"
	}
	return t.Format(time.DateOnly)
}
