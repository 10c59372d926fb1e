package main

import (
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline"
	"plantrail/pipeline/page"
)

// maxLines is how many entries of a list a person is shown.
const maxLines = 20

// summarize tells a person what the run did, and what to do next. report is the
// file that names all, if there is one.
func summarize(w io.Writer, r *pipeline.Report, report string) {
	out := &lines{to: w} // that stderr is closed is no reason to fail
	out.printf("\n")
	out.row("log files", "%s read in %s (%s, %s inflated)", humanize.Comma(r.Read), elapsed(r.ElapsedSeconds), bytesOf(r.BytesRead), bytesOf(r.BytesInflated))
	if r.AlreadyDone > 0 {
		out.row("", "%s passed over: an earlier run has read them", humanize.Comma(r.AlreadyDone))
	}
	if r.Units == 0 && r.Listed == 0 && r.Complete() {
		out.row("", "nothing of the selection is there: look at --account, --region and the source")
	}
	if r.Skipped > 0 {
		out.row("skipped", "%s no log file", counted(r.Skipped, "object that is", "objects that are"))
	}
	out.row("events", "%s in %s", humanize.Comma(r.Events), counted(r.Matched, "log file", "log files"))
	names := sortedKeys(r.EventsByName)
	for _, name := range names[:min(len(names), maxLines)] {
		out.row("", "%8s  %s", humanize.Comma(r.EventsByName[name]), page.Visible(name))
	}
	if more := len(names) - maxLines; more > 0 {
		out.row("", "and %s more: see %s", counted(int64(more), "name", "names"), orFlag(report))
	}
	out.row("table", "%s added, %s, %s written", counted(r.RowsAdded, "row", "rows"),
		counted(r.Duplicates, "duplicate", "duplicates"), counted(r.PartitionsWritten, "partition", "partitions"))

	var quarantined, unreachable, unread []string
	for _, u := range r.UnreadFirst {
		unread = append(unread, page.Visible(u.Key)+"\n    event "+page.Visible(u.EventID)+": "+page.Visible(u.Field))
	}
	for _, q := range r.Quarantined[:min(len(r.Quarantined), maxLines)] {
		quarantined = append(quarantined, page.Visible(q.Key)+"\n    "+page.Visible(q.Error))
	}
	for _, u := range r.Unreachable[:min(len(r.Unreachable), maxLines)] {
		unreachable = append(unreachable, page.Visible(u.Unit)+"\n    "+page.Visible(u.Error))
	}
	out.list("events with values not read", unread, int(r.Unread), report,
		"Their columns are null, rawevent has the values. Please report their form.")
	out.list("quarantined", quarantined, len(r.Quarantined), report,
		"Every run tries these again. Compare them with the trail's own bucket: a copy may have broken off.")
	out.list("unreachable", unreachable, len(r.Unreachable), report,
		"Every run tries these again. Check their names, that these credentials may list and read there\n"+
			"(s3:ListBucket, s3:GetObject, kms:Decrypt), and that nothing is in an archive.")
}

// row prints a name and what there is to say about it.
func (l *lines) row(name, format string, values ...any) {
	l.printf("%-11s  "+format+"\n", append([]any{name}, values...)...)
}

// list prints the first of what went wrong, how much more there is, and what to
// do.
func (l *lines) list(name string, shown []string, all int, report, next string) {
	if all == 0 {
		return
	}
	l.printf("\n%s: %s\n", name, humanize.Comma(int64(all)))
	for _, line := range shown {
		l.printf("  %s\n", line)
	}
	if more := all - len(shown); more > 0 {
		l.printf("  and %s more: see %s\n", humanize.Comma(int64(more)), orFlag(report))
	}
	l.printf("  %s\n", strings.ReplaceAll(next, "\n", "\n  "))
}

// orFlag names the report, or the flag that asks for one.
func orFlag(report string) string {
	if report == "" {
		return "--report"
	}
	return page.Visible(report)
}

func elapsed(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func bytesOf(n int64) string { return humanize.IBytes(uint64(n)) } //nolint:gosec // never negative
