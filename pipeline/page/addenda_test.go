package page_test

import (
	"testing"
	"time"

	"plantrail/schema"
)

// An addendum is told as one call with what it amends, whichever of them is older; of
// another account, or after the period, it says nothing of it.
func TestAddenda(t *testing.T) {
	addendum := func(at, account, level, original string) schema.Event {
		e := event(at, account, "alice", level)
		reason, fields := schema.AddendumUpdated, "requestParameters"
		e.Addendum = &schema.Addendum{Reason: &reason, OriginalEventID: &original, UpdatedFields: &fields}
		return e
	}
	call := event("2024-03-01 12:00:00", first, "alice", "BUSINESS")
	cell := func(plan string) string { return "<td><div>" + plan + "</div></td>" }
	const one = "2 Support Plans events"
	for name, test := range map[string]struct {
		addendum schema.Event
		until    time.Time
		texts    []string
	}{
		"later":              {addendum("2024-03-02 12:00:00", first, "ENTERPRISE", *call.EventID), time.Time{}, []string{cell("Enterprise Support"), "!" + cell("Business Support"), one}},
		"earlier":            {addendum("2024-02-28 12:00:00", first, "ENTERPRISE", *call.EventID), time.Time{}, []string{cell("Enterprise Support"), "!" + cell("Business Support"), one}},
		"of another account": {addendum("2024-03-02 12:00:00", second, "ENTERPRISE", *call.EventID), time.Time{}, []string{cell("Enterprise Support"), cell("Business Support"), one}},
		"after the period": {
			addendum("2024-03-05 12:00:00", first, "ENTERPRISE", *call.EventID), time.Date(2024, 3, 4, 0, 0, 0, 0, time.UTC),
			[]string{cell("Business Support"), "!" + cell("Enterprise Support"), "1 Support Plans event"},
		},
		"alone": {addendum("2024-03-02 12:00:00", first, "ENTERPRISE", "gone"), time.Time{}, []string{cell("Enterprise Support"), cell("Business Support"), one}},
	} {
		t.Run(name, func(t *testing.T) {
			tbl, l := begin(t)
			merge(t, tbl, call, test.addendum)
			c := config()
			c.Until = test.until
			check(t, write(t, l, c), test.texts...)
		})
	}
}
