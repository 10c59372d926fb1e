// Command bench compares plantrail with other programs on the same files, and
// prints one table. Run it in the directory of its module.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"plantrail/bench"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	c := bench.DefaultConfig()
	c.Log = os.Stderr
	only := flag.String("only", "", "measure the rows whose name matches this `regexp`: busy/klauspost, tiny/duckdb, s3/get, …")
	markdown := flag.Bool("markdown", false, "print the table for a README")
	flag.IntVar(&c.Pairs, "n", c.Pairs, "pairs of runs for each row")
	flag.IntVar(&c.BusyFiles, "busy", c.BusyFiles, "large log files")
	flag.IntVar(&c.TinyFiles, "tiny", c.TinyFiles, "small log files")
	flag.IntVar(&c.RemoteFiles, "s3", c.RemoteFiles, "small log files on S3")
	flag.IntVar(&c.MemoryFiles, "memory", c.MemoryFiles, "small log files on a server in memory")
	flag.IntVar(&c.ListedKeys, "keys", c.ListedKeys, "keys to list there")
	flag.DurationVar(&c.Delay, "delay", c.Delay, "what a request to S3 takes")
	flag.Parse()
	if *only != "" {
		var err error
		if c.Only, err = regexp.Compile(*only); err != nil {
			return fmt.Errorf("read -only: %w", err)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	result, err := bench.Run(ctx, c)
	if err != nil {
		return err
	}
	if *markdown {
		return result.WriteMarkdown(os.Stdout)
	}
	return result.WriteText(os.Stdout)
}
