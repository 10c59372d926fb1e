package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// sampleTable returns a table of the sample trail.
func sampleTable(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	run := exec.Command("plantrail", "run", "--source", sampleFolder, "--table", folder, "--account", "111122223333")
	if output, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return folder
}

// On a terminal a line is at most as wide as it is; where the terminal does not
// tell, nothing is cut.
func TestShowTerminal(t *testing.T) {
	folder := sampleTable(t)
	for columns, want := range map[uint16]string{
		40:  "  Admin/janedoe  basic",
		80:  "2022-06-29 16:38  111122223333  Admin/janedoe  basic                    accepted",
		100: "2022-06-29 16:38  111122223333  Admin/janedoe  StartSupportPlanUpdate           basic      accepted",
		0:   "2022-06-29 16:38:55  111122223333  Admin/janedoe  StartSupportPlanUpdate           basic      accepted  205.251.233.183  console  -",
	} {
		t.Run(fmt.Sprint(columns, " columns"), func(t *testing.T) {
			person, program := openTerminal(t, columns)
			show := exec.Command("plantrail", "show", "--table", folder)
			show.Stdout, show.Stderr = program, os.Stderr
			if err := show.Start(); err != nil {
				t.Fatal(err)
			}
			program.Close()
			var lines []string
			for scanner := bufio.NewScanner(person); scanner.Scan(); {
				line := strings.TrimRight(scanner.Text(), "\r")
				if n := len([]rune(line)); columns > 0 && n > int(columns) {
					t.Errorf("%d wide: %s", n, line)
				}
				lines = append(lines, line)
			}
			if err := show.Wait(); err != nil {
				t.Error(err)
			}
			if (len(lines) != 4 && columns != 40) || lines[1] != want {
				t.Errorf("got\n%s\nwant among it\n%s", strings.Join(lines, "\n"), want)
			}
		})
	}
}

// A reader that goes away ends the program without a word.
func TestShowBrokenPipe(t *testing.T) {
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from.Close()
	var words strings.Builder
	show := exec.Command("plantrail", "show", "--table", sampleTable(t))
	show.Stdout, show.Stderr = to, &words
	err = show.Run()
	to.Close()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE || words.Len() > 0 {
		t.Errorf("it ended with %v, saying %q", err, words.String())
	}
}
