package schema_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"plantrail/schema"
)

// calls returns the changes of records, in their order.
func calls(t *testing.T, records ...string) (changes []schema.Change) {
	t.Helper()
	for _, record := range records {
		events, rejected, err := schema.Decode(file(record), logFile)
		if err != nil || len(rejected) > 0 || len(events) != 1 {
			t.Fatal(len(events), rejected, err)
		}
		c, ok := schema.ChangeOf(&events[0])
		if !ok {
			t.Fatalf("no change: %s", record)
		}
		changes = append(changes, c)
	}
	return changes
}

func started(id, account, rest string) string {
	return `{"eventSource":"supportplans.amazonaws.com","eventTime":"2026-03-01T00:00:00Z","eventName":"StartSupportPlanUpdate","readOnly":false,
		"recipientAccountId":"` + account + `","eventID":"` + id + `"` + rest + `}`
}

func amending(id, account, original, fields, rest string) string {
	return started(id, account, `,"addendum":{"reason":"UPDATED_DATA","originalEventID":"`+original+`","updatedFields":"`+fields+`"}`+rest)
}

func TestAmend(t *testing.T) {
	const here, there = "111122223333", "444455556666"
	alice := `,"userIdentity":{"type":"IAMUser","userName":"alice"}`
	business := `,"requestParameters":{"update":{"supportLevel":"BUSINESS"}}`
	enterprise := `,"requestParameters":{"update":{"supportLevel":"ENTERPRISE"}}`
	denied := `,"errorCode":"AccessDenied"`
	said := func(c schema.Change) string { return c.EventID + " " + c.Actor + " " + c.Level + " " + c.Outcome }
	for _, test := range []struct {
		name    string
		records []string
		want    []string
	}{
		{"no addenda", []string{started("1", here, alice+business)}, []string{"1 alice business accepted"}},
		{"what is named", []string{started("1", here, alice+business), amending("2", here, "1", "requestParameters", enterprise+denied)}, []string{"1 alice enterprise accepted"}},
		{"in other letters, among others", []string{started("1", here, alice+business), amending("2", here, "1", "ErrorCode, RequestParameters", enterprise+denied)}, []string{"1 alice enterprise denied"}},
		{"nothing named", []string{started("1", here, alice), amending("2", here, "1", "", business)}, []string{"1 alice business accepted"}},
		{"what it does not say stays", []string{started("1", here, alice+business+denied), amending("2", here, "1", "requestParameters,errorCode,userIdentity", "")}, []string{"1 alice business denied"}},
		{"the newest counts, field by field", []string{
			started("1", here, alice), amending("2", here, "1", "requestParameters", business), amending("3", here, "1", "requestParameters", enterprise), amending("4", here, "1", "errorCode", denied),
		}, []string{"1 alice enterprise denied"}},
		{"no original", []string{amending("2", here, "1", "requestParameters", alice+business)}, []string{"2 alice business accepted"}},
		{"no original, several addenda", []string{
			amending("2", here, "1", "requestParameters", alice+business), amending("3", here, "1", "requestParameters", enterprise), amending("4", here, "1", "errorCode", denied),
		}, []string{"2 alice enterprise denied"}},
		{"of another account", []string{started("1", there, alice+business), amending("2", here, "1", "", enterprise)}, []string{"1 alice business accepted", "2 unknown enterprise accepted"}},
		{"of itself", []string{amending("1", here, "1", "", alice+business)}, []string{"1 alice business accepted"}},
		{"another reason", []string{
			started("1", here, alice+business), started("2", here, `,"addendum":{"reason":"DELIVERY_DELAY","originalEventID":"1"}`+enterprise),
		}, []string{"1 alice business accepted", "2 unknown enterprise accepted"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			for range 24 {
				random.Shuffle(len(test.records), func(i, j int) { test.records[i], test.records[j] = test.records[j], test.records[i] })
				var got []string
				for _, c := range schema.Amend(calls(t, test.records...)) {
					got = append(got, said(c))
				}
				slices.Sort(got)
				if !reflect.DeepEqual(got, test.want) {
					t.Fatalf("got %q, want %q", got, test.want)
				}
			}
		})
	}
}

// An addendum never tells a call twice, nor loses one, nor touches another account's.
func TestAmendAny(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var changes []schema.Change
		for i := range 1 + random.IntN(12) {
			c := schema.Change{
				Time: time.Unix(int64(random.IntN(5)), 0), Account: fmt.Sprint(random.IntN(3)), EventID: fmt.Sprint(i), Actor: "a", Channel: schema.CLI,
				Level: fmt.Sprint("level-", i), Outcome: schema.Accepted,
			}
			if random.IntN(2) == 0 {
				c.Addendum.EventID = fmt.Sprint(random.IntN(12))
			}
			changes = append(changes, c)
		}
		type id struct{ account, event string }
		of := func(c schema.Change) id { return id{c.Account, cmp.Or(c.Addendum.EventID, c.EventID)} }
		calls, originals := map[id]bool{}, map[id]bool{}
		for _, c := range changes {
			calls[of(c)] = true
			originals[of(c)] = originals[of(c)] || c.Addendum.EventID == ""
		}
		for _, c := range schema.Amend(slices.Clone(changes)) {
			if !calls[of(c)] || c.Addendum.EventID != "" && originals[of(c)] {
				t.Fatalf("told twice, or not to be told: %+v of %+v", c, changes)
			}
			delete(calls, of(c))
			i := slices.IndexFunc(changes, func(from schema.Change) bool { return from.Level == c.Level })
			if changes[i].Account != c.Account {
				t.Fatalf("account %s has what was said of %s", c.Account, changes[i].Account)
			}
		}
		if len(calls) > 0 {
			t.Fatalf("not told: %v of %+v", calls, changes)
		}
	}
}
