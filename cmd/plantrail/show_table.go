package main

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/accounts"
	"plantrail/schema"
)

// How much of names and of an operation must stay to tell them.
const (
	readablePerson = 20
	readableWhat   = 14
)

// writeChanges prints the changes as a table whose lines are at most limit wide,
// if it is not 0. What does not fit goes in this order: the error, the channel, the
// source and the seconds; the operation, where the level says what was asked for; the
// role that a person came in.
// Where time, account, person, what and outcome do not fit beside each other, each
// change is some lines. Names of accounts, where they are known, go before that.
func writeChanges(w io.Writer, changes []schema.Change, names accounts.Names, limit int) error {
	second := column[schema.Change]{name: "time (UTC)", text: func(c *schema.Change) string { return c.Time.UTC().Format(time.DateTime) }}
	minute := column[schema.Change]{name: "time (UTC)", text: func(c *schema.Change) string { return c.Time.UTC().Format("2006-01-02 15:04") }}
	account := column[schema.Change]{name: "account", text: func(c *schema.Change) string { return c.Account }}
	actor := column[schema.Change]{name: "actor", text: func(c *schema.Change) string { return c.By() }}
	person := column[schema.Change]{name: "actor", text: person, least: readablePerson}
	operation := column[schema.Change]{name: "operation", text: func(c *schema.Change) string { return c.Operation }}
	level := column[schema.Change]{name: "level", text: levelsAsked}
	briefly := column[schema.Change]{name: "level", text: brief}
	what := column[schema.Change]{name: "what", text: what, least: readableWhat}
	outcome := column[schema.Change]{name: "outcome", text: func(c *schema.Change) string { return c.Outcome }}
	source := column[schema.Change]{name: "source", text: func(c *schema.Change) string { return c.SourceIP }}
	channel := column[schema.Change]{name: "channel", text: func(c *schema.Change) string { return c.Channel }}
	problem := column[schema.Change]{name: "error", text: func(c *schema.Change) string { return c.Error }}
	name := column[schema.Change]{name: "name", text: func(c *schema.Change) string { return names[c.Account] }, least: readableName, leaves: 1}
	type columns = []column[schema.Change]
	readable := columns{minute, account, person, what, outcome}
	if limit > 0 && !fits(readable, changes, limit) {
		rest := columns{actor, what}
		if names != nil {
			rest = slices.Insert(rest, 0, name)
		}
		return writeBlocks(w, changes, limit, columns{minute, account, outcome}, rest)
	}
	layouts := []columns{
		{second, account, actor, operation, level, outcome, source, channel, problem},
		{second, account, actor, operation, level, outcome, source, channel},
		{second, account, actor, operation, level, outcome, source},
		{minute, account, actor, operation, level, outcome},
		{minute, account, actor, operation, briefly, outcome},
		{minute, account, actor, what, outcome},
		readable,
	}
	if names != nil {
		for i, layout := range layouts {
			layouts[i] = slices.Insert(layout, 2, name)
		}
	}
	return writeGrid(w, changes, limit, layouts...)
}

// person returns who made a change, without the role that stands in brackets after the
// person's name: of what a service did, for whom.
func person(c *schema.Change) string {
	actor, by := c.Actor, ""
	if c.AgreedBy != "" {
		actor, by = c.AgreedBy, "for "
	}
	whole := schema.Person(actor)
	if name, _, found := strings.Cut(whole, " ("); found && whole != actor {
		return by + name
	}
	return by + whole
}

// levelsAsked returns the levels that a change asks for, in their order, and the days of
// those in a schedule: it changes nothing on the day that it is made.
func levelsAsked(c *schema.Change) string {
	s := c.Schedule
	first, then := from(s.StartLevel, s.StartTime), from(s.EndLevel, s.EndTime)
	switch {
	case s.StartLevel != "" && s.EndLevel != "" && !s.EndTime.IsZero():
		first, then = first+" until "+day(s.EndTime), "then "+s.EndLevel
	case s.EndLevel == "" && !s.EndTime.IsZero():
		then = "until " + day(s.EndTime)
	}
	return listed(c.Level, first, then)
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// from returns a level and since when it is, as far as both are known.
func from(level string, since time.Time) string {
	if level == "" || since.IsZero() {
		return level
	}
	return level + " from " + day(since)
}

// listed joins the texts that there are.
func listed(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), ", ")
}

// brief returns the levels in fewer words.
func brief(c *schema.Change) string {
	s := c.Schedule
	first, then := from(s.StartLevel, s.StartTime), from(s.EndLevel, s.EndTime)
	if s.EndLevel == s.StartLevel {
		then = "" // of one offer, then of another
	} else if s.StartLevel != "" && s.EndLevel != "" {
		then = "then " + s.EndLevel
	}
	return listed(c.Level, first, then)
}

// what returns in few words what a change asks for: levels, or else the operation
// without the words that all operations of the service have.
func what(c *schema.Change) string {
	operation := c.Operation
	for _, word := range []string{"SupportPlan", "Support"} {
		if before, after, found := strings.Cut(operation, word); found && before != "" && after != "" {
			operation = before + after
			break
		}
	}
	return cmp.Or(brief(c), operation)
}
