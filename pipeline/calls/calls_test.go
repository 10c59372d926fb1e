package calls_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"plantrail/pipeline/calls"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

// open opens a new table.
func open(t *testing.T, scheme table.Scheme) *table.Table {
	t.Helper()
	u, err := store.ParseURL(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, true, new(store.Shared))
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), l, scheme, "v0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	return tbl
}

func merge(t *testing.T, tbl *table.Table, events []schema.Event) {
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

var accounts = []string{"111122223333", "444455556666", "777788889999"}

// anEvent returns a call of one of some days, or an addendum, of which some amend each
// other.
func anEvent(random *rand.Rand, i, days int) schema.Event {
	at := time.Date(2024, 2, 20, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.IntN(24*days)) * time.Hour)
	name, id, account, level, changes := "StartSupportPlanUpdate", fmt.Sprint("e", i), accounts[random.IntN(2)], fmt.Sprint("level ", i), false
	e := schema.Event{
		EventTime: at, EventSource: "supportplans.amazonaws.com", EventName: &name, EventID: &id, ReadOnly: &changes,
		RecipientAccountID: &account, SupportLevel: &level, LogFile: "log", RawEvent: schema.JSON(fmt.Sprintf(`{"n":%d}`, i)),
	}
	switch random.IntN(8) {
	case 0:
		name, changes, level = "GetSupportPlan", true, ""
	case 1: // what names no account is of the caller's
		e.RecipientAccountID, e.UserIdentity = nil, &schema.UserIdentity{AccountID: &account}
	case 2, 3, 4:
		reason, original := schema.AddendumUpdated, fmt.Sprint("e", random.IntN(40))
		e.Addendum = &schema.Addendum{Reason: &reason, OriginalEventID: &original}
	}
	return e
}

// Whatever a table holds, and wherever addenda are in it, the calls of a period are those
// that all changes of the table make, as far as they are of that period.
func TestRows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	amended := 0
	for n := range 4 {
		tbl := open(t, []table.Scheme{table.ByMonth, table.ByDay}[n%2])
		var events []schema.Event
		for i := range 5 + random.IntN(40) {
			events = append(events, anEvent(random, i, 14))
		}
		merge(t, tbl, events)
		day := func() time.Time {
			if random.IntN(3) == 0 {
				return time.Time{}
			}
			return time.Date(2024, 2, 20+random.IntN(14), random.IntN(24), 0, 0, 0, time.UTC)
		}
		for range 20 {
			q := calls.Query{Since: day(), Until: day(), Known: day(), Newest: random.IntN(2) == 0}
			if random.IntN(2) == 0 {
				q.Accounts = accounts[random.IntN(2):]
			}
			got, want := told(t, tbl, q), model(events, q)
			if !slices.Equal(got, want) {
				t.Fatalf("%+v: got\n%q, want\n%q", q, got, want)
			}
			amended += len(slices.DeleteFunc(got, func(s string) bool { return s[0] != '!' }))
		}
	}
	if amended < 30 {
		t.Errorf("only %d rows were amended", amended)
	}
}

func told(t *testing.T, tbl *table.Table, q calls.Query) (rows []string) {
	t.Helper()
	for row, err := range calls.Rows(t.Context(), tbl.Reader(), q) {
		switch {
		case err != nil:
			t.Fatal(err)
		case row.Change != nil:
			rows = append(rows, line(row.Time, row.Account, row.Change))
		case row.Read != nil:
			rows = append(rows, line(row.Time, row.Account, nil))
		}
	}
	return rows
}

func line(at time.Time, account string, c *schema.Change) string {
	if c == nil {
		return fmt.Sprint("read ", at, account)
	}
	mark := "call "
	if c.Level != "level "+c.EventID[1:] {
		mark = "! "
	}
	return fmt.Sprint(mark, at, account, c.EventID, c.Level)
}

// model tells all rows that are known at once, and picks those that are asked for.
func model(events []schema.Event, q calls.Query) (rows []string) {
	events = slices.Clone(events)
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	slices.SortFunc(events, func(a, b schema.Event) int {
		return cmp.Or(a.EventTime.Compare(b.EventTime), cmp.Compare(text(a.RecipientAccountID), text(b.RecipientAccountID)), cmp.Compare(text(a.EventID), text(b.EventID)))
	})
	if q.Newest {
		slices.Reverse(events)
	}
	var known []schema.Change
	for i := range events {
		if c, ok := schema.ChangeOf(&events[i]); ok && (q.Known.IsZero() || c.Time.Before(q.Known)) {
			known = append(known, c)
		}
	}
	as := map[string]schema.Change{}
	for _, c := range schema.Amend(known) {
		as[c.EventID] = c
	}
	for i := range events {
		e := &events[i]
		if !q.Since.IsZero() && e.EventTime.Before(q.Since) || !q.Until.IsZero() && !e.EventTime.Before(q.Until) ||
			len(q.Accounts) > 0 && !slices.Contains(q.Accounts, e.Account()) {
			continue
		}
		c, ok := schema.ChangeOf(e)
		if !ok {
			if _, ok := schema.ReadOf(e); ok {
				rows = append(rows, line(e.EventTime, e.Account(), nil))
			}
			continue
		}
		if !q.Known.IsZero() && !c.Time.Before(q.Known) {
			ok = c.Addendum.EventID == ""
		} else {
			c, ok = as[c.EventID]
		}
		if ok {
			rows = append(rows, line(c.Time, c.Account, &c))
		}
	}
	return rows
}

// An addendum that a run adds after the addenda were read is not told as a call: the
// reader begins again.
func TestRowsDuringMerge(t *testing.T) {
	tbl := open(t, table.ByDay)
	random := rand.New(rand.NewPCG(5, 6))
	first := anEvent(random, 0, 1)
	first.Addendum = nil
	beside := anEvent(random, 1, 1)
	beside.EventTime, beside.Addendum = first.EventTime.AddDate(0, 0, 3), nil
	later := first
	later.EventTime = first.EventTime.AddDate(0, 0, 3)
	id, reason := "e99", schema.AddendumUpdated
	later.EventID, later.Addendum = &id, &schema.Addendum{Reason: &reason, OriginalEventID: first.EventID}
	*first.ReadOnly = false
	merge(t, tbl, []schema.Event{first, beside})
	var rows int
	var failure error
	for _, err := range calls.Rows(t.Context(), tbl.Reader(), calls.Query{}) {
		if failure = err; err != nil {
			break
		}
		if rows++; rows == 1 {
			merge(t, tbl, []schema.Event{later})
		}
	}
	if rows != 1 && rows != 2 || !errors.Is(failure, store.ErrChanged) {
		t.Fatal(rows, failure)
	}
	if got := told(t, tbl, calls.Query{}); len(got) != 2 {
		t.Errorf("told %q", got)
	}
}
