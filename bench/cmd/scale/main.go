// Command scale runs plantrail over the trail of a large organization that
// nobody has to store, and says what it took.
//
//	scale [flags] plan|first|night   one of them, as JSON
//	scale [flags] all                all, each in a process of its own, as a table
//	scale [flags] digests            verify a year of digests, served by another process
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"plantrail/bench/scale"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	job := scale.Job{Organization: scale.DefaultConfig()}
	flag.IntVar(&job.Organization.Accounts, "accounts", job.Organization.Accounts, "accounts")
	flag.IntVar(&job.Organization.Days, "days", job.Organization.Days, "delivery days")
	flag.IntVar(&job.Organization.PerDay, "perday", job.Organization.PerDay, "log files a day")
	flag.StringVar(&job.Table, "table", "", "directory of the table; for all, a temporary one by default")
	flag.StringVar(&job.Source, "source", "", "URL of a server that has the trail; none: in this process, without requests")
	account := flag.String("account", "", "only this account; median: one of middling size")
	shard := flag.String("shard", "", "only this share, `I/N`")
	flag.Parse()
	if *shard != "" {
		if _, err := fmt.Sscanf(*shard, "%d/%d", &job.Shard.Index, &job.Shard.Count); err != nil {
			return fmt.Errorf("read -shard %s: %w", *shard, err)
		}
	}
	if *account == "median" {
		o, err := scale.New(job.Organization)
		if err != nil {
			return err
		}
		*account = o.Median()
	}
	if *account != "" {
		job.Accounts = []string{*account}
	}
	job.Task = scale.Task(flag.Arg(0))
	switch {
	case flag.NArg() == 1 && flag.Arg(0) == "digests":
		return digests(ctx)
	case flag.NArg() == 1 && flag.Arg(0) == "verify":
		return verify(ctx, job.Source)
	case flag.NArg() == 1 && job.Task == "all":
		return all(ctx, job)
	case flag.NArg() != 1 || !slices.Contains(tasks(), job.Task):
		return errors.New("usage: scale [flags] plan|first|night|all|digests")
	case job.Table == "":
		return errors.New("no table: name a directory with -table")
	}
	figures, err := job.Run(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(figures)
}

func tasks() []scale.Task { return []scale.Task{scale.Plan, scale.First, scale.Night} }

// all does every task in a process of its own, with the same flags, on a trail that
// this one serves.
func all(ctx context.Context, job scale.Job) error {
	table := job.Table
	if table == "" {
		var err error
		if table, err = os.MkdirTemp("", "scale-"); err != nil {
			return fmt.Errorf("make table: %w", err)
		}
		defer os.RemoveAll(table)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	var done []*scale.Figures
	for _, task := range tasks() {
		job.Task = task
		server, source, err := job.Serve()
		if err != nil {
			return fmt.Errorf("%s: %w", task, err)
		}
		arguments := append(slices.Clone(os.Args[1:len(os.Args)-1]), "-table", table, "-source", source, string(task))
		fmt.Fprintln(os.Stderr, "scale", strings.Join(arguments, " "))
		child := exec.CommandContext(ctx, self, arguments...)
		child.Stderr = os.Stderr
		child.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
		text, err := child.Output()
		if err := errors.Join(err, server.Close()); err != nil {
			return fmt.Errorf("%s: %w", task, err)
		}
		figures := new(scale.Figures)
		if err := json.NewDecoder(bytes.NewReader(text)).Decode(figures); err != nil {
			return fmt.Errorf("%s: %w", task, err)
		}
		done = append(done, figures)
	}
	return scale.Write(os.Stdout, done)
}
