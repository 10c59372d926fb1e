package page_test

import (
	"fmt"
	"testing"
	"time"

	"plantrail/pipeline/state"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// The page tells the plans of the end of its period, and what changed in it.
func TestPeriod(t *testing.T) {
	tbl, l := begin(t)
	merge(t, tbl,
		event("2024-01-01 10:00:00", first, "early", "DEVELOPER"), event("2024-03-05 10:00:00", first, "inside", "BUSINESS"),
		event("2024-03-06 10:00:00", second, "inside", "UNIFIED_9"), event("2024-06-01 10:00:00", first, "late", "ENTERPRISE"))
	c := config()
	c.Title = "March <b>"
	c.Names = map[string]string{first: "payments <i>", "777788889999": "never"}
	c.Since, c.Until = time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC)
	check(t, write(t, l, c), "<h1>March &lt;b&gt;</h1>", "<title>March &lt;b&gt;</title>", "Answers, as of 2024-03-31",
		"3 accounts: 1 Business Support, 1 “UNIFIED_9” and 1 not known.", "as written in the event", "payments &lt;i&gt;",
		"1 account is on a plan that ends on 1 January 2027, in 1,006 days: 1 Business Support; of 2 accounts the plan is not known.",
		"2 changes from 2024-03-01 to 2024-03-31, by inside (2).", "<td>Developer Support</td>", "!>late<", "1 later, left out",
		"events since 2024-03-01 00:00 and events before 2024-04-01 00:00", "3 accounts never read: ")
	c.Since, c.Until = time.Time{}, time.Time{}
	check(t, write(t, l, c), "No change seen in the 31 days to 2024-09-01; the last was on 2024-06-01, by late.", "1 Enterprise Support")
	c.Until = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	check(t, write(t, l, c), "All events are later than this page&#39;s period.", "!Nobody")
	// Nobody knows what AWS has made of an account on a plan that has ended.
	c.Until, c.Now = time.Time{}, time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	merge(t, tbl, event("2024-07-01 10:00:00", second, "late", "BUSINESS"))
	check(t, write(t, l, c), "on a plan that has ended on 1 January 2027, as far as events tell: 1 Business Support", "ended; no event tells what followed")
}

// Programs' sessions of a role are one reader, people are each their own.
func TestReaders(t *testing.T) {
	tbl, l := begin(t)
	var events []schema.Event
	role := func(at, role, session string) {
		e := event(at, first, session, "")
		kind, arn := "AssumedRole", "arn:aws:sts::"+first+":assumed-role/"+role+"/"+session
		e.UserIdentity = &schema.UserIdentity{Type: &kind, ARN: &arn}
		events = append(events, e)
	}
	for i := range 4 {
		role(fmt.Sprintf("2024-03-01 1%d:00:00", i), "Scanner", fmt.Sprintf("botocore-session-17000000%d", i%3))
	}
	role("2024-03-02 10:00:00", "AWSReservedSSO_BillingAdmin_0123456789abcdef", "alice@example.com")
	role("2024-03-02 11:00:00", "Admin", "bob")
	role("2024-03-02 12:00:00", "Admin", "carol")
	merge(t, tbl, events...)
	html := write(t, l, config())
	check(t, html, `>Scanner<div class="sessions">3 sessions</div>`, "!botocore-session", ">alice@example.com (BillingAdmin)<", ">Admin/bob<", ">Admin/carol<")
	c := config()
	c.Sessions = 2
	check(t, write(t, l, c), "more than 2 sessions")
}

// Where log files stop, a level is known until then. Days without any are told from
// those that are missing.
func TestStopped(t *testing.T) {
	tbl, l := begin(t)
	merge(t, tbl, event("2024-03-01 10:00:00", first, "mary", "BUSINESS"))
	day := func(month, day int) trail.Day {
		return trail.DayOf(time.Date(2024, time.Month(month), day, 0, 0, 0, 0, time.UTC))
	}
	a, tallies := state.New("s3://trail/AWSLogs/"+first+"/CloudTrail/", schema.EventSources()), map[trail.Day]state.Tally{}
	for _, d := range []trail.Day{day(3, 1), day(3, 2), day(5, 9)} {
		var tally state.Tally
		tally.Add(d.String(), "etag")
		tallies[d] = tally
	}
	a.Apply(state.Claim{Region: "us-west-2", Settled: trail.Days{{From: day(3, 1), To: day(8, 20)}}, Days: tallies})
	text, err := a.Text()
	if err != nil {
		t.Fatal(err)
	}
	put(t, tbl, first+"-0123456789abcdef.json", text)
	check(t, write(t, l, config()), `<td class="level">Business Support<div class="known">known until 2024-05-09: no log file after it</div>`,
		`<td class="time">170 days; none since 2024-05-09</td>`, `class="empty"`, "170 days of accounts and regions without any log file: quiet, or not recorded",
		">complete<", "Known until 2024-05-09: no log file after it.")
}
