package page

import (
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Visible returns text from outside with all as an escape that could move a
// terminal's cursor, change colours, or hide or reorder what stands around it:
// control characters, and those that turn the direction of writing.
func Visible(s string) string {
	quoted := strconv.QuoteToGraphic(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// bounded returns the first runes of a text, in memory of its own.
func bounded(s string, limit int) string {
	if len(s) <= limit {
		return strings.Clone(s)
	}
	runes := 0
	for i := range s {
		if runes == limit {
			return s[:i] + "…"
		}
		runes++
	}
	return strings.Clone(s)
}

// A text is one from outside, ready to be shown: its head, and the whole where
// that is more.
type text struct{ Head, Whole string }

// headRunes is how long a text may be in a table.
const headRunes = 120

func textOf(s string) text {
	s = Visible(s)
	if head := bounded(s, headRunes); head != s {
		return text{Head: head, Whole: s}
	}
	return text{Head: s}
}

// minute writes a time for people, second exactly.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func second(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

// counted writes a number of things.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(int64(n)) + " " + many
}

// listed joins texts as a person does.
func listed(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}
