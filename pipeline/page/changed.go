package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plantrail/schema"
)

// changed is what has changed in the period, and by whom.
type changed struct {
	Period string
	Line   string
	Rows   []changedRow
	More   int
	Beside string // calls that changed nothing
}

// A changedRow is an accepted change.
type changedRow struct {
	Time    string
	Who     who
	Before  string
	What    []text
	By      text
	Channel text
}

// recently is the period of the answer where nobody asks for another.
const recently = 31 * 24 * time.Hour

// span returns the period that the answer is about.
func (p *Page) span() (from, to time.Time, words string) {
	to = p.config.at()
	from = p.config.Since
	if from.IsZero() {
		from = to.Add(-recently)
		return from, to, "in the 31 days to " + to.Format(time.DateOnly)
	}
	return from, to, "from " + from.Format(time.DateOnly) + " to " + to.Format(time.DateOnly)
}

// changedIn tells the changes of the period.
func (p *Page) changedIn() changed {
	from, to, words := p.span()
	out := changed{Period: words}
	before := p.before()
	by, beside := map[string]int{}, map[string]int{}
	count := 0
	for i := range p.changes {
		c := &p.changes[i]
		if c.Time.Before(from) || c.Time.After(to) {
			continue
		}
		if c.Outcome != schema.Accepted {
			beside[c.Outcome]++
			continue
		}
		count++
		by[c.By()]++
		if len(out.Rows) == p.config.Answers {
			out.More++
			continue
		}
		row := changedRow{
			Time: minute(c.Time), Who: p.who(c.Account), Before: planShown(before(c)), By: textOf(c.By()), Channel: textOf(c.Channel),
		}
		for _, what := range asked(c) {
			row.What = append(row.What, textOf(what))
		}
		if len(row.What) == 0 {
			row.What = []text{textOf(c.Operation)}
		}
		out.Rows = append(out.Rows, row)
	}
	switch {
	case count > 0:
		out.Line = fmt.Sprintf("%s %s, by %s.", counted(count, "change", "changes"), words, listed(mostOf(by)))
	default:
		out.Line = "No change seen " + words + p.lastChange(from) + "."
	}
	var parts []string
	for _, outcome := range outcomes() {
		if n := beside[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	if len(parts) > 0 {
		out.Beside = "Beside these, " + listed(parts) + ": they changed nothing."
	}
	return out
}

// lastChange tells the newest change of a level before a time.
func (p *Page) lastChange(before time.Time) string {
	for i := range p.levels {
		if c := &p.levels[i]; c.Time.Before(before) {
			return "; the last was on " + c.Time.Format(time.DateOnly) + ", by " + Visible(bounded(c.By(), headRunes))
		}
	}
	return ""
}

// before returns a function that tells which level an account had before a change.
func (p *Page) before() func(*schema.Change) string {
	periods := map[string][]schema.Period{}
	for _, period := range schema.Timeline(p.levels) {
		periods[period.Account] = append(periods[period.Account], period)
	}
	return func(c *schema.Change) string {
		level := schema.Unknown
		for _, period := range periods[c.Account] {
			if period.From.Before(c.Time) {
				level = period.Level
			}
		}
		return level
	}
}

// mostActors is how many are named in a sentence.
const mostActors = 3

// mostOf names those who come most often, and counts the others.
func mostOf(by map[string]int) (parts []string) {
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	for _, name := range names[:min(len(names), mostActors)] {
		parts = append(parts, fmt.Sprintf("%s (%d)", Visible(bounded(name, headRunes)), by[name]))
	}
	if more := len(names) - mostActors; more > 0 {
		parts = append(parts, counted(more, "other", "others"))
	}
	return parts
}

// operation says what a change asks for.
func operation(c *schema.Change) string {
	return strings.TrimSpace(c.Operation + " " + strings.Join(asked(c), ", "))
}

// asked returns the levels that a change asks for, and what a schedule offers.
func asked(c *schema.Change) (levels []string) {
	if c.Level != "" {
		levels = append(levels, planName(c.Level))
	}
	for _, s := range []struct {
		level, offer string
		at           time.Time
	}{{c.Schedule.StartLevel, c.Schedule.StartOffer, c.Schedule.StartTime}, {c.Schedule.EndLevel, c.Schedule.EndOffer, c.Schedule.EndTime}} {
		if s.level == "" {
			continue
		}
		text := planName(s.level)
		if !s.at.IsZero() {
			text += " from " + minute(s.at)
		}
		if s.offer != "" {
			text += ", offer " + s.offer
		}
		levels = append(levels, text)
	}
	return levels
}
