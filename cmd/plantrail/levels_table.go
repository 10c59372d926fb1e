package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/levels"
	"plantrail/schema"
)

// readableName is how much of a name or a plan must stay to tell it.
const readableName = 12

// writeLevels prints the accounts as a table whose lines are at most limit wide, if
// it is not 0. What does not fit goes in this order: the event, the actor, the words
// beside an ended plan and beside how far the knowledge reaches, the name, how far it
// reaches, since when. Account and plan stay, and what ends and comes next as far as it
// can be read.
func writeLevels(w io.Writer, all []levels.Account, config levels.Config, limit int) error {
	type c = column[levels.Account]
	account := c{name: "account", text: func(a *levels.Account) string { return a.Account }}
	name := c{name: "name", text: func(a *levels.Account) string { return a.Name }, least: readableName, leaves: 1}
	plan := c{name: "plan", text: func(a *levels.Account) string { return planText(a, config.At) }}
	planBrief := c{name: "plan", text: planBriefly, least: len("Unified Operations")}
	since := c{name: "since", text: func(a *levels.Account) string { return dateOf(a.Since) }, leaves: 3}
	ends := c{name: "ends", text: func(a *levels.Account) string { return endsText(a, config.At) }}
	next := c{name: "next", text: nextText, least: readableName}
	known := c{name: "known until", text: knownText}
	knownBrief := c{name: "known until", text: knownBriefly, leaves: 2}
	actor := c{name: "by", text: func(a *levels.Account) string { return schema.Person(a.Actor) }, least: readableName}
	event := c{name: "event", text: func(a *levels.Account) string { return a.EventID }}
	layouts := [][]c{
		{account, plan, since, ends, next, known, actor, event},
		{account, plan, since, ends, next, known, actor},
		{account, plan, since, ends, next, known},
		{account, planBrief, since, ends, next, knownBrief},
	}
	if config.Names != nil {
		for i, layout := range layouts {
			layouts[i] = slices.Insert(layout, 1, name)
		}
	}
	return writeGrid(w, all, limit, layouts...)
}

// planName returns what AWS calls the plan of a level.
func planName(level string) string {
	plan, ok := schema.PlanOf(level)
	switch {
	case ok:
		return plan.Name
	case level == schema.Unknown:
		return "not known"
	}
	return level + " (as written)"
}

// planText says what plan an account has, or what is known instead: of one without a
// change, since when it has been looked at.
func planText(a *levels.Account, at time.Time) string {
	switch {
	case a.Status == schema.PlanEnded:
		return planName(a.Level) + ": ended; not known what followed"
	case a.Status == schema.PlanUnknown && len(a.Known) > 0 && !a.Known.First().Time().After(at):
		return planName(a.Level) + ": unchanged since " + a.Known.First().String()
	}
	return planName(a.Level)
}

// planBriefly leaves to the notes what an ended plan means.
func planBriefly(a *levels.Account) string {
	if a.Status == schema.PlanEnded {
		return planName(a.Level) + " (ended)"
	}
	return planName(a.Level)
}

func dateOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// endsText says when a plan ends, and in how many days: those that the day of the
// end is after that of the instant.
func endsText(a *levels.Account, at time.Time) string {
	switch a.Status {
	case schema.PlanEnding:
		return dateOf(a.Ends) + " (" + counted(daysUntil(a.Ends, at), "day", "days") + ")"
	case schema.PlanEnded:
		return dateOf(a.Ends)
	}
	return ""
}

func daysUntil(end, at time.Time) int64 {
	day := 24 * time.Hour
	return int64(end.UTC().Truncate(day).Sub(at.UTC().Truncate(day)) / day)
}

// nextText says what is scheduled. That of a plan that has ended by then, nobody
// will get.
func nextText(a *levels.Account) string {
	var parts []string
	for _, p := range []schema.Period{a.Next, a.Then} {
		if p.Level == "" {
			continue
		}
		text := planName(p.Level) + " on " + dateOf(p.From)
		if schema.PlanStatus(p.Level, p.From) == schema.PlanEnded {
			text += " (ended by then)"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", then ")
}

// knownText says until which day all is known, and how much of it is not.
func knownText(a *levels.Account) string {
	switch {
	case a.Regions == 0 && a.Rows:
		return "not known" // rows of single files, or of another account's log files
	case a.Regions == 0:
		return "never read"
	case a.First == 0:
		return "no log file yet"
	case len(a.Known) == 0:
		return "no day settled yet"
	}
	but := gaps(a)
	if a.Silent() {
		but = append([]string{"no log file since"}, but...)
	}
	if len(but) == 0 {
		return a.Known.Last().String()
	}
	return a.Known.Last().String() + " (" + strings.Join(but, ", ") + ")"
}

// knownBriefly only says whether there are gaps.
func knownBriefly(a *levels.Account) string {
	if len(a.Known) > 0 && len(gaps(a)) > 0 {
		return a.Known.Last().String() + " (gaps)"
	}
	text, _, _ := strings.Cut(knownText(a), " (")
	return text
}

// gaps says what is not known before the last day that is.
func gaps(a *levels.Account) (but []string) {
	if missing := a.Missing(); missing > 0 {
		but = append(but, counted(int64(missing), "day missing", "days missing"))
	}
	if a.Failed > 0 {
		but = append(but, counted(int64(a.Failed), "log file failed", "log files failed"))
	}
	if n := len(a.Behind); n > 0 {
		but = append(but, counted(int64(n), "region behind", "regions behind"))
	}
	return but
}

// maxPlans is how many plans the notes count: all that AWS has, and some as written.
const maxPlans = 12

// levelNotes says what the table of accounts does not: how many have which plan, and
// what ends when.
func levelNotes(all []levels.Account, at, now time.Time) (notes []string) {
	if len(all) == 0 {
		return []string{"no accounts: neither the table, nor its state, nor --accounts names one that was asked for"}
	}
	if at.After(now) {
		notes = append(notes, "that is still to come: told is what is scheduled by now")
	}
	plans, ending, ended := map[string]int64{}, map[time.Time]int64{}, int64(0)
	for i := range all {
		plans[planName(all[i].Level)]++
		switch all[i].Status {
		case schema.PlanEnding:
			ending[all[i].Ends]++
		case schema.PlanEnded:
			ended++
		}
	}
	names := slices.SortedFunc(maps.Keys(plans), func(a, b string) int { return cmp.Or(cmp.Compare(plans[b], plans[a]), cmp.Compare(a, b)) })
	var parts []string
	for _, name := range names[:min(len(names), maxPlans)] {
		parts = append(parts, fmt.Sprintf("%s %d", name, plans[name]))
	}
	if more := len(names) - len(parts); more > 0 {
		parts = append(parts, counted(int64(more), "other level", "other levels"))
	}
	notes = append(notes, counted(int64(len(all)), "account", "accounts")+": "+strings.Join(parts, ", "))
	for _, end := range slices.SortedFunc(maps.Keys(ending), time.Time.Compare) {
		notes = append(notes, fmt.Sprintf("%s on a plan that ends on %s, in %s",
			counted(ending[end], "account is", "accounts are"), dateOf(end), counted(daysUntil(end, at), "day", "days")))
	}
	if ended > 0 {
		notes = append(notes, counted(ended, "account was", "accounts were")+" on a plan that has ended: look in AWS at what followed")
	}
	return notes
}
