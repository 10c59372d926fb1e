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
		{"an addendum of an addendum", []string{
			started("1", here, alice+business), amending("2", here, "1", "requestParameters", enterprise), amending("3", here, "2", "errorCode", denied),
		}, []string{"1 alice enterprise denied"}},
		{"a chain of four, the newest counts", []string{
			started("1", here, alice), amending("3", here, "1", "", business), amending("2", here, "3", "errorCode", denied), amending("4", here, "2", "", enterprise),
		}, []string{"1 alice enterprise denied"}},
		{"a chain whose beginning is missing", []string{
			amending("2", here, "1", "", alice+business), amending("3", here, "2", "", enterprise), amending("4", here, "3", "errorCode", denied),
		}, []string{"2 alice enterprise denied"}},
		{"a chain whose middle is missing", []string{
			started("1", here, alice+business), amending("3", here, "2", "", alice+enterprise), amending("4", here, "3", "errorCode", denied),
		}, []string{"1 alice business accepted", "3 alice enterprise denied"}},
		{"in a circle", []string{
			amending("2", here, "3", "", alice+business), amending("3", here, "2", "", enterprise), amending("4", here, "3", "errorCode", denied),
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

// Sets of calls and addenda, in any order and with any of them missing, are told as a
// plain model tells them: chains, circles, addenda of themselves, IDs of several events.
func TestAmendAny(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	chained, circled := 0, 0
	for range 5000 {
		var changes []schema.Change
		ids := 1 + random.IntN(10)
		for i := range 1 + random.IntN(12) {
			c := schema.Change{
				Time: time.Unix(int64(random.IntN(5)), 0), Account: fmt.Sprint(random.IntN(3)), EventID: fmt.Sprint(i), Actor: "a", Channel: schema.CLI,
				Operation: fmt.Sprint("o", i), Level: fmt.Sprint("level-", i), Outcome: schema.Accepted,
			}
			if c.Account == "0" {
				c.Account = []string{"", "1"}[random.IntN(2)]
			}
			if random.IntN(6) == 0 {
				c.EventID = []string{"", fmt.Sprint(random.IntN(ids))}[random.IntN(2)]
			}
			if of := fmt.Sprint(random.IntN(ids)); random.IntN(3) > 0 && of != c.EventID {
				c.Addendum.EventID = of
			}
			changes = append(changes, c)
		}
		want, chain, circle := toldOf(changes)
		chained += chain
		circled += circle
		for range 3 {
			random.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
			got := map[string]string{}
			for _, c := range schema.Amend(slices.Clone(changes)) {
				got[c.Operation] += c.Level
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("got %v, want %v, of %+v", got, want, changes)
			}
		}
	}
	if chained < 500 || circled < 100 {
		t.Errorf("only %d chains and %d circles", chained, circled)
	}
}

// toldOf says which changes are told, and with which level, one call after the other.
// It counts the addenda of addenda, and those that end in a circle.
func toldOf(changes []schema.Change) (told map[string]string, chained, circled int) {
	original := func(account, id string) bool {
		return slices.ContainsFunc(changes, func(c schema.Change) bool {
			return c.Account == account && c.EventID == id && c.Addendum.EventID == ""
		})
	}
	begin := func(c schema.Change) string {
		way := []string{c.Addendum.EventID}
		for {
			at := way[len(way)-1]
			if i := slices.Index(way, at); i < len(way)-1 {
				circled++
				return slices.Min(way[i:])
			}
			var next []string
			for _, by := range changes {
				if by.Account == c.Account && by.EventID == at && at != "" && by.Addendum.EventID != "" {
					next = append(next, by.Addendum.EventID)
				}
			}
			if original(c.Account, at) || len(next) == 0 {
				return at
			}
			chained++
			way = append(way, slices.Min(next))
		}
	}
	of := map[string][]schema.Change{}
	key := func(account, id string) string { return account + "|" + id }
	for _, c := range changes {
		if c.Addendum.EventID != "" && c.Account != "" {
			of[key(c.Account, begin(c))] = append(of[key(c.Account, begin(c))], c)
		}
	}
	order := func(a, b schema.Change) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.Operation, b.Operation))
	}
	told = map[string]string{}
	for _, c := range changes {
		id := c.EventID
		if c.Addendum.EventID != "" && c.Account != "" {
			if id = begin(c); original(c.Account, id) {
				continue
			}
			if first := slices.MinFunc(of[key(c.Account, id)], order); order(c, first) > 0 {
				continue
			}
		}
		level := c.Level
		if all := of[key(c.Account, id)]; len(all) > 0 && c.Account != "" {
			slices.SortStableFunc(all, order)
			level = all[len(all)-1].Level
		}
		told[c.Operation] += level
	}
	return told, chained, circled
}
