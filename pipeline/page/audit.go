package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// An auditRow is a line of what an auditor asks of a page.
type auditRow struct {
	Name  string
	Lines []string
}

// maxNamed is how many things a line of the audit names.
const maxNamed = 6

// alarm says that there is nothing to answer from, "" if there is.
func (p *Page) alarm() string {
	logFiles := 0
	for _, u := range p.coverage.units {
		logFiles += u.LogFiles
	}
	here := ""
	if p.scope() != "" {
		here = " of what this page is about"
	}
	switch {
	case p.rows > 0 || len(p.levels) > 0:
		return ""
	case p.later > 0:
		return "All events are later than this page's period. It answers nothing."
	case len(p.coverage.units) == 0:
		return "Nothing has been read" + here + ". This page answers nothing: who has which plan, and whether anybody changed one, is not known."
	case logFiles == 0:
		return "No log file has been found" + here + ". This page answers nothing: who has which plan, and whether anybody changed one, is not known."
	}
	return ""
}

// audit says what the page rests on.
func (p *Page) audit(all []belief) []auditRow {
	from, to, _ := p.span()
	period := "all that was read, to " + minute(to) + " UTC"
	if !p.config.Since.IsZero() {
		period = minute(from) + " to " + minute(to) + " UTC"
	}
	events := "no Support Plans event"
	if p.rows > 0 {
		events = fmt.Sprintf("%s Support Plans %s, %s to %s UTC", humanize.Comma(p.rows), plural(p.rows, "event", "events"), minute(p.from), minute(p.to))
	}
	if p.later > 0 {
		events += fmt.Sprintf("; %s later, left out", humanize.Comma(p.later))
	}
	read := []string{"no log file is remembered", events}
	if summary := p.summary(trail.DayOf(p.config.Now)); summary != "" {
		read[0] = summary
	}
	if alone := p.alone(); alone != "" {
		read = append(read, alone)
	}
	accounts, regions := p.places(all)
	return []auditRow{
		{"Period", []string{period}},
		{"Accounts", []string{accounts}},
		{"Regions", []string{regions}},
		{"Read", read},
		{"Failed", p.failures()},
		{"Not known", p.unknown(all)},
	}
}

// alone says of which days Event history alone tells, "" if there are none.
func (p *Page) alone() string {
	days, of := 0, map[string]bool{}
	for _, u := range p.coverage.units {
		if len(u.Alone) > 0 {
			days += u.Alone.Count()
			of[p.called(u.Account)+" in "+Visible(u.Region)+", "+daysText(u.Alone)] = true
		}
	}
	if days == 0 {
		return ""
	}
	return counted(days, "day", "days") + " of " + counted(len(of), "account and region", "accounts and regions") +
		" known from Event history alone, which carries no signatures: " + someOf(of, func(s string) string { return s })
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// places counts and names the accounts and regions that were read.
func (p *Page) places(all []belief) (accounts, regions string) {
	read, of := map[string]bool{}, map[string]bool{}
	for _, u := range p.coverage.units {
		read[u.Account], of[u.Region] = true, true
	}
	accounts = counted(len(read), "account", "accounts") + " read"
	if len(read) > 0 {
		accounts += ": " + someOf(read, p.called)
	}
	if beside := len(all) - len(read); beside > 0 {
		accounts += "; " + counted(beside, "account is", "accounts are") + " known from events or the list of accounts alone"
	}
	if len(of) == 0 {
		return accounts, "none read"
	}
	return accounts, fmt.Sprintf("%d read: %s", len(of), someOf(of, func(s string) string { return Visible(bounded(s, headRunes)) }))
}

// someOf names some of a set, and counts the others.
func someOf(set map[string]bool, name func(string) string) string {
	keys := slices.Sorted(maps.Keys(set))
	var parts []string
	for _, key := range keys[:min(len(keys), maxNamed)] {
		parts = append(parts, name(key))
	}
	if more := len(keys) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return listed(parts)
}

// failures says what could not be read.
func (p *Page) failures() []string {
	failed, units := 0, map[string]bool{}
	for _, u := range p.coverage.units {
		if len(u.Failed) > 0 {
			failed += len(u.Failed)
			units[p.called(u.Account)+" "+Visible(u.Region)] = true
		}
	}
	var lines []string
	if failed > 0 {
		lines = append(lines, counted(failed, "log file", "log files")+" of "+someOf(units, func(s string) string { return s })+", each named below under What has been read")
	}
	if n := len(p.coverage.unreadable); n > 0 {
		lines = append(lines, counted(n, "state document", "state documents")+" that cannot be read, named below")
	}
	if len(lines) == 0 {
		return []string{"nothing that the table remembers"}
	}
	return lines
}

// unknown says what this page cannot tell.
func (p *Page) unknown(all []belief) (lines []string) {
	add := func(n int, one, many, of string) {
		if n > 0 {
			lines = append(lines, counted(n, one, many)+of)
		}
	}
	unknown, unlisted, never, stopped := 0, 0, map[string]bool{}, map[string]bool{}
	for _, b := range all {
		switch b.Status {
		case schema.PlanUnknown:
			unknown++
		case schema.PlanUnlisted:
			unlisted++
		}
		if b.known == "never read" {
			never[b.Account] = true
		} else if b.known != "" {
			stopped[b.Account] = true
		}
	}
	add(unknown, "account", "accounts", ": the plan, because no accepted change was seen")
	add(unlisted, "account", "accounts", ": which plan AWS means by the level, which stands as written")
	if len(never) > 0 {
		lines = append(lines, counted(len(never), "account", "accounts")+" never read: "+someOf(never, p.called))
	}
	if whole := p.whole(); len(stopped) > 0 {
		lines = append(lines, counted(len(stopped), "account", "accounts")+" of which knowledge ends before this page's day: "+
			someOf(stopped, func(id string) string { return p.called(id) + ", " + knownUntil(whole, id, trail.DayOf(p.config.at())) }))
	}
	missing, empty, unsettled, other := 0, 0, 0, 0
	for _, u := range p.coverage.units {
		missing += u.Missing.Count()
		empty += u.shownEmpty().Count()
		unsettled += b2i(len(u.Settled) == 0)
		other += b2i(u.Other)
	}
	add(missing, "day", "days", " of accounts and regions that no run has finished")
	add(empty, "day", "days", " of accounts and regions without any log file: quiet, or not recorded")
	add(unsettled, "account and region has", "accounts and regions have", " no settled day yet")
	add(other, "account and region was", "accounts and regions were", " searched for other events")
	if p.cut {
		lines = append(lines, "levels of long ago: there are too many changes to follow them all")
	}
	return append(lines, "whether AWS did as it was asked, and changes made where no trail records")
}

// shownEmpty returns the days without a log file since the first that had one.
func (u *unit) shownEmpty() trail.Days {
	if first := u.begin(); first > 0 {
		return u.Empty.Within(trail.Span{From: first, To: trail.LastDay})
	}
	return nil
}

// emptyText says on which days there was no log file.
func (u *unit) emptyText() string {
	empty := u.shownEmpty()
	if len(empty) == 0 {
		if u.LogFiles == 0 {
			return "all"
		}
		return ""
	}
	text := counted(empty.Count(), "day", "days")
	if u.Last > 0 && len(u.Settled) > 0 && u.Last < u.Settled.Last() {
		text += "; none since " + u.Last.Time().Format(time.DateOnly)
	}
	return strings.TrimSpace(text)
}
