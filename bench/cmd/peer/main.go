// Command peer runs one of the programs that plantrail is compared with, and
// prints how many events, or objects, it has found.
//
//	peer klauspost SOURCE TABLE
//	peer plain DIR
//	peer get|least URL [--concurrency N]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"plantrail/bench/peers"
)

// defaultConcurrency is plantrail's own.
const defaultConcurrency = 128

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	found, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
	fmt.Println(found)
}

func run(ctx context.Context, args []string) (int64, error) {
	switch {
	case len(args) == 3 && args[0] == "klauspost":
		return peers.Klauspost(ctx, args[1], args[2])
	case len(args) == 2 && args[0] == "plain":
		return peers.Plain(ctx, args[1])
	case len(args) >= 2 && (args[0] == "get" || args[0] == "least"):
		flags := flag.NewFlagSet("peer "+args[0]+" URL", flag.ExitOnError)
		concurrency := flags.Int("concurrency", defaultConcurrency, "requests in flight")
		if err := flags.Parse(args[2:]); err != nil {
			return 0, err
		}
		if args[0] == "least" {
			return peers.Least(ctx, args[1], *concurrency)
		}
		return peers.Get(ctx, args[1], *concurrency)
	}
	return 0, errors.New("usage: peer klauspost SOURCE TABLE | plain DIR | get|least URL [--concurrency N]")
}
