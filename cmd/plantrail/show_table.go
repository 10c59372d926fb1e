package main

import (
	"cmp"
	"io"
	"strings"
	"time"

	"plantrail/schema"
)

// readableWidth is how much of a name or an operation must stay to tell it.
const readableWidth = 12

// writeChanges prints the changes as a table whose lines are at most limit wide,
// if it is not 0. What does not fit goes in this order: the error, the channel, the
// source and the seconds; the operation, where the level says what was asked for;
// the outcome; what was asked for. Time, account and person stay.
func writeChanges(w io.Writer, changes []schema.Change, limit int) error {
	second := column[schema.Change]{name: "time (UTC)", text: func(c *schema.Change) string { return c.Time.UTC().Format(time.DateTime) }}
	minute := column[schema.Change]{name: "time (UTC)", text: func(c *schema.Change) string { return c.Time.UTC().Format("2006-01-02 15:04") }}
	account := column[schema.Change]{name: "account", text: func(c *schema.Change) string { return c.Account }}
	actor := column[schema.Change]{name: "actor", text: func(c *schema.Change) string { return c.Actor }, least: readableWidth}
	operation := column[schema.Change]{name: "operation", text: func(c *schema.Change) string { return c.Operation }}
	level := column[schema.Change]{name: "level", text: levels}
	what := column[schema.Change]{name: "what", text: what, least: readableWidth, leaves: 2}
	outcome := column[schema.Change]{name: "outcome", text: func(c *schema.Change) string { return c.Outcome }, leaves: 1}
	source := column[schema.Change]{name: "source", text: func(c *schema.Change) string { return c.SourceIP }}
	channel := column[schema.Change]{name: "channel", text: func(c *schema.Change) string { return c.Channel }}
	problem := column[schema.Change]{name: "error", text: func(c *schema.Change) string { return c.Error }}
	type columns = []column[schema.Change]
	return writeGrid(w, changes, limit,
		columns{second, account, actor, operation, level, outcome, source, channel, problem},
		columns{second, account, actor, operation, level, outcome, source, channel},
		columns{second, account, actor, operation, level, outcome, source},
		columns{minute, account, actor, operation, level, outcome},
		columns{minute, account, actor, what, outcome})
}

// levels returns the levels that a change asks for, in their order, and the days of
// those in a schedule: it changes nothing on the day that it is made.
func levels(c *schema.Change) string {
	on := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.DateOnly)
	}
	schedule := c.Schedule
	start, end := on(schedule.StartTime), on(schedule.EndTime)
	if schedule.EndLevel == schedule.StartLevel && start != "" && end != "" {
		schedule.EndLevel, start = "", start+" and "+end // of one offer, then of another
	}
	var asked []string
	for _, next := range [][2]string{{c.Level, ""}, {schedule.StartLevel, start}, {schedule.EndLevel, end}} {
		switch {
		case next[0] == "":
		case next[1] == "":
			asked = append(asked, next[0])
		default:
			asked = append(asked, next[0]+" on "+next[1])
		}
	}
	return strings.Join(asked, ", ")
}

// what returns in few words what a change asks for: levels, or else the operation
// without the words that all operations of the service have.
func what(c *schema.Change) string {
	brief := *c
	if brief.Schedule.EndLevel == brief.Schedule.StartLevel {
		brief.Schedule.EndLevel, brief.Schedule.EndTime = "", time.Time{}
	}
	operation := c.Operation
	for _, word := range []string{"SupportPlan", "Support"} {
		if before, after, found := strings.Cut(operation, word); found && before != "" && after != "" {
			operation = before + after
			break
		}
	}
	return cmp.Or(levels(&brief), operation)
}
