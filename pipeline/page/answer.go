package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/state"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// answers are what people ask first.
type answers struct {
	Alarm    string   // that there is nothing to answer from
	At       string   // the day of which the levels are told
	Lines    []string // the answers in a sentence each
	Plans    []planRow
	Ends     []endRow
	MoreEnds int
	Changed  changed
	Audit    []auditRow
}

// A planRow is how many accounts have a plan.
type planRow struct {
	Name, Class, Initials string
	Ends                  string
	Count                 int
	Accounts              []who
	More                  []who // beside them
	Left                  int   // and so many
}

// An endRow is an account on a plan that ends.
type endRow struct {
	Who               who
	Plan, Class       string
	Since, Ends, Left string
	Next, Known       string
}

// belief is what is believed of an account at the page's instant.
type belief struct {
	schema.Current
	known string // until when, in words
}

// beliefs returns what is believed of every account that was heard of, in order.
func (p *Page) beliefs() (all []belief) {
	ids := map[string]bool{}
	for _, u := range p.coverage.units {
		ids[u.Account] = true
	}
	for id := range p.accounts {
		ids[id] = true
	}
	for id := range p.config.Names {
		if p.config.shows(id) {
			ids[id] = true
		}
	}
	current := map[string]schema.Current{}
	for _, c := range schema.Currents(p.levels, p.config.at()) {
		current[c.Account] = c
		ids[c.Account] = true
	}
	whole := p.whole()
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		b := belief{Current: schema.Current{Account: id, Level: schema.Unknown, Status: schema.PlanUnknown}}
		if c, ok := current[id]; ok {
			b.Current = c
		}
		b.known = knownUntil(whole, id, trail.DayOf(p.config.at()))
		all = append(all, b)
	}
	return all
}

// whole returns how far what is known of each account reaches.
func (p *Page) whole() map[string]state.Whole {
	reaches := make([]state.Reach, 0, len(p.coverage.units))
	for _, u := range p.coverage.units {
		reaches = append(reaches, u.Reach)
	}
	return state.Accounts(reaches)
}

// knownUntil says until when an account's level is known, where that is not the end
// of what is settled.
func knownUntil(whole map[string]state.Whole, account string, at trail.Day) string {
	w, ok := whole[account]
	switch {
	case !ok:
		return "never read"
	case w.Last == 0:
		return "no log file found"
	case len(w.Settled) == 0:
		return "no day settled in every region"
	case w.Last < w.Settled.Last() && w.Last < at:
		return "known until " + w.Last.String() + ": no log file after it"
	case w.Settled.Last() < at:
		return "known until " + w.Settled.Last().String()
	}
	return ""
}

// answers lays out the answers.
func (p *Page) answers() answers {
	at, all := p.config.at(), p.beliefs()
	a := answers{Alarm: p.alarm(), At: at.Format(time.DateOnly), Plans: p.plans(all), Changed: p.changedIn(), Audit: p.audit(all)}
	var ending []belief
	for _, b := range all {
		if b.Status == schema.PlanEnding || b.Status == schema.PlanEnded {
			ending = append(ending, b)
		}
	}
	slices.SortStableFunc(ending, func(a, b belief) int { return a.Ends.Compare(b.Ends) })
	for _, b := range ending {
		class, _ := style(b.Level)
		a.Ends = append(a.Ends, endRow{
			Who: p.who(b.Account), Plan: planShown(b.Level), Class: class, Since: b.Since.Format(time.DateOnly),
			Ends: b.Ends.Format(time.DateOnly), Left: left(b.Ends, at), Next: next(b), Known: b.known,
		})
	}
	if a.MoreEnds = max(0, len(a.Ends)-p.config.Lanes); a.MoreEnds > 0 {
		a.Ends = a.Ends[:p.config.Lanes]
	}
	if a.Alarm == "" {
		a.Lines = []string{whoHasWhat(a.Plans, len(all)), whatEnds(ending, all, at), a.Changed.Line}
	}
	return a
}

// left says how long it is to a plan's end.
func left(ends, at time.Time) string {
	days := int(trail.DayOf(ends) - trail.DayOf(at))
	if days > 0 {
		return counted(days, "day", "days")
	}
	return "ended; no event tells what followed"
}

// next says what is scheduled after a level.
func next(b belief) string {
	var parts []string
	for _, p := range []schema.Period{b.Next, b.Then} {
		if p.Level != "" {
			parts = append(parts, planShown(p.Level)+" from "+p.From.Format(time.DateOnly))
		}
	}
	return strings.Join(parts, ", then ")
}

// plans counts the accounts of each plan, the highest first.
func (p *Page) plans(all []belief) (rows []planRow) {
	of := map[string][]who{}
	for _, b := range all {
		of[b.Level] = append(of[b.Level], p.who(b.Account))
	}
	rank := func(level string) int {
		return slices.IndexFunc(schema.Plans(), func(p schema.Plan) bool { return p.Level == level })
	}
	levels := slices.Collect(maps.Keys(of))
	slices.SortFunc(levels, func(a, b string) int {
		return cmp.Or(cmp.Compare(b2i(a == schema.Unknown), b2i(b == schema.Unknown)), cmp.Compare(rank(b), rank(a)), cmp.Compare(a, b))
	})
	for _, level := range levels {
		class, _ := style(level)
		accounts := of[level]
		row := planRow{Name: planShown(level), Class: class, Initials: initials(level), Count: len(accounts)}
		if plan, ok := schema.PlanOf(level); ok && !plan.Ends.IsZero() {
			row.Ends = "ends " + plan.Ends.Format(time.DateOnly)
		} else if !ok && level != schema.Unknown {
			row.Ends = "as written in the event; no plan known here"
		}
		shown := min(len(accounts), p.config.Answers)
		row.Accounts, row.More = accounts[:shown], accounts[shown:]
		if row.Left = max(0, len(row.More)-p.config.Lanes); row.Left > 0 {
			row.More = row.More[:p.config.Lanes]
		}
		rows = append(rows, row)
	}
	return rows
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func whoHasWhat(plans []planRow, accounts int) string {
	var parts []string
	for _, row := range plans {
		parts = append(parts, fmt.Sprintf("%d %s", row.Count, row.Name))
	}
	return counted(accounts, "account", "accounts") + ": " + listed(parts) + "."
}

// whatEnds says how many accounts are on plans that end, and how many may be.
func whatEnds(ending, all []belief, at time.Time) string {
	var unknown int
	for _, b := range all {
		if b.Status == schema.PlanUnknown || b.Status == schema.PlanUnlisted {
			unknown++
		}
	}
	line := "No account is known to be on a plan that ends"
	if len(ending) > 0 {
		of, first := map[string]int{}, ending[0]
		for _, b := range ending {
			of[planShown(b.Level)]++
		}
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(of)) {
			parts = append(parts, fmt.Sprintf("%d %s", of[name], name))
		}
		when := "on a plan that ends on " + first.Ends.Format("2 January 2006") + ", in " + left(first.Ends, at)
		if first.Status == schema.PlanEnded {
			when = "on a plan that has ended on " + first.Ends.Format("2 January 2006") + ", as far as events tell"
		}
		line = counted(len(ending), "account is", "accounts are") + " " + when + ": " + listed(parts)
	}
	if unknown > 0 {
		line += "; of " + counted(unknown, "account", "accounts") + " the plan is not known"
	}
	return line + "."
}
