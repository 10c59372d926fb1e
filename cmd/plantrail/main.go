// Command plantrail turns CloudTrail log files into one exact Parquet table of
// AWS Support Plans activity.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"plantrail/pipeline/page"
)

// Exit codes, as the README lists them.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitInterrupted = 130
)

// errIncomplete says that a run has finished, but not everything selected could
// be reached and read.
var errIncomplete = errors.New("incomplete")

func main() { os.Exit(run()) }

func run() int {
	unsetEmpty()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal finds the default handling again, and ends the process.
	context.AfterFunc(ctx, stop)

	if len(os.Args) > 1 && os.Args[1] == "report" {
		return fail(errors.New("the command report is now named page: write plantrail page"), exitUsage)
	}
	var cli commands
	parser, err := kong.New(&cli, cli.options(ctx)...)
	if err != nil {
		return fail(err, exitFailed)
	}
	command, err := parser.Parse(os.Args[1:])
	if err != nil {
		return fail(fmt.Errorf("%w (see plantrail --help)", err), exitUsage)
	}
	err = command.Run()
	code := exitCode(ctx, err)
	switch code {
	case 0, exitIncomplete:
		return code
	case exitInterrupted:
		err = errors.New("interrupted")
	}
	return fail(err, code)
}

// exitCode tells the exit code from how the command ended.
func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errIncomplete):
		return exitIncomplete
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailed
}

// unsetEmpty takes variables that are set to nothing for unset, as those who
// write deployments mean them.
func unsetEmpty() {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PLANTRAIL_") && strings.TrimSpace(value) == "" {
			os.Unsetenv(name) //nolint:errcheck // fails for names that cannot occur
		}
	}
}

func fail(err error, code int) int {
	for _, part := range parts(err) {
		fmt.Fprintln(os.Stderr, "plantrail:", page.Visible(part.Error()))
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
