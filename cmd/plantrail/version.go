package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"plantrail/schema"
)

// Set when a release is built: -ldflags "-X main.release=v1.2.3". The commit and its
// time, RFC 3339, are for builds that do not see the repository.
var release, commit, committed string //nolint:gochecknoglobals // the linker can only set variables

// A revision is the commit that the program was built from, as far as the build
// knew it.
type revision struct {
	tag     string // of the commit; "" if it has none
	commit  string // of 12 digits
	time    string // when it was committed, RFC 3339
	altered bool   // files were changed after the commit
}

// built returns what the build says of itself.
func built() (r revision) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	r.commit, r.time = commit, committed
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			r.commit = setting.Value
		case "vcs.time":
			r.time = setting.Value
		case "vcs.modified":
			r.altered = setting.Value == "true"
		}
	}
	r.commit = r.commit[:min(len(r.commit), 12)]
	r.tag = info.Main.Version
	if r.commit == "" || r.tag == "(devel)" || strings.Contains(r.tag, r.commit) {
		r.tag = "" // made up, of a commit that has none
	}
	return r
}

// version names the program's version: a release, the tag that Go found on the
// commit that it was built from, or that commit.
func version() string {
	r := built()
	switch {
	case release != "":
		return release
	case r.tag != "":
		return r.tag
	case r.commit != "":
		return "devel-" + r.commit
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
	r := built()
	from := "unknown"
	if r.commit != "" {
		from = r.commit
	}
	if r.altered {
		from += " and changes"
	}
	if r.time != "" {
		from += " of " + r.time
	}
	_, err := fmt.Fprintf(w, "plantrail %s (commit %s, schema version %d, %s, %s/%s)\n",
		version(), from, schema.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
