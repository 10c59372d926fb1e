// Command duckpeer finds Support Plans events with DuckDB, with which plantrail
// is compared, and prints how many there are.
//
//	duckpeer [--detect | --lines] DIR
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"plantrail/bench/peers/duckdb"
)

func main() {
	detect := flag.Bool("detect", false, "declare the columns alone, and leave the rest to DuckDB")
	lines := flag.Bool("lines", false, "read files that have a record a line")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: duckpeer [--detect | --lines] DIR")
		os.Exit(2)
	}
	form := duckdb.Told
	switch {
	case *detect:
		form = duckdb.Detect
	case *lines:
		form = duckdb.Lines
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	found, err := duckdb.Count(ctx, flag.Arg(0), form)
	if err != nil {
		fmt.Fprintln(os.Stderr, "duckpeer:", err)
		os.Exit(1)
	}
	fmt.Println(found)
}
