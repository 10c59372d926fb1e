package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/sys/unix"
	"golang.org/x/text/width"

	"plantrail/pipeline/page"
	"plantrail/schema"
)

// terminalColumns returns how wide lines may be, 0 for any width: as the
// environment variable COLUMNS says, else as wide as the terminal is, if the file
// is one.
func terminalColumns(file *os.File) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// A column is one of the table that a person sees.
type column struct {
	name  string
	text  func(*schema.Change) string
	from  int // the least width of a line at which it is shown, if not all fits
	least int // to what width its cells may be shortened; 0: not at all
	width int
}

const (
	timeName = "time (UTC)"
	gap      = 2  // spaces between columns
	toMinute = 16 // the length of 2024-03-01 12:30
)

// columns returns the columns from left to right.
func columns() []column {
	return []column{
		{name: timeName, text: func(c *schema.Change) string { return c.Time.UTC().Format(time.DateTime) }},
		{name: "account", text: func(c *schema.Change) string { return c.Account }, from: 70, least: 12},
		{name: "actor", text: func(c *schema.Change) string { return c.Actor }, least: 8},
		{name: "operation", text: func(c *schema.Change) string { return c.Operation }, least: 8},
		{name: "level", text: levels, least: 8},
		{name: "outcome", text: func(c *schema.Change) string { return c.Outcome }},
		{name: "source", text: func(c *schema.Change) string { return c.SourceIP }, from: 100, least: 15},
		{name: "channel", text: func(c *schema.Change) string { return c.Channel }, from: 120},
		{name: "error", text: func(c *schema.Change) string { return c.Error }, from: 140, least: 8},
	}
}

// levels returns the levels that a change asks for, in their order.
func levels(c *schema.Change) string {
	var asked []string
	for _, level := range []string{c.Level, c.Schedule.StartLevel, c.Schedule.EndLevel} {
		if level != "" {
			asked = append(asked, level)
		}
	}
	return strings.Join(slices.Compact(asked), " → ")
}

// writeTable prints the changes as a table whose lines are at most limit wide, if
// it is not 0 and they can be. Without changes it prints nothing.
func writeTable(w io.Writer, changes []schema.Change, limit int) error {
	if len(changes) == 0 {
		return nil
	}
	columns := fit(columns(), changes, limit)
	out := &lines{to: w}
	line := func(cell func(column) string) {
		var text strings.Builder
		for i, c := range columns {
			if i > 0 {
				text.WriteString(strings.Repeat(" ", gap))
			}
			cell := shorten(cell(c), c.width)
			text.WriteString(cell + strings.Repeat(" ", c.width-displayWidth(cell)))
		}
		out.printf("%s\n", strings.TrimRight(text.String(), " "))
	}
	line(func(c column) string { return c.name })
	for i := range changes {
		line(func(c column) string { return c.cell(&changes[i]) })
	}
	return out.err
}

// cell returns a change's text in the column as it may go to a terminal.
func (c column) cell(change *schema.Change) string {
	text := c.text(change)
	switch {
	case text == "":
		return "-"
	case c.name == timeName && c.width == toMinute:
		return text[:toMinute]
	}
	return page.Visible(text)
}

// fit sets the widths of columns to what their cells need. If that is too wide,
// it leaves out the seconds and the less important columns, and then shortens
// the widest again and again.
func fit(all []column, changes []schema.Change, limit int) []column {
	for i := range all {
		c := &all[i]
		c.width = displayWidth(c.name)
		for j := range changes {
			c.width = max(c.width, displayWidth(c.cell(&changes[j])))
		}
	}
	if limit == 0 || total(all) <= limit {
		return all
	}
	all[0].width = toMinute
	var shown []column
	for _, c := range all {
		if c.from <= limit {
			shown = append(shown, c)
		}
	}
	for total(shown) > limit {
		widest := -1
		for i, c := range shown {
			if c.least > 0 && c.width > c.least && (widest < 0 || c.width > shown[widest].width) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		shown[widest].width--
	}
	return shown
}

func total(columns []column) int {
	sum := gap * (len(columns) - 1)
	for _, c := range columns {
		sum += c.width
	}
	return sum
}

// displayWidth returns how many cells of a terminal a text takes.
func displayWidth(s string) (cells int) {
	for _, r := range s {
		cells += runeWidth(r)
	}
	return cells
}

func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0 // drawn over the letter before it
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// shorten cuts a text to a width. What goes is in the middle: names of
// operations differ at their end, those of sessions too.
func shorten(s string, limit int) string {
	if displayWidth(s) <= limit {
		return s
	}
	runes := []rune(s)
	head, tail := 0, len(runes)
	for left := limit - 1; ; {
		next := runeWidth(runes[head])
		if head > len(runes)-tail {
			next = runeWidth(runes[tail-1])
		}
		if left -= next; left < 0 {
			break
		}
		if head > len(runes)-tail {
			tail--
		} else {
			head++
		}
	}
	for tail < len(runes) && runeWidth(runes[tail]) == 0 {
		tail++ // a mark without its letter would fall on the ellipsis
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}
