// Command licences prints the licences of what plantrail is linked with, on all
// platforms that a release is built for. It is run in the bench module.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"plantrail/bench/licences"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	text, err := licences.Collect(ctx, "..", "./cmd/plantrail", licences.Platforms)
	if err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
	fmt.Print(text)
}
