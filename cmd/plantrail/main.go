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
)

// Exit codes, as docs/operating.md lists them.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitAltered     = 4
	exitInterrupted = 130
)

// errIncomplete says that a run has finished, but not everything selected could
// be reached and read.
var errIncomplete = errors.New("incomplete")

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	unsetEmpty()
	v := newVoice(os.Stderr, args)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal finds the default handling again, and ends the process.
	context.AfterFunc(ctx, stop)

	var cli commands
	parser, err := kong.New(&cli, cli.options(ctx, v)...)
	if err != nil {
		return v.fail(err, exitFailed)
	}
	switch {
	case len(args) == 0:
		return help(parser)
	case args[0] == "report":
		return v.fail(errors.New("the command report is now named page: write plantrail page"), exitUsage)
	}
	args, about, err := readArguments(parser.Model.Node, args)
	var command *kong.Context
	if err == nil {
		command, err = parser.Parse(args)
	}
	if err != nil {
		return v.fail(fmt.Errorf("%w (see %s)", err, about), exitUsage)
	}
	err = command.Run()
	code := exitCode(ctx, err)
	switch code {
	case 0, exitIncomplete, exitAltered:
		return code
	case exitInterrupted:
		err = afterInterrupt(err)
	}
	return v.fail(err, code)
}

// help prints what there is, where nothing was asked for.
func help(parser *kong.Kong) int {
	parser.Stdout, parser.Exit = os.Stderr, func(int) {}
	_, _ = parser.Parse([]string{"--help"}) // it goes on to miss a command
	return exitUsage
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
	case errors.Is(err, errAltered):
		return exitAltered
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
