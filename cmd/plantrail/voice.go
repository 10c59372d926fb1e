package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"plantrail/pipeline/page"
)

// A voice is how the program speaks on standard error: in lines for people, or all
// of it as JSON.
type voice struct {
	to   io.Writer
	json bool
	log  *slog.Logger
}

// newVoice returns the voice that the command line asks for, or else the
// environment. It is needed before they are parsed: to say that they cannot be.
func newVoice(to io.Writer, args []string) *voice {
	format := os.Getenv("PLANTRAIL_LOG_FORMAT")
	for i, arg := range args {
		if value, tied := strings.CutPrefix(arg, "--log-format="); tied {
			format = value
		} else if arg == "--log-format" && i+1 < len(args) {
			format = args[i+1]
		}
	}
	v := &voice{json: format == "json"}
	v.speak(to, slog.LevelInfo)
	return v
}

// speak has the voice write from now on to a writer what is of a level or above.
// What other packages log, the AWS SDK and net/http, goes the same way.
func (v *voice) speak(to io.Writer, least slog.Level) {
	options := &slog.HandlerOptions{Level: least}
	v.to, v.log = to, slog.New(slog.NewTextHandler(to, options))
	if v.json {
		v.log = slog.New(slog.NewJSONHandler(to, options))
	}
	slog.SetDefault(v.log)
}

// note says something that is neither a failure nor asked for.
func (v *voice) note(text string) {
	if v.json {
		v.log.Info(text)
		return
	}
	v.line(text)
}

// line says a line to a person. That nobody hears it is no reason to fail.
func (v *voice) line(text string) { _, _ = fmt.Fprintln(v.to, "plantrail:", page.Visible(text)) }

// fail says why the program ends, and returns its exit code.
func (v *voice) fail(err error, code int) int {
	for _, part := range parts(err) {
		part = withRemedy(part)
		if v.json {
			v.log.Error("plantrail failed", slog.String("error", part.Error()), slog.Int("exit_code", code))
			continue
		}
		v.line(part.Error())
	}
	return code
}

// parts returns the errors that one was joined from: each is a line. What is
// wrapped in another error is part of its sentence.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var text []string
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
		text = append(text, e.Error())
	}
	if err.Error() != strings.Join(text, "\n") {
		return []error{err}
	}
	return all
}

// An interruptedError says what an interrupted command leaves behind.
type interruptedError struct{ left string }

func (e *interruptedError) Error() string { return "interrupted: " + e.left }

// Unwrap makes it a context's end.
func (e *interruptedError) Unwrap() error { return context.Canceled }

// afterInterrupt says what an interrupted command leaves behind, unless it has said
// so itself.
func afterInterrupt(err error) error {
	if errors.As(err, new(*interruptedError)) {
		return err
	}
	return errors.Join(&interruptedError{"nothing was changed"}, uninterrupted(err))
}

// uninterrupted returns what of an error is not the interruption.
func uninterrupted(err error) error {
	return errors.Join(slices.DeleteFunc(parts(err), func(e error) bool { return errors.Is(e, context.Canceled) })...)
}
