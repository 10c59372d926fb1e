package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// leftAligned are the columns of text: the first two and the last.
func leftAligned(column, columns int) bool { return column < 2 || column == columns-1 }

func header() []string {
	return []string{
		"corpus", "peer", "wall s", "CPU s", "peak MB", "objects/s", "MB/s",
		"its wall s", "its CPU s", "its peak MB", "ratio", "target", "note",
	}
}

// cells returns a row as text.
func (r *Row) cells() []string {
	cells := append([]string{r.Corpus, r.Peer}, usage(r.Ours)...)
	if r.Ours != nil {
		seconds := r.Ours.Wall.Seconds()
		cells = append(cells, fmt.Sprintf("%.0f", float64(r.Objects)/seconds), fmt.Sprintf("%.0f", float64(r.Inflated)/mega/seconds))
	} else {
		cells = append(cells, "", "")
	}
	cells = append(cells, usage(r.Theirs)...)
	if r.Missing != nil {
		reason, _, _ := strings.Cut(r.Missing.Error(), "\n")
		return append(cells, "", r.Bound.of(r.Value), "not measured: "+reason)
	}
	note := r.Note
	if !r.Bound.Met(r.Value) {
		note = strings.TrimSuffix("missed; "+note, "; ")
	}
	return append(cells, r.Value.String(), r.Bound.of(r.Value), note)
}

func (r *Result) lines() [][]string {
	lines := [][]string{header()}
	for i := range r.Rows {
		lines = append(lines, r.Rows[i].cells())
	}
	return lines
}

// WriteText writes the table for a terminal.
func (r *Result) WriteText(w io.Writer) error {
	lines := r.lines()
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	out.WriteString(r.Machine + "\n\n")
	for _, line := range lines {
		padded := make([]string, len(line))
		for i, cell := range line {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if leftAligned(i, len(line)) {
				padded[i] = cell + space
			} else {
				padded[i] = space + cell
			}
		}
		out.WriteString(strings.TrimRight(strings.Join(padded, "  "), " ") + "\n")
	}
	return write(w, out.String())
}

// WriteMarkdown writes the table for a README.
func (r *Result) WriteMarkdown(w io.Writer) error {
	lines := r.lines()
	rule := make([]string, len(lines[0]))
	for i := range rule {
		if rule[i] = "---:"; leftAligned(i, len(rule)) {
			rule[i] = "---"
		}
	}
	var out strings.Builder
	out.WriteString(r.Machine + "\n\n")
	for _, line := range slices.Insert(lines, 1, rule) {
		for i := range line {
			line[i] = strings.ReplaceAll(line[i], "|", `\|`)
		}
		out.WriteString("| " + strings.Join(line, " | ") + " |\n")
	}
	return write(w, out.String())
}

func write(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
