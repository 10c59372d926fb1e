package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"plantrail/pipeline/state"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// A timeline is which level each account had when, as a picture and in words.
type timeline struct {
	Ticks []tick
	Now   string // where now is
	Lanes []lane
	More  int // accounts that have no lane because there are too many
	Bare  int // accounts without a change, which have no lane either
	axis  axis
	now   time.Time
	since time.Time // zero: from ever on
	page  *Page
	whole map[string]state.Whole
}

// A lane is the part of the timeline that is about one account.
type lane struct {
	ID      string
	Account string // with its name
	Who     who
	Level   string // at the page's instant
	Known   string // until when that is known, where the log files stop
	Bands   []band
	Marks   []mark
	Summary string
	Periods []period // newest first
	newest  time.Time
}

// A band is a level over a time. How high it is tells the level too.
type band struct {
	X, Width  string
	Y, Height int
	Class     string
	Ahead     bool // later than now: it may still come otherwise
	Label     string
	Title     string
}

// A mark is one change, or several of the same outcome that lie too near to each
// other to be told apart.
type mark struct {
	X, Outcome, Title string
	Actor             string // where there is room for it
	Many              bool
	at                float64
	by                string // who
}

// A period is a level in words.
type period struct {
	Level, From, To, How, EventID string
}

// timeline lays out what the page knows.
func (p *Page) timeline() timeline {
	periods := map[string][]schema.Period{}
	for _, period := range schema.Timeline(p.levels) {
		periods[period.Account] = append(periods[period.Account], period)
	}
	changes := map[string][]*schema.Change{}
	for i := range p.changes {
		c := &p.changes[i]
		changes[c.Account] = append(changes[c.Account], c)
	}
	for account := range changes {
		if periods[account] == nil {
			periods[account] = []schema.Period{{Account: account, Level: schema.Unknown}}
		}
	}
	t := timeline{now: p.config.at(), since: p.config.Since, axis: p.axis(periods), page: p, whole: p.whole()}
	t.Ticks, t.Now = t.axis.ticks(), t.axis.place(t.now)
	for account, periods := range periods {
		t.Lanes = append(t.Lanes, t.lane(account, periods, changes[account]))
	}
	slices.SortFunc(t.Lanes, func(a, b lane) int { return cmp.Or(b.newest.Compare(a.newest), cmp.Compare(a.Account, b.Account)) })
	if t.More = max(0, len(t.Lanes)-p.config.Lanes); t.More > 0 {
		t.Lanes = t.Lanes[:p.config.Lanes]
	}
	t.Bare = max(0, len(p.beliefs())-len(periods))
	for i := range t.Lanes {
		t.Lanes[i].ID = fmt.Sprintf("lane-%d", i+1)
	}
	return t
}

const (
	// So much of the past is shown at least, and so much ahead may be.
	leastPast  = 24 * time.Hour
	leastAhead = 90 * 24 * time.Hour
	// An event that claims to be older than any trail does not flatten the rest.
	mostPast = 30 * 365 * 24 * time.Hour
)

// axis reaches from before the first change to behind what is scheduled, but
// hardly further ahead than it shows of the past: a schedule may name any year.
func (p *Page) axis(periods map[string][]schema.Period) axis {
	now := p.config.at()
	from, ahead := now, now
	if len(p.changes) > 0 {
		from = p.changes[len(p.changes)-1].Time
	}
	for _, periods := range periods {
		for _, period := range periods {
			if !period.From.IsZero() && period.From.Before(from) {
				from = period.From
			}
			if period.From.After(ahead) {
				ahead = period.From
			}
		}
	}
	past := min(max(now.Sub(from), leastPast), mostPast)
	a := axis{from: now.Add(-past - past/25), to: now}
	if from = p.config.Since; !from.IsZero() && from.Before(now) {
		past = min(now.Sub(from), mostPast)
		a.from = now.Add(-past)
	}
	if ahead.After(now) {
		a.to = now.Add(min(ahead.Sub(now), max(past, leastAhead)) + past/8)
	} else {
		a.to = now.Add(past / 100)
	}
	return a
}

func (t *timeline) lane(account string, periods []schema.Period, changes []*schema.Change) lane {
	l := lane{Account: t.page.called(account), Who: t.page.who(account), Known: knownUntil(t.whole, account, trail.DayOf(t.now))}
	of := map[string]*schema.Change{} // by event
	for _, c := range changes {
		of[c.EventID] = c
	}
	scheduled := slices.ContainsFunc(periods, func(p schema.Period) bool { return p.From.After(t.now) })
	for _, p := range periods {
		if !p.From.After(t.now) {
			l.Level = planShown(p.Level)
			l.newest = later(l.newest, p.From)
		}
		l.Bands = append(l.Bands, t.bands(p, scheduled, offer(p, of[p.EventID]))...)
		if p.To.IsZero() || p.To.After(t.since) {
			l.Periods = append(l.Periods, inWords(p, offer(p, of[p.EventID])))
		}
	}
	slices.Reverse(l.Periods)
	var counts []string
	for _, outcome := range outcomes() {
		ended := slices.DeleteFunc(slices.Clone(changes), func(c *schema.Change) bool { return c.Outcome != outcome })
		if len(ended) > 0 {
			l.Marks = append(l.Marks, t.marks(outcome, ended)...)
			counts = append(counts, fmt.Sprintf("%d %s", len(ended), outcome))
		}
	}
	nameMarks(l.Marks)
	if len(changes) > 0 {
		l.newest = later(l.newest, changes[0].Time)
	}
	if len(counts) == 0 {
		counts = []string{"none"}
	}
	l.Summary = fmt.Sprintf("Level now: %s. Changes: %s.", l.Level, listed(counts))
	if l.Known != "" {
		l.Summary += " " + strings.ToUpper(l.Known[:1]) + l.Known[1:] + "."
	}
	return l
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func outcomes() []string { return []string{schema.Accepted, schema.Denied, schema.Failed} }

// bands returns a period as it is drawn: up to now, and ahead of it if a schedule
// says what comes then.
func (t *timeline) bands(p schema.Period, scheduled bool, offer string) (bands []band) {
	from, to := p.From, p.To
	if from.IsZero() || from.Before(t.axis.from) {
		from = t.axis.from
	}
	if to.IsZero() || to.After(t.axis.to) {
		to = t.axis.to
	}
	draw := func(from, to time.Time, ahead bool) {
		if !from.Before(to) {
			return
		}
		x := t.axis.at(from)
		width := max(t.axis.at(to)-x, 0.15)
		class, height := style(p.Level)
		level := planShown(p.Level)
		title := level + ", " + span(p) + offer
		if ahead {
			title = "ahead: " + title
		}
		bands = append(bands, band{
			X: percent(x), Width: percent(width), Y: laneFloor - height, Height: height,
			Class: class, Ahead: ahead, Label: label(p.Level, width), Title: title,
		})
	}
	draw(from, earlier(to, t.now), false)
	if scheduled {
		draw(later(from, t.now), to, true)
	}
	return bands
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// span writes the time of a period.
func span(p schema.Period) string {
	switch {
	case p.From.IsZero() && p.To.IsZero():
		return "all the time"
	case p.From.IsZero():
		return "until " + minute(p.To)
	case p.To.IsZero():
		return "since " + minute(p.From)
	}
	return minute(p.From) + " to " + minute(p.To)
}

// offer says under which offer a period was scheduled, as it is written.
func offer(p schema.Period, c *schema.Change) string {
	if c == nil || !p.Scheduled {
		return ""
	}
	s, name := c.Schedule, ""
	switch {
	case s.EndLevel == p.Level && s.EndTime.Equal(p.From):
		name = s.EndOffer
	case s.StartLevel == p.Level && (s.StartTime.Equal(p.From) || c.Time.Equal(p.From)):
		name = s.StartOffer
	}
	if name == "" {
		return ""
	}
	return ", offer " + Visible(bounded(name, headRunes))
}

func inWords(p schema.Period, offer string) period {
	how := "asked for"
	if p.Scheduled {
		how = "scheduled"
	}
	if p.EventID == "" && p.From.IsZero() {
		how = ""
	}
	return period{Level: Visible(planName(p.Level)), From: second(p.From), To: second(p.To), How: how + offer, EventID: Visible(p.EventID)}
}

// nearMarks is how near to each other marks may be, in percent of the axis.
const nearMarks = 0.9

// marks returns the changes of one outcome, of which the newest is the first.
func (t *timeline) marks(outcome string, changes []*schema.Change) (marks []mark) {
	for len(changes) > 0 {
		newest, near := changes[0], 1
		for near < len(changes) && t.axis.at(newest.Time)-t.axis.at(changes[near].Time) < nearMarks {
			near++
		}
		m := mark{Outcome: outcome, Many: near > 1}
		if m.Many {
			oldest := changes[near-1]
			m.at = (t.axis.at(newest.Time) + t.axis.at(oldest.Time)) / 2
			m.Title = fmt.Sprintf("%d changes %s, %s to %s, by %s", near, outcome, minute(oldest.Time), minute(newest.Time), byWhom(changes[:near]))
		} else {
			m.at = t.axis.at(newest.Time)
			m.Title = Visible(bounded(fmt.Sprintf("%s, %s: %s by %s", minute(newest.Time), outcome, operation(newest), newest.By()), 2*headRunes))
		}
		m.X, m.by = percent(m.at), byWhom(changes[:near])
		marks = append(marks, m)
		changes = changes[near:]
	}
	return marks
}

// byWhom names who made changes, those who made most first.
func byWhom(changes []*schema.Change) string {
	by := map[string]int{}
	for _, c := range changes {
		by[c.By()]++
	}
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	text := Visible(bounded(names[0], actorRunes))
	if len(names) > 1 {
		text += fmt.Sprintf(" +%d", len(names)-1)
	}
	return text
}

const (
	actorRunes = 28  // how much of an actor stands at a mark
	actorSpace = 1.2 // between a mark and its actor, and after it; in percent of a timeline
)

// nameMarks writes actors at marks, where the next mark leaves room.
func nameMarks(marks []mark) {
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.at, b.at) })
	for i := range marks {
		m, end := &marks[i], 100.0
		if i+1 < len(marks) {
			end = marks[i+1].at
		}
		if float64(utf8.RuneCountInString(m.by))*runeWidth+2*actorSpace <= end-m.at {
			m.Actor = m.by
		}
	}
}

// named writes an account, which an event may lack.
func named(account string) string {
	if account == "" {
		return "no account"
	}
	return Visible(account)
}
