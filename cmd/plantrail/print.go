package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

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
