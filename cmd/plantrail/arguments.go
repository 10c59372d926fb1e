package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"plantrail/pipeline/page"
)

// An argumentReader goes through the command line as the parser will, to explain
// in the program's own words what the parser would refuse.
type argumentReader struct {
	root *kong.Node
	at   *kong.Node // the command, as far as it was read
	out  []string
}

// readArguments returns the arguments as the parser takes them, and where to find
// help about them. A value that begins with a hyphen, -1 perhaps, is tied to its
// flag. help and --version stand for what they are elsewhere.
func readArguments(root *kong.Node, args []string) (out []string, help string, err error) {
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	r := argumentReader{root: root, at: root}
	for len(args) > 0 && err == nil {
		args, err = r.next(args)
	}
	if err == nil && len(r.at.Children) > 0 && !slices.Contains(r.out, "--help") && !slices.Contains(r.out, "-h") && !r.version() {
		err = fmt.Errorf("write which: %s", r.path(either(r.commands())))
	}
	return r.out, r.path("--help"), err
}

// version reports whether only the version is asked for.
func (r *argumentReader) version() bool {
	return slices.Contains(r.out, "--version") || slices.Contains(r.out, "-V")
}

// next takes an argument, with its value if it has one, and returns the rest.
func (r *argumentReader) next(args []string) ([]string, error) {
	arg, rest := args[0], args[1:]
	switch {
	case strings.HasPrefix(arg, "--") && arg != "--":
		return r.long(arg, rest)
	case strings.HasPrefix(arg, "-") && arg != "-" && arg != "--":
		for _, letter := range arg[1:] {
			if !slices.ContainsFunc(r.flags(r.at), func(f *kong.Flag) bool { return f.Short == letter }) {
				return nil, fmt.Errorf("unknown flag -%s: the short flags here are %s", page.Visible(string(letter)), strings.Join(r.shorts(), ", "))
			}
		}
	default:
		return rest, r.command(arg)
	}
	r.out = append(r.out, arg)
	return rest, nil
}

// long takes a flag with its value.
func (r *argumentReader) long(arg string, rest []string) ([]string, error) {
	name, _, tied := strings.Cut(arg, "=")
	i := slices.IndexFunc(r.flags(r.at), func(f *kong.Flag) bool { return "--"+f.Name == name })
	if i < 0 {
		return nil, r.unknown(name)
	}
	flag := r.flags(r.at)[i]
	switch {
	case tied || flag.IsBool():
		r.out = append(r.out, arg)
		return rest, nil
	case len(rest) == 0 || strings.HasPrefix(rest[0], "--"):
		return nil, fmt.Errorf("%s is without its value: write %s %s", name, name, flag.FormatPlaceHolder())
	}
	r.out = append(r.out, arg+"="+rest[0])
	return rest[1:], nil
}

// command takes the name of a command.
func (r *argumentReader) command(arg string) error {
	for _, child := range r.at.Children {
		if child.Name == arg {
			r.at, r.out = child, append(r.out, arg)
			return nil
		}
	}
	arg = page.Visible(arg)
	if len(r.at.Children) > 0 {
		return fmt.Errorf("there is no command %s, there are %s%s",
			strings.TrimPrefix(r.path(arg), "plantrail "), strings.Join(r.commands(), ", "), didYouMean(arg, r.commands()))
	}
	for _, name := range []string{"--source", "--table"} {
		if slices.ContainsFunc(r.at.Flags, func(f *kong.Flag) bool { return "--"+f.Name == name }) {
			return fmt.Errorf("%s stands alone: values belong to flags, as in %s %s", arg, name, arg)
		}
	}
	return fmt.Errorf("%s stands alone: %s takes nothing", arg, r.at.Name)
}

// unknown explains a flag that the command does not have.
func (r *argumentReader) unknown(name string) error {
	shown := page.Visible(name)
	var have, near []string
	for _, leaf := range r.root.Leaves(true) {
		if slices.ContainsFunc(leaf.Flags, func(f *kong.Flag) bool { return "--"+f.Name == name }) {
			have = append(have, strings.TrimPrefix(leaf.FullPath(), "plantrail "))
		}
	}
	if len(have) > 0 && r.at == r.root {
		return fmt.Errorf("%s belongs to a command: write plantrail %s %s …", shown, have[0], shown)
	}
	if len(have) > 0 {
		return fmt.Errorf("%s has no flag %s: %s", r.at.Name, shown, either(have)+" does")
	}
	for _, f := range r.flags(r.at) {
		near = append(near, "--"+f.Name)
	}
	return fmt.Errorf("unknown flag %s%s", shown, didYouMean(name, near))
}

// flags returns the flags that may stand in a command.
func (r *argumentReader) flags(command *kong.Node) (all []*kong.Flag) {
	for _, group := range command.AllFlags(false) {
		all = append(all, group...)
	}
	return all
}

// shorts returns the flags of one letter, as they are written.
func (r *argumentReader) shorts() (all []string) {
	for _, f := range r.flags(r.at) {
		if f.Short != 0 {
			all = append(all, "-"+string(f.Short))
		}
	}
	return all
}

// commands returns the names of the commands that may come next.
func (r *argumentReader) commands() (names []string) {
	for _, child := range r.at.Children {
		if !child.Hidden {
			names = append(names, child.Name)
		}
	}
	return names
}

// path is what was read of the command line's commands, and a last word.
func (r *argumentReader) path(last string) string {
	return r.at.FullPath() + " " + last
}

// didYouMean proposes the name that is nearest, if one is near.
func didYouMean(word string, names []string) string {
	best, nearest := "", max(2, len(word)/3)+1
	for _, name := range names {
		if d := distance(word, name); d < nearest {
			best, nearest = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance is how many letters two words differ in: inserted, left out, replaced.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before, row[j+1] = row[j+1], min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
