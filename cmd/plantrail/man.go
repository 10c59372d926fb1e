package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// manCommand is plantrail man.
type manCommand struct{}

// Help is shown by plantrail man --help.
func (manCommand) Help() string {
	return `To read it, or to install it:

  plantrail man | man -l -
  plantrail man > /usr/local/share/man/man1/plantrail.1`
}

// Run carries out the command.
func (manCommand) Run(app *kong.Kong) error { return manual(os.Stdout, app.Model.Node) }

// exitCodes are what the page says of them.
var exitCodes = []struct { //nolint:gochecknoglobals // a table that nobody changes
	code    int
	meaning string
}{
	{0, "All done."},
	{exitFailed, "Could not run, or gave up. The message says what to do."},
	{exitUsage, "Wrong usage."},
	{exitIncomplete, "Finished, but some log files are quarantined or could not be reached. Each is named, and tried again by the next run."},
	{exitAltered, "verify: something is not what CloudTrail signed."},
	{exitInterrupted, "Interrupted. What was finished is in the table."},
}

// manual prints the manual page, in the macros of man(7), from what the parser knows
// of commands and flags. Its bytes depend on the program alone, not on the machine.
func manual(w io.Writer, root *kong.Node) error {
	out := &lines{to: w}
	date, _, _ := strings.Cut(built().time, "T")
	out.printf(".TH PLANTRAIL 1 %q %q %q\n", date, "plantrail "+version(), "User Commands")
	summary, rest, _ := strings.Cut(root.Help, "\n\n")
	out.printf(".SH NAME\n%s\n", fold(roff("plantrail - "+strings.TrimSuffix(lowerFirst(summary), ".")), "\n"))
	out.printf(".SH SYNOPSIS\n")
	for i, leaf := range root.Leaves(true) {
		if i > 0 {
			out.printf(".br\n")
		}
		out.printf("\\fB%s\\fR", roff(leaf.FullPath()))
		if len(leaf.Flags) > 0 {
			out.printf(" [\\fIFLAGS\\fR]")
		}
		out.printf("\n")
	}
	out.printf(".SH DESCRIPTION\n")
	paragraphs(out, strings.TrimSuffix(summary, ".")+".\n\n"+rest)
	out.printf(".SH FLAGS OF EVERY COMMAND\n")
	flagList(out, root.Flags)
	out.printf(".SH COMMANDS\n")
	visible(root, func(n *kong.Node) {
		if n == root {
			return
		}
		out.printf(".SS %q\n", roff(n.FullPath()))
		paragraphs(out, strings.TrimSpace(n.Help+"\n\n"+n.Detail))
		flagList(out, n.Flags)
	})
	out.printf(".SH EXIT STATUS\n")
	for _, e := range exitCodes {
		out.printf(".TP\n\\fB%d\\fR\n%s\n", e.code, fold(roff(e.meaning), "\n"))
	}
	out.printf(".SH ENVIRONMENT\n")
	paragraphs(out, "Every flag can be given as a variable; several sources go one a line. "+
		"The AWS SDK's own variables say which credentials and region are used.")
	out.printf(".SH FILES\n.TP\n\\fITABLE\\fR/_plantrail/\nWhat earlier runs have finished, and log files that could not be read.\n")
	return out.err
}

// flagList prints flags, each with its variable, if it has one, and its help.
func flagList(out *lines, flags []*kong.Flag) {
	for _, flag := range flags {
		if flag.Hidden {
			continue
		}
		out.printf(".TP\n")
		if flag.Short != 0 {
			out.printf("\\fB%s\\fR, ", roff("-"+string(flag.Short)))
		}
		out.printf("\\fB%s\\fR", roff("--"+flag.Name))
		if !flag.IsBool() {
			out.printf(" \\fI%s\\fR", roff(flag.FormatPlaceHolder()))
		}
		help := flag.Help
		for _, variable := range flag.Envs {
			help += " Variable: " + variable + "."
		}
		out.printf("\n%s\n", fold(roff(help), "\n"))
	}
}

// paragraphs prints the text of a section. What is indented stands as it is.
func paragraphs(out *lines, text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			out.printf(".PP\n")
		}
		switch {
		case strings.HasPrefix(paragraph, "  "):
			out.printf(".RS 4\n.nf\n")
			for line := range strings.SplitSeq(paragraph, "\n") {
				out.printf("%s\n", fold(roff(strings.TrimSpace(line)), " \\\n"))
			}
			out.printf(".fi\n.RE\n")
		default:
			for line := range strings.SplitSeq(paragraph, "\n") {
				out.printf("%s\n", fold(roff(line), "\n"))
			}
		}
	}
}

// roff writes a line of text so that nothing in it is a request, and hyphens and
// quotes can be copied into a shell.
func roff(line string) string {
	var b strings.Builder
	for i, r := range line {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case r == '"':
			b.WriteString(`\(dq`)
		case (r == '.' || r == '\'') && i == 0:
			b.WriteString(`\&` + string(r))
		case r == '\'':
			b.WriteString(`\(aq`)
		case r > '~':
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// sourceColumns is how wide lines of the page's source may be, by convention.
const sourceColumns = 80

// fold breaks a line of the source that is too wide at its spaces. A joint that ends
// with a backslash keeps it one line for the reader; it takes two columns.
func fold(line, joint string) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Split(line, " ") {
		switch {
		case i == 0:
		case column+len(word)+3 > sourceColumns:
			b.WriteString(joint)
			if column = 0; strings.HasPrefix(word, ".") {
				word = `\&` + word
			}
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

// lowerFirst begins a text in lower case.
func lowerFirst(text string) string {
	return strings.ToLower(text[:1]) + text[1:]
}
