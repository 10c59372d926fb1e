package pipeline_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	eventhistory "plantrail/pipeline/history"
	"plantrail/pipeline/history/historytest"
	"plantrail/pipeline/store"
	"plantrail/schema"
)

// lookups are Event histories, and the same events in log files.
type lookups struct {
	server *historytest.Server
	files  map[string][]byte
	now    time.Time
	events int
}

func lookupNow() time.Time { return time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC) }

const lookupSecond = 3 * time.Millisecond

// newLookups makes count events of some accounts and regions in the last 90 days.
func newLookups(t testing.TB, accounts, regions, count int) *lookups {
	t.Helper()
	server := historytest.New(t)
	server.Second = lookupSecond
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA000000000001")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	l := &lookups{server: server, files: map[string][]byte{}, now: lookupNow()}
	byFile := map[string][]string{}
	names := []string{"us-east-1", "us-west-2", "us-east-2"}
	for i := range count {
		p := historytest.Place{Account: fmt.Sprintf("%012d", 1+i%accounts), Region: names[i/accounts%regions]}
		// Every third is at midnight, where windows meet.
		at := l.now.Add(-89 * 24 * time.Hour / time.Duration(count) * time.Duration(i)).Truncate(time.Second)
		if i%3 == 0 {
			at = at.Truncate(24 * time.Hour).Add(-time.Duration(i/3%2) * time.Second)
		}
		source := schema.EventSources()[i%2]
		id := fmt.Sprintf("id-%06d", i)
		text := fmt.Sprintf(`{"eventSource":%q,"eventName":"GetSupportPlan","eventTime":%q,"eventID":%q,"awsRegion":%q,"recipientAccountId":%q,"userAgent":"a b"}`,
			source, at.Format(time.RFC3339), id, p.Region, p.Account)
		server.Add(p, historytest.Event{ID: id, Source: source, Name: "GetSupportPlan", At: at, Text: text})
		name := fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/a.json.gz", p.Account, p.Region, at.Format("2006/01/02"))
		byFile[name] = append(byFile[name], text)
		l.events++
	}
	for name, records := range byFile {
		l.files[name] = zip(t, logFile(records...))
	}
	return l
}

// sources returns the Event histories of some accounts, by roles.
func (l *lookups) sources(t testing.TB, accounts int) []store.URL {
	t.Helper()
	var urls []store.URL
	for i := range accounts {
		for _, region := range []string{"us-east-1", "us-west-2", "us-east-2"} {
			u, err := store.ParseURL(fmt.Sprintf("cloudtrail://%s?role_arn=arn:aws:iam::%012d:role/r", region, i+1))
			if err != nil {
				t.Fatal(err)
			}
			urls = append(urls, u)
		}
	}
	return urls
}

func (l *lookups) config(t testing.TB, table string, sources ...store.URL) pipeline.Config {
	t.Helper()
	c := pipeline.DefaultConfig()
	c.Sources, c.Table = sources, place(t, table)
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	c.Lookups = &eventhistory.Limits{Second: lookupSecond}
	c.Now = func() time.Time { return l.now }
	return c
}

// content is a table's rows in order, but for where they came from.
func content(t testing.TB, table string) string {
	t.Helper()
	var out strings.Builder
	for _, e := range rows(t, table) {
		e.LogFile = ""
		fmt.Fprintf(&out, "%s %s %s %s %s\n", *e.EventID, e.EventTime, *e.RecipientAccountID, *e.AWSRegion, e.RawEvent)
	}
	return out.String()
}

// The rows from Event history are those from log files.
func TestLookUpSameAsLogFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	l := newLookups(t, 4, 3, 800)
	l.server.ExpireAfter = 7
	fromFiles, fromHistory := t.TempDir(), t.TempDir()
	c := l.config(t, fromFiles, place(t, tree(t, l.files)))
	run(t, c)
	report := run(t, l.config(t, fromHistory, l.sources(t, 4)...))
	if !report.Complete() || report.RowsAdded != int64(l.events) || report.Duplicates != 0 {
		t.Errorf("%d rows of %d, %d duplicates, unreachable: %v", report.RowsAdded, l.events, report.Duplicates, report.Unreachable)
	}
	if want, got := content(t, fromFiles), content(t, fromHistory); want != got {
		t.Error("the rows differ")
	}
	requests, throttled, expired := l.server.Counts()
	if throttled != 0 || expired == 0 || int64(requests) != report.Requests.Lookup {
		t.Errorf("%d requests, of which %d too fast and %d with tokens that expired; counted: %d", requests, throttled, expired, report.Requests.Lookup)
	}
}

// A trail's rows and those of Event history make one table, in whatever order they
// come, and it says of each row that it is in a log file where it is.
func TestLookUpBesideTrail(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	l := newLookups(t, 2, 2, 120)
	names := slices.Sorted(maps.Keys(l.files))
	trail := tree(t, l.files)
	half := map[string][]byte{}
	for _, name := range names[:len(names)/2] {
		half[name] = l.files[name]
	}
	histories, first := l.sources(t, 2), place(t, tree(t, half))
	// The paths of the trees differ: rows name them, so each order reads the same tree.
	clean := t.TempDir()
	run(t, l.config(t, clean, append(slices.Clone(histories), first)...))
	want := partitions(t, clean)
	fromFiles := 0
	for _, e := range rows(t, clean) {
		switch {
		case strings.HasPrefix(e.LogFile, "file://"):
			fromFiles++
		case e.LogFile != "cloudtrail://"+*e.RecipientAccountID+"/"+*e.AWSRegion:
			t.Fatalf("a row is from %s", e.LogFile)
		}
	}
	if fromFiles == 0 || fromFiles == l.events {
		t.Fatalf("%d of %d rows are from log files", fromFiles, l.events)
	}
	for _, order := range [][][]store.URL{{histories, {first}}, {{first}, histories}, {{first}, histories[:3], histories}, {histories[2:], {first}, histories}} {
		table := t.TempDir()
		for _, sources := range order {
			run(t, l.config(t, table, sources...))
		}
		same(t, want, partitions(t, table))
	}
	// When the rest of the log files comes, nothing is left that is only in Event history.
	run(t, l.config(t, clean, place(t, trail)))
	for _, e := range rows(t, clean) {
		if !strings.HasPrefix(e.LogFile, "file://") {
			t.Fatalf("a row is from %s", e.LogFile)
		}
	}
}

// What Event history does not reach any more is named with its days, once: until what
// follows is settled.
func TestLookUpLostDays(t *testing.T) {
	l := newLookups(t, 1, 1, 60)
	table, source := t.TempDir(), l.sources(t, 1)[0]
	began := l.now
	if r := run(t, l.config(t, table, source)); !r.Complete() {
		t.Fatalf("at first: %v", r.Unreachable)
	}
	l.now = began.AddDate(0, 0, 88)
	if r := run(t, l.config(t, t.TempDir(), source)); !r.Complete() {
		t.Fatalf("another table: %v", r.Unreachable)
	}
	l.now = began.AddDate(0, 0, 100)
	r := run(t, l.config(t, table, source))
	want := "the days 2026-11-20 to 2026-11-30 were not looked up in time"
	if len(r.Unreachable) != 1 || !strings.Contains(r.Unreachable[0].Error, want) || r.Complete() {
		t.Fatalf("%v, not: %s", r.Unreachable, want)
	}
	l.now = began.AddDate(0, 0, 101)
	if r := run(t, l.config(t, table, source)); !r.Complete() {
		t.Fatalf("the night after: %v", r.Unreachable)
	}
}

// A night asks for what is not settled: an event that came late is found, and the
// settled days are not asked for.
func TestLookUpNightly(t *testing.T) {
	l := newLookups(t, 1, 1, 1000)
	table, source := t.TempDir(), l.sources(t, 1)[0]
	first := run(t, l.config(t, table, source))
	late := l.now.Add(-50 * time.Hour)
	p := historytest.Place{Account: "000000000001", Region: "us-east-1"}
	l.server.Add(p, historytest.Event{ID: "late", Source: "supportplans.amazonaws.com", At: late, Text: record("late", late.Format(time.RFC3339))})
	l.now = l.now.AddDate(0, 0, 1)
	c := l.config(t, table, source)
	night := run(t, c)
	if night.RowsAdded != 1 || night.Requests.Lookup >= first.Requests.Lookup/3 || !night.Complete() {
		t.Errorf("%d rows, %d requests after %d", night.RowsAdded, night.Requests.Lookup, first.Requests.Lookup)
	}
	c.Selection.Accounts = []string{"000000000002"}
	if r := run(t, c); r.Requests.Lookup != 0 {
		t.Errorf("of another account: %d requests", r.Requests.Lookup)
	}
}

// Shards share the units, and together have all of them.
func TestLookUpShards(t *testing.T) {
	l := newLookups(t, 4, 3, 240)
	whole, table := t.TempDir(), t.TempDir()
	all := run(t, l.config(t, whole, l.sources(t, 4)...))
	var lookups int64
	for i := range 3 {
		c := l.config(t, table, l.sources(t, 4)...)
		c.Shard = pipeline.Shard{Index: i, Count: 3}
		lookups += run(t, c).Requests.Lookup
	}
	same(t, partitions(t, whole), partitions(t, table))
	if lookups != all.Requests.Lookup {
		t.Errorf("%d requests, of one process %d", lookups, all.Requests.Lookup)
	}
}

// One account that may not be looked up does not stop the others, and is told what is
// to be allowed. Two sources of one account look it up once, and share its rate.
func TestLookUpDenied(t *testing.T) {
	l := newLookups(t, 2, 3, 120)
	l.server.Deny["000000000002"] = true
	again, err := store.ParseURL("cloudtrail://us-east-1?role_arn=arn:aws:iam::000000000001:role/other")
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, l.config(t, t.TempDir(), append(l.sources(t, 2), again)...))
	if r.RowsAdded != 60 || len(r.Unreachable) != 3 {
		t.Errorf("%d rows, unreachable: %v", r.RowsAdded, r.Unreachable)
	}
	for _, u := range r.Unreachable {
		if !strings.Contains(u.Unit, "000000000002") || !strings.Contains(u.Error, "allow arn:aws:iam::000000000002:role/r cloudtrail:LookupEvents in us-") {
			t.Errorf("%s: %s", u.Unit, u.Error)
		}
	}
	if _, throttled, _ := l.server.Counts(); throttled != 0 {
		t.Errorf("%d requests came too fast", throttled)
	}
}

// Others ask too: what is throttled is asked again, more slowly, and nothing is missing.
func TestLookUpThrottled(t *testing.T) {
	l := newLookups(t, 1, 3, 900)
	c := l.config(t, t.TempDir(), l.sources(t, 1)...)
	l.server.Second = 20 * lookupSecond
	if r := run(t, c); r.RowsAdded != 900 || !r.Complete() {
		t.Errorf("%d rows, unreachable: %v", r.RowsAdded, r.Unreachable)
	}
	if _, throttled, _ := l.server.Counts(); throttled == 0 {
		t.Error("nothing was throttled")
	}
}

// A plan tells the requests that a run makes, and makes two a unit itself.
func TestLookUpPlan(t *testing.T) {
	l := newLookups(t, 2, 3, 1200)
	table := t.TempDir()
	c := l.config(t, table, l.sources(t, 2)...)
	plan, err := pipeline.MakePlan(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	made, _, _ := l.server.Counts()
	r := run(t, c)
	if want := r.Requests.Lookup; plan.Lookups.Units != 6 || made != 12 || plan.Lookups.Requests < want*3/4 || plan.Lookups.Requests > want*5/4 || plan.Lookups.Minutes <= 0 {
		t.Errorf("%+v after %d requests; the run made %d", plan.Lookups, made, want)
	}
	if plan.Requests.Lookup != plan.Lookups.Requests {
		t.Errorf("requests: %+v", plan.Requests)
	}
}

// Without a region, Event history is that of the regions that events are known from.
func TestLookUpRegions(t *testing.T) {
	l := newLookups(t, 1, 3, 30)
	u, err := store.ParseURL("cloudtrail://")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	c := l.config(t, t.TempDir(), u)
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	r := run(t, c)
	if int(r.Units) != len(schema.EventRegions()) || !strings.Contains(log.String(), strings.Join(schema.EventRegions(), " ")) || !strings.Contains(log.String(), "90 days") {
		t.Errorf("%d units, %s", r.Units, log.String())
	}
}

// There is nothing to verify in Event history, nor is it a place for a table.
func TestLookUpRefuses(t *testing.T) {
	u, err := store.ParseURL("cloudtrail://us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	c := pipeline.DefaultConfig()
	c.Log = slog.New(slog.DiscardHandler)
	c.Sources = []store.URL{u}
	if _, err := pipeline.Verify(t.Context(), pipeline.VerifyConfig{Config: c}); !errors.Is(err, pipeline.ErrUnsigned) {
		t.Errorf("verify: %v", err)
	}
	c.Table = u
	if _, err := pipeline.Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "Event history is a source") {
		t.Errorf("table: %v", err)
	}
	for _, s := range []string{"cloudtrail://US_EAST", "cloudtrail://us-east-1?region=us-west-2", "cloudtrail://us-east-1?external_id=a", "cloudtrail://a?requester_pays=true", "cloudtrail://us-east-1?layout=export"} {
		if u, err := store.ParseURL(s); err == nil {
			t.Errorf("%s: %+v", s, u)
		}
	}
}
