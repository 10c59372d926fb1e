package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"plantrail/schema"
)

// release is set when a release is built: -ldflags "-X main.release=v1.2.3".
var release string //nolint:gochecknoglobals // the linker can only set a variable

// version names the program's version: a release, else the commit it was built
// from.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return "devel-" + setting.Value[:12]
		}
	}
	return "devel"
}

// versionCommand is plantrail version.
type versionCommand struct{}

// Run carries out the command.
func (versionCommand) Run(context.Context) error {
	_, err := fmt.Fprintf(os.Stdout, "plantrail %s (schema version %d, %s, %s/%s)\n",
		version(), schema.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
