package pipeline_test

import (
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
	l := &lookups{server: server, files: map[string][]byte{}, now: time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)}
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
	l := newLookups(t, 4, 3, 1500)
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
