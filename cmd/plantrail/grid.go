package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"
	"golang.org/x/text/width"

	"plantrail/pipeline/page"
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

// stderrColumns returns how wide lines on standard error may be, 0 for any width:
// what goes to a file there is not cut because standard output is a terminal.
func stderrColumns() int {
	size, err := unix.IoctlGetWinsize(int(os.Stderr.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// A column is one of the grid that a person sees rows of T in.
type column[T any] struct {
	name   string
	text   func(*T) string
	right  bool // numbers stand right
	least  int  // to what width its cells are shortened before a column is left out; 0: not at all
	leaves int  // when it is left out where not all fit: 1 is the first to go, 0 stays
	width  int
}

const (
	gap            = 2 // spaces between columns
	hardlyReadable = 6 // cells of a text of which more is left than of its neighbours
)

// writeGrid prints rows below a line of names, in the first of the layouts that
// fits whole into the limit. Of the last one, what does not fit is shortened or left
// out, so that no line is wider. 0 is no limit. Without rows it prints nothing.
func writeGrid[T any](w io.Writer, rows []T, limit int, layouts ...[]column[T]) error {
	if len(rows) == 0 {
		return nil
	}
	var columns []column[T]
	for _, columns = range layouts {
		measure(columns, rows)
		if limit == 0 || total(columns) <= limit {
			break
		}
	}
	if limit > 0 {
		columns = fit(columns, limit)
	}
	out := &lines{to: w}
	line := func(cell func(column[T]) string) {
		var text strings.Builder
		for i, c := range columns {
			if i > 0 {
				text.WriteString(strings.Repeat(" ", gap))
			}
			cell := shorten(cell(c), c.width)
			padding := strings.Repeat(" ", c.width-displayWidth(cell))
			if c.right {
				text.WriteString(padding + cell)
			} else {
				text.WriteString(cell + padding)
			}
		}
		out.printf("%s\n", strings.TrimRight(text.String(), " "))
	}
	line(func(c column[T]) string { return c.name })
	for i := range rows {
		line(func(c column[T]) string { return c.cell(&rows[i]) })
	}
	return out.err
}

// fits reports whether columns fit into the limit, all of them and readable.
func fits[T any](columns []column[T], rows []T, limit int) bool {
	measured := append([]column[T](nil), columns...)
	measure(measured, rows)
	return shrink(measured, limit, func(c column[T]) int { return c.least })
}

// writeBlocks prints each row as lines of their own, at most limit wide: the first
// columns beside each other, then, further in, the others, each on its line where they
// do not fit on one. What is wider is broken between words.
func writeBlocks[T any](w io.Writer, rows []T, limit int, head []column[T], rest []column[T]) error {
	indent := "  "
	if limit < hardlyReadable {
		indent = ""
	}
	out := &lines{to: w}
	for i := range rows {
		texts := make([]string, len(head))
		for j, c := range head {
			texts[j] = c.cell(&rows[i])
		}
		line := strings.Join(texts, strings.Repeat(" ", gap))
		if displayWidth(line) > limit {
			line = narrow(line, limit, "")
		}
		out.printf("%s\n", line)
		texts = texts[:0]
		for _, c := range rest {
			texts = append(texts, c.cell(&rows[i]))
		}
		if line := indent + strings.Join(texts, strings.Repeat(" ", gap)); displayWidth(line) <= limit {
			out.printf("%s\n", line)
			continue
		}
		for _, text := range texts {
			out.printf("%s\n", narrow(text, limit, indent))
		}
	}
	return out.err
}

// narrow breaks a text into indented lines that are at most limit wide, and shortens
// the words that are wider.
func narrow(text string, limit int, indent string) string {
	limit -= len(indent)
	all := strings.Fields(text)
	for i, word := range all {
		all[i] = shorten(word, limit)
	}
	return indent + strings.ReplaceAll(wrap(strings.Join(all, " "), limit, ""), "\n", "\n"+indent)
}

// cell returns a row's text in the column as it may go to a terminal.
func (c column[T]) cell(row *T) string { return page.Visible(dash(c.text(row))) }

// measure sets the widths of columns to what their cells need.
func measure[T any](columns []column[T], rows []T) {
	for i := range columns {
		c := &columns[i]
		c.width = displayWidth(c.name)
		for j := range rows {
			c.width = max(c.width, displayWidth(c.cell(&rows[j])))
		}
	}
}

// fit makes measured columns as narrow as the limit. It shortens cells as far as
// they can be read, then leaves out a column and begins anew. What must stay is
// shortened further, down to a letter if need be: first what could be shortened
// anyway.
func fit[T any](columns []column[T], limit int) []column[T] {
	for {
		shrunk := append([]column[T](nil), columns...)
		if shrink(shrunk, limit, func(c column[T]) int { return c.least }) {
			return shrunk
		}
		first := -1
		for i, c := range columns {
			if c.leaves > 0 && (first < 0 || c.leaves < columns[first].leaves) {
				first = i
			}
		}
		if first >= 0 {
			columns = append(append([]column[T](nil), columns[:first]...), columns[first+1:]...)
			continue
		}
		if !shrink(shrunk, limit, func(c column[T]) int { return min(c.least, hardlyReadable) }) &&
			!shrink(shrunk, limit, func(column[T]) int { return 1 }) && len(columns) > 1 {
			columns = columns[:len(columns)-1] // not even a letter of each fits
			continue
		}
		return shrunk
	}
}

// shrink narrows the widest columns until they fit, none below its least width.
// A least width of 0 is the width that it has.
func shrink[T any](columns []column[T], limit int, least func(column[T]) int) bool {
	for total(columns) > limit {
		widest := -1
		for i, c := range columns {
			if least(c) > 0 && c.width > least(c) && (widest < 0 || c.width > columns[widest].width) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		columns[widest].width--
	}
	return true
}

func total[T any](columns []column[T]) int {
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

// wrap breaks a text into lines of at most limit, between words, and has those
// after the first begin with the indent. A longer word stays whole. 0 is no limit.
func wrap(text string, limit int, indent string) string {
	if limit <= 0 {
		return text
	}
	var out strings.Builder
	at := 0
	for i, word := range strings.Fields(text) {
		switch w := displayWidth(word); {
		case i == 0:
			at = w
		case at+1+w > limit:
			out.WriteString("\n" + indent)
			at = len(indent) + w
		default:
			out.WriteString(" ")
			at += 1 + w
		}
		out.WriteString(word)
	}
	return out.String()
}
