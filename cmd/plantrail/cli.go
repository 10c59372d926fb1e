package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema/ddl"
)

// errUsage says that the command line cannot be carried out as written.
var errUsage = errors.New("wrong usage")

// commands is the command line.
type commands struct {
	ShowVersion versionFlag `name:"version" short:"V" env:"-" help:"Print the program's version."`

	Run     runCommand     `cmd:"" help:"Read sources, update the table."`
	Plan    planCommand    `cmd:"" help:"Say what a run would read and what its requests cost; read no log file, write nothing."`
	Verify  verifyCommand  `cmd:"" help:"Check log files against CloudTrail's signed digests."`
	Keys    keysCommand    `cmd:"" help:"Print the public keys that verify checks signatures with, as a file for --public-keys."`
	DDL     ddlCommand     `cmd:"" name:"ddl" help:"Print the statements that make the table queryable."`
	Levels  levelsCommand  `cmd:"" help:"Print which account has which plan, since when, what comes and what ends."`
	Show    showCommand    `cmd:"" help:"Print the newest plan changes, for a person or as JSON or CSV."`
	Page    pageCommand    `cmd:"" help:"Write a page about the table, as one HTML file."`
	Version versionCommand `cmd:"" help:"Print the program's version."`

	Completion completionCommand `cmd:"" help:"Print what makes a shell complete commands and flags."`
	Man        manCommand        `cmd:"" help:"Print the manual page."`
}

func (c *commands) options(ctx context.Context, v *voice) []kong.Option {
	return []kong.Option{
		kong.Name("plantrail"),
		kong.Description("Turns CloudTrail log files into one exact Parquet table of AWS Support Plans activity.\n\n" +
			"Begin with plan, then run, then show. plantrail COMMAND --help has a command's flags and examples.\n" +
			"Every flag is also an environment variable: --table is PLANTRAIL_TABLE."),
		kong.DefaultEnvars("PLANTRAIL"),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(v),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, Summary: true}),
		// The description says how a flag's environment variable is called.
		kong.ValueFormatter(func(value *kong.Value) string { return value.Help }),
		kong.Vars{
			"workers":    fmt.Sprint(runtime.GOMAXPROCS(0)),
			"database":   ddl.DefaultDatabase,
			"table_name": ddl.DefaultName,
		},
	}
}

// selectFlags say what to read. run and plan share them.
type selectFlags struct {
	sourceFlags
	From    string   `help:"First delivery day: 2024-03-01, today, yesterday, 7d (ago). Default: all history." placeholder:"DAY"`
	To      string   `help:"Last delivery day, included (default: all that was delivered)." placeholder:"DAY"`
	Account []string `help:"Only this account. Repeatable." placeholder:"ID"`
	Region  []string `help:"Only this region. Repeatable." placeholder:"NAME"`

	Table   string `help:"Where the table is: s3://bucket/prefix or a directory." placeholder:"URL"`
	Recheck string `help:"How long after its end a delivery day is listed again for late log files: 7d, 36h; all lists settled history again too (default ${default})." placeholder:"AGE" default:"7d"`
	Shard   string `help:"This process's share of the work, I/N with I from 0. Also from JOB_COMPLETION_INDEX with PLANTRAIL_SHARDS, or AWS_BATCH_JOB_ARRAY_INDEX with AWS_BATCH_JOB_ARRAY_SIZE." placeholder:"I/N"`

	Concurrency concurrency `help:"Log files fetched at once: auto finds out what helps, a number is a bound (default ${default})." placeholder:"N" default:"auto"`
	Progress    string      `help:"How to show how far it is, on stderr: auto, bar (on a terminal, else as log), log (a line every 10 s) or none (default ${default})." placeholder:"HOW" enum:"auto,bar,log,none" default:"auto"`
	Quiet       bool        `short:"q" help:"Say nothing on stderr but warnings and errors: no progress, no summary."`
	LogFormat   string      `help:"All that is said on stderr as text or json (default ${default})." placeholder:"FORMAT" enum:"text,json" default:"text"`
}

// config returns the configuration that the flags describe.
func (f *selectFlags) config(v *voice) (pipeline.Config, error) {
	c := pipeline.DefaultConfig()
	c.Version = version()
	c.Concurrency = int(f.Concurrency)
	if f.Quiet {
		v.speak(os.Stderr, slog.LevelWarn)
	}
	c.Log = v.log
	var err error
	if c.Sources, err = f.urls(); err != nil {
		return c, usage(err)
	}
	if c.Inventories, err = f.inventories(); err != nil {
		return c, usage(err)
	}
	if err := f.days(&c.Selection); err != nil {
		return c, err
	}
	c.Selection.Accounts, c.Selection.Regions = f.Account, f.Region
	if f.Table != "" {
		table, err := store.ParseURL(f.Table)
		if err != nil {
			return c, usage(fmt.Errorf("--table %w", err))
		}
		c.Table = table
	}
	if c.Recheck, c.RecheckAll, err = parseRecheck(f.Recheck, c.Recheck); err != nil {
		return c, err
	}
	if c.Shard, err = shardOf(f.Shard, os.Getenv); err != nil {
		return c, usage(err)
	}
	return c, usage(c.Check())
}

func (f *selectFlags) days(s *trail.Selection) (err error) {
	now := time.Now()
	if f.From != "" {
		if s.From, err = trail.ParseDay(f.From, now); err != nil {
			return usage(fmt.Errorf("--from %w", err))
		}
	}
	if f.To != "" {
		if s.To, err = trail.ParseDay(f.To, now); err != nil {
			return usage(fmt.Errorf("--to %w", err))
		}
	}
	return nil
}

// parseRecheck reads --recheck. all leaves the age as it is.
func parseRecheck(s string, age time.Duration) (time.Duration, bool, error) {
	if s == "all" {
		return age, true, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return time.Duration(n) * 24 * time.Hour, false, nil
		}
	}
	age, err := time.ParseDuration(s)
	if err != nil || age < 0 {
		return 0, false, usage(fmt.Errorf("--recheck %q is not an age: write 7d, 36h or all", s))
	}
	return age, false, nil
}

// usage marks an error as one of the command line.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// A usageError says what is wrong with the command line.
type usageError struct{ error }

func (e usageError) Is(target error) bool { return target == errUsage }
func (e usageError) Unwrap() error        { return e.error }

// parseScheme reads --partition.
func parseScheme(s string) (table.Scheme, error) {
	scheme, err := table.ParseScheme(s)
	if err != nil {
		return "", usage(fmt.Errorf("--partition %w", err))
	}
	return scheme, nil
}
