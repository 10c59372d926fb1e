package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/accounts"
	"plantrail/schema"
)

// Whatever is in the changes and however narrow the terminal, no line is wider than
// it, and time, account, person, what and outcome are there.
func TestGridFits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	some := func(texts ...string) string { return texts[rng.IntN(len(texts))] }
	for range 200 {
		changes := make([]schema.Change, 1+rng.IntN(4))
		for i := range changes {
			changes[i] = schema.Change{
				Time: time.Unix(rng.Int64N(2e9), 0), Account: some("", "111122223333"),
				Actor:     some("", "root", "AWSReservedSSO_BillingAdmin_0123456789abcdef/alice@example.com", "支援プラン管理者の長い名前です", strings.Repeat("e\u0301", 30)),
				Operation: some("", "A", "StartSupportPlanUpdate", "UpdateProbationAutoCancellation", "\x1b[31mred"),
				Level:     some("", "basic", "unified_operations"), Outcome: some("accepted", "denied"),
				SourceIP: some("", "205.251.233.183", strings.Repeat("f:", 20)), Error: some("", strings.Repeat("no ", 50)),
				Schedule: schema.ScheduledLevels{StartLevel: some("", "business"), StartTime: time.Unix(1e9, 0)},
			}
		}
		limit := 1 + rng.IntN(200)
		var text strings.Builder
		if err := writeChanges(&text, changes, nil, limit); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
		for _, line := range lines {
			if displayWidth(line) > limit {
				t.Errorf("%d wide, the limit is %d:\n%s", displayWidth(line), limit, text.String())
			}
		}
		names := strings.Fields(strings.ReplaceAll(lines[0], "time (UTC)", "time"))
		if names[0] != "time" { // each change is some lines
			for i := range changes {
				for _, part := range []string{changes[i].Account, changes[i].Outcome} {
					if limit >= 14 && !strings.Contains(text.String(), part) {
						t.Errorf("at %d, no %q in\n%s", limit, part, text.String())
					}
				}
			}
			if len(lines) < 2*len(changes) || limit > 80 {
				t.Errorf("at %d:\n%s", limit, text.String())
			}
			continue
		}
		want := []string{"time", "account", "actor", "what", "outcome"}
		if slices.Contains(names, "operation") {
			want = []string{"time", "account", "actor", "operation", "level", "outcome", "source", "channel", "error"}
		}
		if len(names) < 5 || len(names) > len(want) || !slices.Equal(names, want[:len(names)]) || len(lines) != len(changes)+1 {
			t.Errorf("at %d the columns are %v", limit, names)
		}
	}
}

// Where there is no room, the role goes before the person.
func TestGridPerson(t *testing.T) {
	changes := []schema.Change{{Time: time.Unix(1e9, 0), Account: "111122223333", Actor: "AWSReservedSSO_BillingAdmin_0123456789abcdef/alice@example.com", Operation: "StartSupportPlanUpdate", Level: "business_support_plus", Outcome: "accepted"}}
	for limit, want := range map[int]string{
		200: "alice@example.com (BillingAdmin)  StartSupportPlanUpdate  business_support_plus  accepted",
		110: "alice@example.com (BillingAdmin)  business_support_plus  accepted",
		84:  "alice@example.com  business_support_plus  accepted",
		80:  "alice@example.com  business_…port_plus  accepted",
		60:  "  alice@example.com (BillingAdmin)  business_support_plus\n",
		40:  "  alice@example.com (BillingAdmin)\n  business_support_plus\n",
		30:  "  alice@example.com\n  (BillingAdmin)\n  business_support_plus\n",
	} {
		var text strings.Builder
		if err := writeChanges(&text, changes, nil, limit); err != nil || !strings.Contains(text.String(), want) {
			t.Errorf("at %d, %v:\n%s", limit, err, text.String())
		}
	}
}

// Names of accounts are shortened before they go, and on a narrow terminal they are back.
func TestGridNames(t *testing.T) {
	changes := []schema.Change{{Time: time.Unix(1e9, 0), Account: "111122223333", Actor: "root", Level: "basic", Outcome: "accepted"}}
	names := accounts.Names{"111122223333": "Payments, production, of the whole group"}
	for limit, want := range map[int]string{
		130: "111122223333  Payments, production, of the whole group  root",
		80:  "111122223333  Payments, pr…whole group  root",
		70:  "111122223333  Payment… group  root",
		60:  "111122223333  root",
		50:  "\n  Payments, production, of the whole group\n  root\n  basic\n",
	} {
		var text strings.Builder
		if err := writeChanges(&text, changes, names, limit); err != nil || !strings.Contains(text.String(), want) {
			t.Errorf("at %d, %v:\n%s", limit, err, text.String())
		}
	}
}

// A schedule is told as the days and levels that it asks for.
func TestLevels(t *testing.T) {
	june, september := time.Date(2023, 6, 3, 17, 0, 0, 0, time.UTC), time.Date(2023, 9, 3, 17, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		change       schema.Change
		levels, what string
	}{
		"a level":        {schema.Change{Operation: "StartSupportPlanUpdate", Level: "basic"}, "basic", "basic"},
		"no level":       {schema.Change{Operation: "AcceptSupportAgreement"}, "", "AcceptAgreement"},
		"the word alone": {schema.Change{Operation: "SupportPlan"}, "", "SupportPlan"},
		"two levels": {
			schema.Change{Schedule: schema.ScheduledLevels{StartLevel: "business", StartTime: june, EndLevel: "basic", EndTime: september}},
			"business from 2023-06-03 until 2023-09-03, then basic", "business from 2023-06-03, then basic",
		},
		"one level, two offers": {
			schema.Change{Schedule: schema.ScheduledLevels{StartLevel: "business", StartTime: june, EndLevel: "business", EndTime: september}},
			"business from 2023-06-03 until 2023-09-03, then business", "business from 2023-06-03",
		},
		"without a day": {schema.Change{Schedule: schema.ScheduledLevels{StartLevel: "business"}}, "business", "business"},
		"only an end":   {schema.Change{Schedule: schema.ScheduledLevels{EndLevel: "basic", EndTime: september}}, "basic from 2023-09-03", "basic from 2023-09-03"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := levelsAsked(&test.change); got != test.levels {
				t.Errorf("levels %q, want %q", got, test.levels)
			}
			if got := what(&test.change); got != test.what {
				t.Errorf("what %q, want %q", got, test.what)
			}
		})
	}
}

// Lines break between words, and a word that is wider stays whole.
func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text  string
		limit int
		want  string
	}{
		{"a  b\nc", 80, "a b c"},
		{"one two three", 7, "one two\n  three"},
		{"one two three", 0, "one two three"},
		{"supercalifragilistic is long", 8, "supercalifragilistic\n  is\n  long"},
		{"", 5, ""},
	} {
		if got := wrap(test.text, test.limit, "  "); got != test.want {
			t.Errorf("of %q it made %q, want %q", test.text, got, test.want)
		}
	}
}
