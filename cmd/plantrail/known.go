package main

import (
	"fmt"
	"strings"

	"plantrail/pipeline/page"
)

// eachLine calls do with each line of a file, or of standard input if the name is -,
// that is neither empty nor a comment, without the blanks around it.
func eachLine(name string, do func(line string) error) error {
	text, err := readAll(name)
	if err != nil {
		return err
	}
	number := 0
	// Some editors begin a file with a mark that nobody sees.
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := do(line); err != nil {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
	}
	return nil
}

// knownBad returns the log files that the file names which --known-bad names.
func (r *runCommand) knownBad() (uris []string, err error) {
	if r.KnownBad == "" {
		return nil, nil
	}
	err = eachLine(r.KnownBad, func(line string) error {
		if !strings.HasPrefix(line, "s3://") && !strings.HasPrefix(line, "file:///") {
			return fmt.Errorf("%s: write a log file's name as the run does that fails for it, s3://… or file:///…", page.Visible(line))
		}
		uris = append(uris, line)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("--known-bad %w", err)
	}
	return uris, nil
}
