package page_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/page"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	first  = "111122223333"
	second = "444455556666"
)

func now() time.Time { return time.Date(2024, 9, 1, 12, 0, 0, 0, time.UTC) }

func config() page.Config {
	c := page.DefaultConfig()
	c.Table, c.Version, c.Now = "s3://tables/support-plans", "v0.0.0", now()
	return c
}

// begin begins an empty table.
func begin(t *testing.T) (*table.Table, store.Location) {
	t.Helper()
	u, err := store.ParseURL(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, true, new(store.Shared))
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), l, table.ByYear, "v0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	return tbl, l
}

// merge adds events to a table.
func merge(t *testing.T, tbl *table.Table, events ...schema.Event) {
	t.Helper()
	partitions := map[string][]schema.Event{}
	for i := range events {
		name := tbl.Partition(&events[i])
		partitions[name] = append(partitions[name], events[i])
	}
	for name, events := range partitions {
		if _, err := tbl.Merge(t.Context(), name, events); err != nil {
			t.Fatal(err)
		}
	}
}

// event returns a call; level "" makes it a read.
func event(at, account, actor, level string) schema.Event {
	when, err := time.Parse(time.DateTime, at)
	if err != nil {
		panic(err)
	}
	name, readOnly, id := "StartSupportPlanUpdate", level == "", "id-"+at+account+actor
	if readOnly {
		name = "GetSupportPlan"
	}
	return schema.Event{
		EventTime: when, EventSource: "supportplans.amazonaws.com", EventName: &name, EventID: &id, ReadOnly: &readOnly,
		RecipientAccountID: &account, SupportLevel: &level, UserIdentity: &schema.UserIdentity{UserName: &actor},
		LogFile: "log", RawEvent: "{}",
	}
}

// write returns the page of a table.
func write(t *testing.T, l store.Location, c page.Config) string {
	t.Helper()
	r, err := table.OpenReader(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	p, err := page.Read(t.Context(), r, c)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// check looks for texts in a page, and for the absence of those that begin with
// an exclamation mark.
func check(t *testing.T, html string, texts ...string) {
	t.Helper()
	for _, want := range texts {
		absent := strings.HasPrefix(want, "!")
		if strings.Contains(html, strings.TrimPrefix(want, "!")) == absent {
			t.Errorf("wanted %q in %s", want, html)
		}
	}
}

// The page of the sample trail, byte for byte.
func TestSampleTrail(t *testing.T) {
	source, err := store.ParseURL("../../cmd/plantrail/testdata/trail")
	if err != nil {
		t.Fatal(err)
	}
	_, l := begin(t)
	c := pipeline.DefaultConfig()
	c.Sources, c.Table, c.Partition = []store.URL{source}, l.URL, table.ByYear
	c.Selection.To, c.Now, c.Log = trail.DayOf(now()), now, slog.New(slog.NewTextHandler(io.Discard, nil))
	if _, err := pipeline.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	got := write(t, l, config())
	golden := filepath.Join("testdata", "sample.html")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the page differs from %s; look at it, and write it anew with -update\n%s", golden, got)
	}
	if again := write(t, l, config()); again != got {
		t.Error("the same table gives another page")
	}
}

func TestEmpty(t *testing.T) {
	tbl, l := begin(t)
	check(t, write(t, l, config()), `<p class="alarm" role="alert">Nothing has been read.`, "This page answers nothing", "!Nobody", "!No change seen", "!No call that",
		"Not known: nothing has been read that could tell.", "The table remembers no log files: no run has finished", "no log file is remembered")
	merge(t, tbl, event("2024-03-01 10:00:00", first, "mary", ""))
	check(t, write(t, l, config()), "No change of a support plan is in the table", ">mary<", "!No call that only reads", "!alarm\" role", "1 account: 1 not known.",
		"No account is known to be on a plan that ends; of 1 account the plan is not known.", "1 account never read: 111122223333")
}

// What is left out is said, and what was before --since still counts.
func TestNarrowed(t *testing.T) {
	tbl, l := begin(t)
	merge(t, tbl,
		event("2021-03-01 10:00:00", first, "early", "BUSINESS"), event("2024-03-01 10:00:00", first, "late", "ENTERPRISE"),
		event("2024-03-01 10:00:00", second, "stranger", "DEVELOPER"), event("2021-03-01 10:00:00", first, "looked", ""))
	c := config()
	c.Since, c.Accounts = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), []string{first}
	check(t, write(t, l, c), "Only events since 2024-01-01 00:00 and account 111122223333.", "!>early<", ">late<", "!>stranger<", "!"+second, "!>looked<",
		"Business Support, 2021-03-01 10:00 to 2024-03-01 10:00", "Enterprise Support, since 2024-03-01 10:00", "Level now: Enterprise Support. Changes: 1 accepted.", "first event</dt><dd>2024-03-01")
	c.Accounts = []string{"123456789012"}
	check(t, write(t, l, c), "Nothing has been read of what this page is about.", "!Nobody")
}

// Of the levels from before Since those are told that last into it.
func TestNarrowedLevels(t *testing.T) {
	tbl, l := begin(t)
	merge(t, tbl, event("2023-01-01 00:00:00", first, "a", "DEVELOPER"), event("2023-02-01 00:00:00", first, "a", "BUSINESS"), event("2024-03-01 00:00:00", first, "a", "ENTERPRISE"))
	c := config()
	c.Since = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	check(t, write(t, l, c), "<td>Enterprise Support</td>", "<td>Business Support</td>", "!<td>Developer Support</td>", `!<td>not known</td><td class="time">`)
}

func TestLimits(t *testing.T) {
	tbl, l := begin(t)
	var events []schema.Event
	for i := range 6 {
		account := fmt.Sprintf("%012d", 111122220000+i)
		at := fmt.Sprintf("2024-03-01 1%d:00:00", i)
		events = append(events, event(at, account, fmt.Sprint("actor-", i), "BUSINESS"), event(at, account, fmt.Sprint("reader-", i), ""))
	}
	merge(t, tbl, events...)
	c := config()
	c.Lanes, c.Changes, c.Readers = 2, 3, 4
	html := write(t, l, c)
	check(t, html, "4 more accounts have no newer change than these", "The newest 3 of 6.", "Those 4 who look most; 2 more are left out.",
		"Account 111122220005", "!Account 111122220003", ">actor-3<", "!>actor-2<", ">reader-2<", "!>reader-1<")
	c = config()
	c.Kept, c.Counted = 2, 3
	check(t, write(t, l, c), "There are too many changes to follow them all", "The newest 2 of 6.", "3 older reads are not counted here")
}

// A schedule is drawn ahead of now, also if it names a year that nobody sees.
func TestSchedule(t *testing.T) {
	for name, year := range map[string]int{"soon": 2025, "never": 2250} {
		t.Run(name, func(t *testing.T) {
			tbl, l := begin(t)
			e := event("2024-03-01 10:00:00", first, "mary", "BUSINESS")
			start, level := time.Date(year, 2, 1, 0, 0, 0, 0, time.UTC), "ENTERPRISE"
			e.Schedule = &schema.Schedule{StartLevel: &level, StartTimestamp: &start}
			merge(t, tbl, e)
			html := write(t, l, config())
			check(t, html, "Level now: Business Support.", "<title>ahead: Business Support, 2024-03-01 10:00 to "+start.Format(time.DateOnly), ">scheduled<")
			if got := strings.Contains(html, "<title>ahead: Enterprise Support"); got != (year == 2025) {
				t.Errorf("the scheduled level is drawn: %t", got)
			}
		})
	}
}

// Times that no trail knows leave the picture as it is.
func TestOddTimes(t *testing.T) {
	tbl, l := begin(t)
	merge(t, tbl, event("1700-01-01 10:00:00", first, "mary", "BASIC"), event("2024-03-01 10:00:00", first, "mary", "BUSINESS"), event("2100-03-01 10:00:00", first, "mary", "ENTERPRISE"))
	check(t, write(t, l, config()), "Basic Support, 1700-01-01 10:00 to 2024-03-01 10:00", "Business Support, 2024-03-01 10:00 to 2100-03-01 10:00", "Level now: Business Support. Changes: 3 accepted.", ">2008<", "!NaN", `!width="-`)
}

// Marks tell the outcomes apart, and those too near to each other are one.
func TestMarks(t *testing.T) {
	tbl, l := begin(t)
	var events []schema.Event
	for i, code := range []string{"", "AccessDenied", "ConflictException", "ConflictException"} {
		e := event(fmt.Sprintf("2024-03-01 1%d:00:00", i), first, "mary", "BUSINESS")
		if code != "" {
			e.ErrorCode = &code
		}
		events = append(events, e, event("2022-01-01 10:00:00", second, "mary", "BASIC"))
	}
	merge(t, tbl, events...)
	check(t, write(t, l, config()), "2024-03-01 10:00, accepted: StartSupportPlanUpdate Business Support by mary",
		"2024-03-01 11:00, denied: StartSupportPlanUpdate Business Support by mary", "2 changes failed, 2024-03-01 12:00 to 2024-03-01 13:00",
		"Changes: 1 accepted, 1 denied and 2 failed.", "of them denied</dt><dd>1<", "of them failed</dt><dd>2<")
}

// put writes a state document.
func put(t *testing.T, tbl *table.Table, name string, text []byte) {
	t.Helper()
	if err := tbl.PutDocument(t.Context(), "state/"+name, text, ""); err != nil {
		t.Fatal(err)
	}
}

func TestCoverage(t *testing.T) {
	day := func(s string) trail.Day {
		d, err := trail.ParseDay(s, now())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	claim := func(region string, days trail.Days) state.Claim {
		tallies := map[trail.Day]state.Tally{}
		for _, span := range days {
			var tally state.Tally
			tally.Add(span.From.String(), "etag")
			tallies[span.From] = tally
		}
		return state.Claim{Region: region, Settled: days, Days: tallies}
	}
	folder := "s3://trail/AWSLogs/" + first + "/CloudTrail/"
	for name, test := range map[string]struct {
		claims  []state.Claim
		folder  string
		sources []string
		limit   int
		want    []string
	}{
		"complete": {
			claims: []state.Claim{claim("us-west-2", trail.Days{{From: 0, To: day("2024-08-20")}})},
			want:   []string{">complete<", "all through 2024-08-20", "2024-08-21 to 2024-09-01", "1 log file read in 1 unit. Every unit is settled from its first log file through 2024-08-20.", "!<td><strong>"},
		},
		"missing days": {
			claims: []state.Claim{claim("us-west-2", trail.Days{{From: day("2024-01-01"), To: day("2024-02-01")}, {From: day("2024-02-05"), To: day("2024-08-20")}})},
			want:   []string{">days missing<", "2024-02-02 to 2024-02-04", "settled from 2024-01-01 through 2024-08-20, but for 3 missing days."},
		},
		"read but not settled": {
			claims: []state.Claim{{Region: "us-west-2", Days: claim("", trail.Days{{From: day("2024-08-30"), To: day("2024-08-30")}}).Days}},
			want:   []string{">not settled<", `class="read"`, "1 unit without a settled day yet.", "<td class=\"time\">2024-08-30</td>"},
		},
		"failed": {
			claims: []state.Claim{claim("us-west-2", trail.Days{{From: 0, To: day("2024-08-20")}}), {Region: "us-west-2", Failed: map[string]state.FailedKey{
				"2024/03/01/a<b>.json.gz": {Size: 1}, "2024/03/02/b.json.gz": {Size: 1}, "odd": {},
			}}},
			limit: 2,
			want:  []string{">log files failed<", `class="failed"`, "2024/03/01/a&lt;b&gt;.json.gz", "2024/03/02/b.json.gz", "!>odd<", "1 more is left out. <code>plantrail run --report", "but for 3 log files that could not be read."},
		},
		"other events": {
			claims: []state.Claim{claim("us-west-2", trail.Days{{From: 0, To: day("2024-08-20")}})}, sources: []string{"other.amazonaws.com"},
			want: []string{">other events<"},
		},
		"flat folder": {
			claims: []state.Claim{claim(second+"/eu-west-1", trail.Days{{From: 0, To: day("2024-08-20")}})}, folder: "file:///logs/",
			want: []string{">" + second + "<", ">eu-west-1<"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tbl, l := begin(t)
			if test.folder == "" {
				test.folder = folder
			}
			if test.sources == nil {
				test.sources = schema.EventSources()
			}
			a := state.New(test.folder, test.sources)
			for _, c := range test.claims {
				a.Apply(c)
			}
			text, err := a.Text()
			if err != nil {
				t.Fatal(err)
			}
			put(t, tbl, first+"-0123456789abcdef.json", text)
			c := config()
			if test.limit > 0 {
				c.Failed = test.limit
			}
			check(t, write(t, l, c), test.want...)
			c.Accounts = []string{"123456789012"}
			check(t, write(t, l, c), "The table remembers no log files of what this page is about")
		})
	}
}

// Units that look alike name their folders; too many are left out; a document
// that makes no sense is named.
func TestManyUnits(t *testing.T) {
	tbl, l := begin(t)
	for i := range 4 {
		a := state.New(fmt.Sprintf("s3://trail-%d/AWSLogs/%s/CloudTrail/", i/2, []string{first, second}[i%2]), schema.EventSources())
		a.Apply(state.Claim{Region: "us-west-2", Settled: trail.Days{{From: 0, To: trail.DayOf(now()) - 8}}})
		text, err := a.Text()
		if err != nil {
			t.Fatal(err)
		}
		put(t, tbl, fmt.Sprintf("account-%d.json", i), text)
	}
	put(t, tbl, "bad<.json", []byte("{"))
	put(t, tbl, "old.json.aside", []byte("{"))
	c := config()
	c.Units = 3
	check(t, write(t, l, c), "1 more unit is left out", "s3://trail-0/AWSLogs/"+first, "state document <code>bad&lt;.json</code> cannot be read", "!old.json")
}

// What callers sent is text, however it looks.
func TestHostile(t *testing.T) {
	const script, image = "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`
	tbl, l := begin(t)
	e := event("2024-03-01 10:00:00", first, script, image)
	arn, message, code := "arn:"+image, "\x1b[31m\u202etxt"+strings.Repeat("very long ", 500), image
	e.SupportPlanUpdateARN, e.ErrorMessage, e.ErrorCode, e.EventName, e.SourceIPAddress, e.EventID = &arn, &message, &code, &code, &code, &code
	accepted := event("2024-03-02 10:00:00", image, image, script)
	merge(t, tbl, e, accepted, event("2024-03-03 10:00:00", script, script, ""))
	html := write(t, l, config())
	check(t, html, "!<script", "!<img", "!\x1b", "!\u202e", `\x1b[31m\u202etxt`, "&lt;script&gt;alert(1)&lt;/script&gt;", `&#34;&gt;&lt;img src=x onerror=alert(1)&gt;`)
	if len(html) > 60_000 {
		t.Errorf("%d bytes: the long text was not cut", len(html))
	}
}

func TestDamaged(t *testing.T) {
	tbl, l := begin(t)
	merge(t, tbl, event("2024-03-01 10:00:00", first, "mary", "BUSINESS"))
	if err := os.WriteFile("/"+l.Key("eventyear=2024/events.parquet"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := table.OpenReader(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Read(t.Context(), r, config()); !errors.Is(err, table.ErrDamaged) {
		t.Errorf("error %v", err)
	}
}
