package page

import (
	"fmt"
	"strings"
	"time"

	"plantrail/pipeline/trail"
)

// A units is what has been read, as a picture and in words.
type units struct {
	From, To   string // the ends of all strips
	Shown      []unitRow
	More       int
	Failed     []failure
	MoreFailed int
	Unreadable []string
	Summary    string
	History    bool // of some days nothing but Event history tells
}

// A unitRow is one unit in words and as a strip.
type unitRow struct {
	Account, Region, Folder text
	State                   string
	Trouble                 bool
	Settled, Open, Missing  string
	Empty                   string // days without a log file
	LogFiles, Failed        int
	Strip                   []piece
	Title                   string
}

// A piece of a strip is some days of one kind.
type piece struct{ X, Width, Class string }

// A failure is a log file that could not be read.
type failure struct {
	Account, Region text
	Key             string // whole: it is what to look for
}

// units lays out what has been read.
func (p *Page) units() units {
	all := p.coverage.units
	today := trail.DayOf(p.config.Now)
	a := axis{from: p.config.Now.Add(-leastPast), to: (today + 1).Time()}
	for _, u := range all {
		if first := u.begin(); first > 0 {
			a.from = earlier(a.from, first.Time())
		}
	}
	out := units{From: a.from.Format(time.DateOnly), To: today.String(), Summary: p.summary(today)}
	for _, name := range p.coverage.unreadable {
		out.Unreadable = append(out.Unreadable, Visible(name))
	}
	places := map[[2]string]int{} // of an account and region
	for _, u := range all {
		places[[2]string{u.Account, u.Region}]++
	}
	for i := range all {
		u := &all[i]
		out.History = out.History || len(u.Alone) > 0
		if len(out.Shown) < p.config.Units {
			row := u.row(a, today)
			switch {
			case u.History:
				row.Folder = textOf("Event history")
			case places[[2]string{u.Account, u.Region}] == 1:
				row.Folder = text{} // nothing to tell apart
			}
			out.Shown = append(out.Shown, row)
		} else {
			out.More++
		}
		for _, key := range u.Failed {
			if len(out.Failed) < p.config.Failed {
				out.Failed = append(out.Failed, failure{textOf(u.Account), textOf(u.Region), Visible(bounded(key, p.config.Text))})
			} else {
				out.MoreFailed++
			}
		}
	}
	return out
}

// begin returns the first day worth showing: the first with log files, or the
// first that was asked for. It is 0 if all history was, and there are none.
func (u *unit) begin() trail.Day {
	first := u.First
	if len(u.Settled) > 0 && u.Settled.First() > 0 && (first == 0 || u.Settled.First() < first) {
		first = u.Settled.First()
	}
	return first
}

// summary says how far all units have been read.
func (p *Page) summary(today trail.Day) string {
	all := p.coverage.units
	if len(all) == 0 {
		return ""
	}
	through, from, logFiles, failed, missing, unsettled := today, trail.Day(0), 0, 0, 0, 0
	files, folders, looked, histories := 0, 0, 0, 0
	for i := range all {
		u := &all[i]
		if u.files() {
			files, folders = files+u.Files, folders+1
			continue
		}
		if u.History {
			looked, histories = looked+u.LogFiles, histories+1
		} else {
			logFiles += u.LogFiles
		}
		failed += len(u.Failed)
		missing += u.Missing.Count()
		if len(u.Settled) == 0 {
			unsettled++
			continue
		}
		through, from = min(through, u.Settled.Last()), max(from, u.Settled.First())
	}
	var out strings.Builder
	if files > 0 {
		fmt.Fprintf(&out, "%s read one by one in %s, which say nothing of days that they do not hold. ",
			counted(files, "file", "files"), counted(folders, "folder", "folders"))
	}
	if len(all) == folders {
		return strings.TrimSpace(out.String())
	}
	if histories > 0 {
		fmt.Fprintf(&out, "%s of Event history looked up in %s. ", counted(looked, "day", "days"), counted(histories, "unit", "units"))
	}
	if units := len(all) - folders - histories; units > 0 {
		fmt.Fprintf(&out, "%s read in %s. ", counted(logFiles, "log file", "log files"), counted(units, "unit", "units"))
	}
	switch {
	case unsettled > 0:
		fmt.Fprintf(&out, "%s without a settled day yet.", counted(unsettled, "unit", "units"))
	case from <= 0:
		fmt.Fprintf(&out, "Every unit is settled from its first log file through %s", through)
	default:
		fmt.Fprintf(&out, "Every unit is settled from %s through %s", from, through)
	}
	if unsettled == 0 {
		var but []string
		if missing > 0 {
			but = append(but, counted(missing, "missing day", "missing days"))
		}
		if failed > 0 {
			but = append(but, counted(failed, "log file that could not be read", "log files that could not be read"))
		}
		if len(but) > 0 {
			out.WriteString(", but for " + listed(but))
		}
		out.WriteString(".")
	}
	return out.String()
}

func (u *unit) row(a axis, today trail.Day) unitRow {
	if u.files() {
		return unitRow{Account: textOf("files"), Folder: textOf(u.Folder), State: u.state(), LogFiles: u.Files, Title: "files read one by one: they say nothing of days"}
	}
	r := unitRow{
		Account: textOf(u.Account), Region: textOf(u.Region), Folder: textOf(u.Folder),
		State: u.state(), Trouble: u.trouble() > 0, LogFiles: u.LogFiles, Failed: len(u.Failed),
	}
	open := trail.Days{{From: today, To: today}}
	if len(u.Settled) > 0 {
		open = nil
		if last := u.Settled.Last(); last < today {
			open = trail.Days{{From: last + 1, To: today}}
		}
	}
	r.Settled, r.Open, r.Missing = settledText(u.Settled), daysText(open), daysText(u.Missing)
	if len(u.Settled) == 0 {
		r.Open = daysText(u.Unsettled)
	}
	r.Empty = u.emptyText()
	r.Strip = append(r.Strip, pieces(a, u.Settled, "empty")...)
	r.Strip = append(r.Strip, pieces(a, joined(u.Settled.Without(u.Empty), a), "settled")...)
	r.Strip = append(r.Strip, pieces(a, joined(u.Settled.Without(u.Settled.Without(u.Alone)), a), "history")...)
	r.Strip = append(r.Strip, pieces(a, u.Missing, "missing")...)
	r.Strip = append(r.Strip, pieces(a, open, "open")...)
	r.Strip = append(r.Strip, pieces(a, u.Unsettled, "read")...)
	r.Strip = append(r.Strip, pieces(a, u.failedDays(), "failed")...)
	r.Title = fmt.Sprintf("%s %s: settled %s; not yet settled %s; missing %s; without any log file %s",
		Visible(u.Account), Visible(u.Region), orNone(r.Settled), orNone(r.Open), orNone(r.Missing), orNone(r.Empty))
	if u.History {
		r.Title += "; known from Event history alone " + orNone(daysText(u.Alone))
	}
	return r
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// joined joins days that lie too near to each other to be told apart.
func joined(days trail.Days, a axis) (out trail.Days) {
	near := trail.Day(a.to.Sub(a.from).Hours() / 24 / 300)
	for _, span := range days {
		if n := len(out); n > 0 && span.From-out[n-1].To <= near {
			out[n-1].To = span.To
		} else {
			out = append(out, span)
		}
	}
	return out
}

func pieces(a axis, days trail.Days, class string) (out []piece) {
	for _, span := range days {
		from, to := span.From.Time(), (span.To + 1).Time()
		if !to.After(a.from) || !from.Before(a.to) {
			continue
		}
		x := a.at(from)
		out = append(out, piece{percent(x), percent(max(a.at(to)-x, 0.6)), class})
	}
	return out
}

// failedDays returns the delivery days of the log files that failed, as far as
// their keys tell.
func (u *unit) failedDays() (days trail.Days) {
	for _, key := range u.Failed {
		if len(key) < len("2006/01/02/") {
			continue
		}
		if t, err := time.Parse("2006/01/02/", key[:len("2006/01/02/")]); err == nil {
			days = days.With(trail.Span{From: trail.DayOf(t), To: trail.DayOf(t)})
		}
	}
	return days
}

// settledText writes from when to when days are settled. A first day in 1970 is
// that of those who asked for all history.
func settledText(days trail.Days) string {
	switch {
	case len(days) == 0:
		return ""
	case days.First() <= 0:
		return "all through " + days.Last().String()
	}
	return days.First().String() + " to " + days.Last().String()
}

// maxSpans is how many spans of days are written out.
const maxSpans = 3

func daysText(days trail.Days) string {
	var parts []string
	for _, span := range days[:min(len(days), maxSpans)] {
		if span.From == span.To {
			parts = append(parts, span.From.String())
		} else {
			parts = append(parts, span.From.String()+" to "+span.To.String())
		}
	}
	if more := days[len(parts):]; len(more) > 0 {
		parts = append(parts, counted(more.Count(), "day", "days")+" more")
	}
	return listed(parts)
}
