package pipeline_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/history/historytest"
	"plantrail/pipeline/store"
)

func parse(t testing.TB, url string) store.URL {
	t.Helper()
	u, err := store.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// role returns the Event history of an account by one of its roles.
func role(t testing.TB, account int, region, name string) store.URL {
	t.Helper()
	return parse(t, fmt.Sprintf("cloudtrail://%s?role_arn=arn:aws:iam::%012d:role/%s", region, account, name))
}

// Without credentials nothing begins, and it is said once what to do.
func TestLookUpNoCredentials(t *testing.T) {
	l := newLookups(t, 1, 1, 3)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	_, err := pipeline.Run(t.Context(), l.config(t, t.TempDir(), parse(t, "cloudtrail://")))
	if err == nil || strings.Count(err.Error(), "no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID") != 1 {
		t.Errorf("%v", err)
	}
}

// Accounts that cannot be looked up are named with what to do, and the others looked up.
func TestLookUpRefusedAccounts(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(*lookups)
		source store.URL
		want   string
	}{
		"no such role":    {func(*lookups) {}, parse(t, "cloudtrail://us-east-1?role_arn=arn:aws:iam::aws:role/r"), "assume arn:aws:iam::aws:role/r"},
		"disabled region": {func(l *lookups) { l.server.Disabled["ap-east-1"] = true }, role(t, 2, "ap-east-1", "r"), "that the region is enabled in the account"},
		"denied":          {func(l *lookups) { l.server.Deny["r"] = true }, role(t, 2, "us-west-2", "r"), "allow arn:aws:iam::000000000002:role/r cloudtrail:LookupEvents in us-west-2"},
		"expired midway": {func(l *lookups) {
			l.server.Refuse = func(p historytest.Place, n int) string {
				if p.Account == "000000000002" && n > 1 {
					return "ExpiredTokenException"
				}
				return ""
			}
		}, role(t, 2, "us-east-1", "r"), "the credentials have expired: log in again"},
		"failing for long": {func(l *lookups) {
			l.server.Refuse = func(p historytest.Place, _ int) string {
				if p.Account == "000000000002" {
					return "InternalFailure"
				}
				return ""
			}
		}, role(t, 2, "us-east-1", "r"), "gave up after 20 attempts"},
		"throttled for ever": {func(l *lookups) {
			l.server.Refuse = func(p historytest.Place, _ int) string {
				if p.Account == "000000000002" {
					return "ThrottlingException"
				}
				return ""
			}
		}, role(t, 2, "us-east-1", "r"), "gave up after 20 attempts"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLookups(t, 2, 1, 240)
			c.spoil(l)
			table := t.TempDir()
			report := run(t, l.config(t, table, role(t, 1, "us-east-1", "reader"), c.source))
			if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, c.want) || report.RowsAdded != 120 {
				t.Errorf("%d rows, %+v, want %s", report.RowsAdded, report.Unreachable, c.want)
			}
			// When it is mended, the next run has the rest.
			l.server.Refuse, l.server.Deny, l.server.Disabled = nil, nil, nil
			report = run(t, l.config(t, table, role(t, 1, "us-east-1", "reader"), role(t, 2, "us-east-1", "r")))
			if !report.Complete() || len(rows(t, table)) != 240 {
				t.Errorf("mended: %d rows, %+v", len(rows(t, table)), report.Unreachable)
			}
		})
	}
}

// Of two sources of one account, the second is used where the first is refused, at once
// or midway.
func TestLookUpOtherWay(t *testing.T) {
	for name, refuse := range map[string]func(*lookups){
		"at once": func(l *lookups) { l.server.Deny["first"] = true },
		"midway": func(l *lookups) {
			l.server.Refuse = func(_ historytest.Place, n int) string {
				if n == 2 {
					return "ExpiredTokenException"
				}
				return ""
			}
		},
	} {
		l := newLookups(t, 1, 1, 300)
		refuse(l)
		var log strings.Builder
		table := t.TempDir()
		c := l.config(t, table, role(t, 1, "us-east-1", "first"), role(t, 1, "us-east-1", "second"))
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		report := run(t, c)
		if !report.Complete() || len(rows(t, table)) != 300 || report.Units != 1 || !strings.Contains(log.String(), "another source of the same account is used") {
			t.Errorf("%s: %d rows, %+v\n%s", name, len(rows(t, table)), report, log.String())
		}
		if _, throttled, _ := l.server.Counts(); throttled > 0 {
			t.Errorf("%s: %d requests came too fast", name, throttled)
		}
	}
}

// A storm of throttling and failures delays a run, and costs no event.
func TestLookUpStorm(t *testing.T) {
	l := newLookups(t, 2, 3, 600)
	random := rand.New(rand.NewPCG(1, 9))
	l.server.Refuse = func(historytest.Place, int) string {
		codes := []string{"", "ThrottlingException", "InternalFailure", "ServiceUnavailableException"}
		return codes[random.IntN(len(codes))]
	}
	table := t.TempDir()
	if report := run(t, l.config(t, table, l.sources(t, 2)...)); !report.Complete() || len(rows(t, table)) != 600 {
		t.Errorf("%d rows, %+v", len(rows(t, table)), report.Unreachable)
	}
}

// A machine whose clock is wrong looks everything up that there is, and settles nothing.
func TestLookUpSkewed(t *testing.T) {
	for _, ahead := range []time.Duration{2 * time.Hour, 30 * 24 * time.Hour, -30 * 24 * time.Hour} {
		l := newLookups(t, 1, 1, 300)
		l.server.Ahead = ahead
		table, right := t.TempDir(), l.now
		l.now = right.Add(-ahead)
		var log strings.Builder
		c := l.config(t, table, role(t, 1, "us-east-1", "r"))
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		first := run(t, c)
		if !first.Complete() || len(rows(t, table)) != 300 || !strings.Contains(log.String(), "nothing settles: set the clock right") {
			t.Errorf("%s: %d rows, %+v\n%s", ahead, len(rows(t, table)), first.Unreachable, log.String())
		}
		// When it is right, what came late meanwhile is found wherever it is.
		late := right.Add(-20 * 24 * time.Hour)
		l.server.Add(historytest.Place{Account: "000000000001", Region: "us-east-1"},
			historytest.Event{ID: "late", Source: "supportplans.amazonaws.com", At: late, Text: record("late", late.Format(time.RFC3339))})
		l.server.Ahead, l.now = 0, right
		if report := run(t, l.config(t, table, role(t, 1, "us-east-1", "r"))); report.RowsAdded != 1 || !report.Complete() {
			t.Errorf("%s, set right: %d rows, %+v", ahead, report.RowsAdded, report.Unreachable)
		}
	}
}

// An event of the same second as the lookup is found: that answers say their time in whole
// seconds does not put the clock back.
func TestLookUpJustNow(t *testing.T) {
	l := newLookups(t, 1, 1, 0)
	for range 5 {
		at := l.now.Truncate(time.Second)
		id := fmt.Sprint("now-", at.Unix())
		l.server.Add(historytest.Place{Account: "000000000001", Region: "us-east-1"},
			historytest.Event{ID: id, Source: "supportplans.amazonaws.com", At: at, Text: record(id, at.Format(time.RFC3339))})
		if report := run(t, l.config(t, t.TempDir(), role(t, 1, "us-east-1", "r"))); report.Events == 0 {
			t.Fatalf("%+v", report)
		}
		l.now = at.Add(1300 * time.Millisecond)
	}
}

// Events that take up to an hour to show are found by nightly runs at any times, also
// without a recheck.
func TestLookUpLate(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 10))
		l := newLookups(t, 1, 1, 0)
		place := historytest.Place{Account: "000000000001", Region: "us-east-1"}
		type late struct {
			event historytest.Event
			shows time.Time
		}
		var coming []late
		for i := range 60 {
			at := l.now.Add(time.Duration(r.IntN(6*24*3600)) * time.Second)
			if i%4 == 0 {
				at = at.Truncate(24 * time.Hour).Add(-time.Second)
			}
			id := fmt.Sprint("late-", i)
			coming = append(coming, late{
				historytest.Event{ID: id, Source: "supportplans.amazonaws.com", At: at, Text: record(id, at.Format(time.RFC3339))},
				at.Add(time.Duration(r.IntN(3600)) * time.Second),
			})
		}
		table := t.TempDir()
		for end := l.now.AddDate(0, 0, 8); l.now.Before(end); l.now = l.now.Add(time.Duration(1+r.IntN(30)) * time.Hour) {
			rest := coming[:0]
			for _, c := range coming {
				if c.shows.After(l.now) {
					rest = append(rest, c)
				} else {
					l.server.Add(place, c.event)
				}
			}
			coming = rest
			c := l.config(t, table, role(t, 1, "us-east-1", "r"))
			c.Recheck = 0
			run(t, c)
		}
		if got := len(rows(t, table)); got != 60 || len(coming) > 0 {
			t.Errorf("seed %d: %d of 60 events, %d never showed", seed, got, len(coming))
		}
	}
}

// Days that fall out of reach while a run looks others up are named.
func TestLookUpFallsOut(t *testing.T) {
	l := newLookups(t, 1, 1, 200)
	table, source := t.TempDir(), role(t, 1, "us-east-1", "r")
	began := l.now
	run(t, l.config(t, table, source))
	l.now = began.AddDate(0, 0, 88)
	l.server.At(0, func() { l.now = began.AddDate(0, 0, 92) })
	report := run(t, l.config(t, table, source))
	if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, "the days 2026-11-20 to 2026-11-22 were not looked up in time") {
		t.Errorf("%+v", report.Unreachable)
	}
	if report := run(t, l.config(t, table, source)); !report.Complete() {
		t.Errorf("again: %+v", report.Unreachable)
	}
}

// Whatever pages a service gives, each event is taken once, or the run says that it
// could not come to the end.
func TestLookUpPages(t *testing.T) {
	for name, c := range map[string]struct {
		alter func(n int, page map[string]any)
		want  string
	}{
		"doubled": {func(_ int, page map[string]any) {
			events := page["Events"].([]any)
			page["Events"] = append(events, events...)
		}, ""},
		"empty ones between": {func(int, map[string]any) {}, ""},
		"one token again": {func(n int, page map[string]any) {
			if n == 4 {
				page["NextToken"] = "token-1"
			}
		}, ""},
		"tokens in a circle": {func(_ int, page map[string]any) {
			if page["NextToken"] != nil {
				page["NextToken"] = "token-x"
			}
		}, "a page token came twice"},
		"no end": {func(n int, page map[string]any) {
			page["Events"], page["NextToken"] = []any{}, fmt.Sprint("token-x", n)
		}, "empty pages in a row"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLookups(t, 1, 1, 300)
			l.server.Second = 0
			l.server.Alter = func(_ historytest.Place, n int, page map[string]any) { c.alter(n, page) }
			l.server.AnyToken, l.server.EmptyPages = c.want != "", name == "empty ones between"
			for i := range 60 { // of one day, so that it has more than a page
				id := fmt.Sprint("more-", i)
				l.server.Add(historytest.Place{Account: "000000000001", Region: "us-east-1"},
					historytest.Event{ID: id, Source: "supportplans.amazonaws.com", At: l.now.AddDate(0, 0, -3), Text: record(id, l.now.AddDate(0, 0, -3).Format(time.RFC3339))})
			}
			cfg := l.config(t, t.TempDir(), role(t, 1, "us-east-1", "r"))
			cfg.Lookups.Second = 10 * time.Microsecond
			report := run(t, cfg)
			switch {
			case c.want == "" && (!report.Complete() || report.RowsAdded != 360):
				t.Errorf("%d rows, %+v", report.RowsAdded, report.Unreachable)
			case c.want != "" && (len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, c.want)):
				t.Errorf("%+v, want %s", report.Unreachable, c.want)
			}
		})
	}
}

// An event of which the service gives no record is named, and asked for again.
func TestLookUpWithoutRecord(t *testing.T) {
	noonAt := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	good := record("good", "2026-11-18T12:00:00Z")
	for name, c := range map[string]struct {
		alter func(event map[string]any)
		want  string // "": it is a row
	}{
		"missing":            {func(e map[string]any) { delete(e, "CloudTrailEvent") }, "event bad, GetSupportPlan of 2026-11-18T12:00:00Z: LookupEvents has no record of it"},
		"null":               {func(e map[string]any) { e["CloudTrailEvent"] = nil }, "LookupEvents has no record of it"},
		"empty":              {func(e map[string]any) { e["CloudTrailEvent"] = "" }, "LookupEvents has no record of it"},
		"broken":             {func(e map[string]any) { e["CloudTrailEvent"] = good[:50] }, "its record (CloudTrailEvent) is broken"},
		"no object":          {func(e map[string]any) { e["CloudTrailEvent"] = "[]" }, "its record (CloudTrailEvent) is broken"},
		"of nothing":         {func(e map[string]any) { e["CloudTrailEvent"] = "{}" }, "of another event source"},
		"of another service": {func(e map[string]any) { e["CloudTrailEvent"] = strings.Replace(good, "supportplans", "s3", 1) }, "of another event source"},
		"no time in it":      {func(e map[string]any) { e["CloudTrailEvent"] = strings.Replace(good, "eventTime", "x", 1) }, "no usable eventTime"},
		"no time beside it":  {func(e map[string]any) { delete(e, "EventTime") }, ""},
		"no ID beside it":    {func(e map[string]any) { delete(e, "EventId") }, ""},
		"of another account": {func(e map[string]any) {
			e["CloudTrailEvent"] = strings.Replace(record("bad", "2026-11-18T12:00:00Z"), "111122223333", "444455556666", 1)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLookups(t, 1, 1, 30)
			l.server.Add(historytest.Place{Account: "000000000001", Region: "us-east-1"},
				historytest.Event{ID: "bad", Source: "supportplans.amazonaws.com", Name: "GetSupportPlan", At: noonAt, Text: record("bad", "2026-11-18T12:00:00Z")})
			l.server.Alter = func(_ historytest.Place, _ int, page map[string]any) {
				for _, e := range page["Events"].([]any) {
					if event := e.(map[string]any); event["EventId"] == "bad" {
						c.alter(event)
					}
				}
			}
			table := t.TempDir()
			for range 2 { // it is tried again
				report := run(t, l.config(t, table, role(t, 1, "us-east-1", "r")))
				switch {
				case c.want == "" && !report.Complete():
					t.Errorf("%+v", report.Quarantined)
				case c.want != "" && (len(report.Quarantined) != 1 || !strings.Contains(report.Quarantined[0].Error, c.want)):
					t.Errorf("%+v, want %s", report.Quarantined, c.want)
				}
			}
			if got := len(rows(t, table)); got != 30 && c.want != "" || got != 31 && c.want == "" {
				t.Errorf("%d rows", got)
			}
			if l.server.Alter = nil; c.want == "" {
				return
			}
			if report := run(t, l.config(t, table, role(t, 1, "us-east-1", "r"))); !report.Complete() || len(rows(t, table)) != 31 {
				t.Errorf("then: %d rows, %+v", len(rows(t, table)), report)
			}
		})
	}
}
