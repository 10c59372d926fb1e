package main_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal returns the two ends of a pseudo-terminal: ours, and the
// program's.
func openTerminal(t *testing.T, columns uint16) (screen, terminal *os.File) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	must(err)
	t.Cleanup(func() { screen.Close() })
	must(unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	must(err)
	must(unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: columns}))
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(err)
	return screen, terminal
}

// readUntil reads what the program draws until it matches, or the end.
func readUntil(t *testing.T, screen *os.File, drawn *strings.Builder, pattern string) {
	t.Helper()
	want, part := regexp.MustCompile(pattern), make([]byte, 4096)
	for {
		n, err := screen.Read(part)
		drawn.Write(part[:n])
		switch {
		case pattern != "" && want.MatchString(drawn.String()):
			return
		case err != nil && pattern != "":
			t.Fatalf("it never showed %s: %q", pattern, drawn.String())
		case err != nil: // the program has closed its end
			return
		}
	}
}

// shown returns the lines that a terminal of the given width shows, as far as
// it knows what was drawn.
func shown(t *testing.T, drawn string, columns int) []string {
	t.Helper()
	lines, row, column := [][]rune{nil}, 0, 0
	escape := regexp.MustCompile(`^\x1b\[(\d*)([AJ])`)
	for len(drawn) > 0 {
		if m := escape.FindStringSubmatch(drawn); m != nil {
			drawn = drawn[len(m[0]):]
			if m[2] == "J" {
				lines = append(lines[:row:row], lines[row][:column:column])
				continue
			}
			up := 1
			fmt.Sscan(m[1], &up)
			row -= up
			continue
		}
		r := []rune(drawn)[0]
		drawn = drawn[len(string(r)):]
		switch {
		case r == '\x1b':
			t.Fatalf("unknown escape sequence before %q", drawn[:min(len(drawn), 20)])
		case r == '\r':
			column = 0
			continue
		case r == '\n', column == columns:
			row++
			if r != '\n' {
				column = 0
			}
		}
		for len(lines) <= row {
			lines = append(lines, nil)
		}
		if r == '\n' {
			continue
		}
		for len(lines[row]) <= column {
			lines[row] = append(lines[row], ' ')
		}
		lines[row][column] = r
		column++
	}
	var text []string
	for _, line := range lines {
		text = append(text, strings.TrimRight(string(line), " "))
	}
	return text
}
