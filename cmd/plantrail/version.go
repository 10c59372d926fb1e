package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"

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
func (versionCommand) Run() error { return printVersion(os.Stdout) }

// versionFlag is --version, wherever it stands.
type versionFlag bool

// BeforeReset prints the version instead of going on.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	if err := printVersion(app.Stdout); err != nil {
		return err
	}
	app.Exit(0)
	return nil
}

func printVersion(w io.Writer) error {
	_, err := fmt.Fprintf(w, "plantrail %s (schema version %d, %s, %s/%s)\n",
		version(), schema.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
