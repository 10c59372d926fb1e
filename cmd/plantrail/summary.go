package main

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline"
	"plantrail/pipeline/page"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// maxLines is how many entries of a list a person is shown.
const maxLines = 20

// A summary tells what a run did, and what to do next.
type summary struct {
	*pipeline.Report
	report  string // the file that names all, if there is one
	changes string // the file with the plan changes, if there is one
	nothing string // what was looked for, where nothing of it is there
	until   string // when the selection was looked at, in words
	width   int    // of lines; 0 is any
	whole   bool   // the run came to its end
}

// summary returns what there is to tell of a run that began at a time.
func (r *runCommand) summary(report *pipeline.Report, c *pipeline.Config, began time.Time, err error) summary {
	today := trail.DayOf(began)
	s := summary{Report: report, report: r.Report, changes: r.Changes, width: stderrColumns(), whole: err == nil, until: "until " + began.UTC().Format("2006-01-02 15:04") + " UTC"}
	if c.Selection.To < today {
		s.until = "through " + c.Selection.To.String()
	}
	if err == nil && report.Units == 0 && report.Listed == 0 && report.Gone == 0 && report.Complete() {
		s.nothing = r.nothingFound(sourceNames(c.Sources), c.Selection)
	}
	return s
}

// tell tells it in the form of the voice. That nobody listens is no reason to fail.
func (s summary) tell(v *voice) {
	if v.json {
		s.log(v.log)
		return
	}
	s.print(&lines{to: v.to})
}

// upToDate reports whether all log files of the selection had been read before,
// except those that fail each time.
func (s summary) upToDate() bool {
	failed := map[string]bool{}
	for _, q := range s.Quarantined {
		failed[q.Key] = true
	}
	for _, k := range s.KnownBad {
		if k.Outcome == pipeline.WasQuarantined {
			failed[k.Key] = true
		}
	}
	return s.whole && s.Units > 0 && len(s.Unreachable) == 0 && s.Read == int64(len(failed)) && s.RowsAdded == 0
}

// log tells it in one line of the log. What is named in lines of its own is not in
// it again.
func (s summary) log(log *slog.Logger) {
	attrs := []any{
		slog.Bool("complete", s.whole && s.Complete()), slog.Bool("up_to_date", s.upToDate()), slog.String("looked_at", s.until), slog.Int64("units", s.Units),
		slog.Int64("skipped", s.Skipped), slog.Int64("gone", s.Gone), slog.Int64("foreign", s.Foreign), slog.Int64("empty", s.Empty), slog.Int64("bytes_read", s.BytesRead),
		slog.Int64("bytes_inflated", s.BytesInflated), slog.Int64("matched", s.Matched), slog.Any("events_by_name", s.EventsByName),
		slog.Int64("duplicates", s.Duplicates), slog.Int64("changes", s.Changes), slog.Int64("changes_recovered", s.ChangesRecovered), slog.Int64("unread", s.Unread), slog.Int64("partitions_written", s.PartitionsWritten),
		slog.Int("concurrency", s.Concurrency), slog.Int("known_bad", len(s.KnownBad)), slog.Int("known_bad_over", len(s.KnownBadOver)),
	}
	if s.nothing != "" {
		attrs = append(attrs, slog.String("nothing_found", s.nothing))
	}
	log.Info("summary", attrs...)
}

// print tells it to a person.
func (s summary) print(out *lines) {
	out.printf("\n")
	switch {
	case s.nothing != "":
		out.printf("%s\n", wrap(capital(s.nothing), s.width, ""))
		s.skipped(out)
		return
	case s.upToDate():
		except := ""
		if s.Read > 0 {
			except = ", except " + choose(s.Read, "one that cannot be read", "some that cannot be read")
		}
		out.row("up to date", "no new %s %s%s", s.things("events", "log files"), s.until, except)
	case s.lookedUp():
		out.row("days", "%s of Event history looked up in %s, by %s", humanize.Comma(s.Read), elapsed(s.ElapsedSeconds),
			counted(s.Requests.Lookup, "request", "requests"))
	default:
		out.row("log files", "%s read in %s (%s, %s inflated), %s at once",
			humanize.Comma(s.Read), elapsed(s.ElapsedSeconds), bytesOf(s.BytesRead), bytesOf(s.BytesInflated), humanize.Comma(int64(s.Concurrency)))
	}
	if s.AlreadyDone > 0 {
		out.row("", "%s skipped: an earlier run has read %s", counted(s.AlreadyDone, s.things("day", "log file"), s.things("days", "log files")), choose(s.AlreadyDone, "it", "them"))
	}
	if s.Gone > 0 {
		out.row("", "%s not there any more", counted(s.Gone, "log file is", "log files are"))
	}
	s.skipped(out)
	if !s.upToDate() {
		s.events(out)
	}
	s.news(out)
	s.failures(out)
}

// lookedUp reports whether all there was to read is Event history.
func (s summary) lookedUp() bool {
	trail := func(source string) bool { return !strings.HasPrefix(source, store.HistoryScheme) }
	return len(s.Selection.Sources) > 0 && !slices.ContainsFunc(s.Selection.Sources, trail)
}

// things returns what the parts of Event history are called, or those of a trail.
func (s summary) things(history, trail string) string {
	if s.lookedUp() {
		return history
	}
	return trail
}

func (s summary) skipped(out *lines) {
	if s.Empty > 0 {
		out.row("", "%s no record", counted(s.Empty, "export holds", "exports hold"))
	}
	if s.Skipped > 0 {
		out.row("skipped", "%s", skipped(s.Skipped, s.SkippedKinds))
	}
}

// events tells what was found and what became of it.
func (s summary) events(out *lines) {
	if s.Events == 0 {
		out.row("events", "none of Support Plans")
		return
	}
	out.row("events", "%s in %s", humanize.Comma(s.Events), counted(s.Matched, s.things("day", "log file"), s.things("days", "log files")))
	names := sortedKeys(s.EventsByName)
	for _, name := range names[:min(len(names), maxLines)] {
		out.row("", "%8s  %s", humanize.Comma(s.EventsByName[name]), page.Visible(name))
	}
	if more := len(names) - maxLines; more > 0 {
		out.row("", "and %s more: see %s", counted(int64(more), "name", "names"), s.all())
	}
	out.row("table", "%s added, %s, %s written", counted(s.RowsAdded, "row", "rows"),
		counted(s.Duplicates, "duplicate", "duplicates"), counted(s.PartitionsWritten, "partition", "partitions"))
}

// news tells how many plan changes there are that nobody has been told.
func (s summary) news(out *lines) {
	all := s.Changes + s.ChangesRecovered
	where := "plantrail show names " + choose(all, "it", "them")
	switch s.changes {
	case "":
	case "-":
		where = "see above"
	default:
		where = "see " + page.Visible(s.changes)
	}
	if s.Changes > 0 {
		out.row("changes", "%s: %s", counted(s.Changes, "new plan change", "new plan changes"), where)
	}
	if s.ChangesRecovered > 0 {
		out.row("changes", "%s of an earlier run that was killed or could not tell %s: %s",
			counted(s.ChangesRecovered, "plan change", "plan changes"), choose(s.ChangesRecovered, "it", "them"), where)
	}
}

// failures names what went wrong, and says what to do about it.
func (s summary) failures(out *lines) {
	const again = "Every run tries %s again. "
	var unread, keys, units, over []failure
	for _, u := range s.UnreadFirst {
		unread = append(unread, failure{u.Key, "event " + u.EventID + ": " + u.Field})
	}
	for _, q := range s.Quarantined {
		keys = append(keys, failure{q.Key, q.Error})
	}
	for _, u := range s.Unreachable {
		units = append(units, failure{u.Unit, u.Error})
	}
	s.list(out, "events with values not read", unread, s.Unread, "Their columns are null, rawevent has the values. Please report their form.")
	for _, o := range s.KnownBadOver {
		over = append(over, failure{o.Key, o.Why})
	}
	if bad := int64(countKeys(s.KnownBad)); bad > 0 {
		out.row("known bad", "%s as --known-bad says", counted(bad, "log file fails", "log files fail"))
	}
	s.list(out, "named as known bad, and not", over, int64(len(over)), "Take %s out of the file that --known-bad names.")
	var foreign []failure
	for _, f := range s.ForeignFirst {
		foreign = append(foreign, failure{f.Key, f.Error})
	}
	s.list(out, "no CloudTrail records", foreign, s.Foreign, "They were left out. Each export's first is named.")
	s.list(out, "quarantined", keys, int64(len(keys)), again+adviceFor(keys,
		"Compare with the bucket that they were copied from: a copy may have broken off.",
		"Get one and test it, with gzip -t: what CloudTrail delivered may have been overwritten.")+
		" What stays broken, name in a file, a line each as above, and run with --known-bad FILE: then it does not make a run incomplete.")
	s.list(out, "unreachable", units, int64(len(units)), again+adviceFor(units,
		"Look whether they are there, and whether this user may read them.",
		"Check their names, that these credentials may list and read there (s3:ListBucket, s3:GetObject, kms:Decrypt), and that nothing is in an archive."))
}

// A failure is a place and what is wrong there.
type failure struct{ place, why string }

// adviceFor returns what to do about failures: in a directory, or in a bucket.
func adviceFor(failures []failure, local, bucket string) string {
	var advice []string
	inBucket, inHistory := 0, 0 // the latter say themselves what to do
	for _, f := range failures {
		switch {
		case strings.HasPrefix(f.place, "s3://"):
			inBucket++
		case strings.HasPrefix(f.place, store.HistoryScheme):
			inHistory++
		}
	}
	if inBucket+inHistory < len(failures) {
		advice = append(advice, local)
	}
	if inBucket > 0 {
		advice = append(advice, bucket)
	}
	return strings.Join(advice, " ")
}

// list prints the first of what went wrong, how many there are in all, and what to
// do.
func (s summary) list(out *lines, name string, failures []failure, all int64, next string) {
	if all == 0 {
		return
	}
	out.printf("\n%s: %s\n", name, humanize.Comma(all))
	failures = failures[:min(len(failures), maxLines)]
	for _, f := range failures {
		out.printf("  %s\n    %s\n", page.Visible(f.place), page.Visible(f.why))
	}
	if more := all - int64(len(failures)); more > 0 {
		out.printf("  and %s more: see %s\n", humanize.Comma(more), s.all())
	}
	next = strings.Replace(next, "%s", choose(all, "it", "them"), 1)
	out.printf("  %s\n", wrap(next, max(s.width-2, 0), "  "))
}

// all names the report, or the flag that asks for one.
func (s summary) all() string {
	if s.report == "" {
		return "--report"
	}
	return page.Visible(s.report)
}

// row prints a name and what there is to say about it.
func (l *lines) row(name, format string, values ...any) {
	l.printf("%-11s  "+format+"\n", append([]any{name}, values...)...)
}

func elapsed(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// choose returns the word for one or for many.
func choose(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func bytesOf(n int64) string { return humanize.IBytes(uint64(n)) } //nolint:gosec // never negative

// skipped says how many objects are no log files, and of which kinds they are.
func skipped(objects int64, kinds []pipeline.SkippedKind) string {
	const most = 4
	text := counted(objects, "object that is", "objects that are") + " no log file"
	for i, kind := range kinds {
		switch i {
		case 0:
			text += ": "
		case most:
			return text + ", and more kinds"
		default:
			text += ", "
		}
		text += page.Visible(kind.Kind) + " " + humanize.Comma(kind.Objects)
		if kind.More {
			text += " or more"
		}
	}
	return text
}
