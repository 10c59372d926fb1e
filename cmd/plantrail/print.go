package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// printable returns text from outside as it may go to a terminal: what could
// move the cursor or change colours is written as an escape.
func printable(s string) string {
	quoted := strconv.QuoteToGraphic(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

func sortedKeys(m map[string]int64) []string { return slices.Sorted(maps.Keys(m)) }

// lines prints, and remembers the first failure.
type lines struct {
	to  io.Writer
	err error
}

func (l *lines) printf(format string, values ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.to, format, values...)
	}
}
