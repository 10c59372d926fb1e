package main

import (
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
