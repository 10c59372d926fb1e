package state_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/state"
	"plantrail/pipeline/trail"
)

func dayOf(t *testing.T, text string) trail.Day {
	t.Helper()
	day, err := trail.ParseDay(text, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func TestRegionName(t *testing.T) {
	for _, test := range []struct{ rel, account, region, want string }{
		{"", "111122223333", "us-east-1", "111122223333/us-east-1"},
		{"a/b/", "111122223333", "us-east-1", "a/b/111122223333/us-east-1"},
		{"/", "111122223333", "us-east-1", "/111122223333/us-east-1"},
	} {
		name := state.RegionName(test.rel, test.account, test.region)
		rel, account, region := state.SplitRegion(name)
		if name != test.want || rel != test.rel || account != test.account || region != test.region {
			t.Errorf("%q: %q, %q, %q", name, rel, account, region)
		}
	}
	if rel, account, region := state.SplitRegion("us-east-1"); rel != "" || account != "" || region != "us-east-1" {
		t.Errorf("%q, %q, %q", rel, account, region)
	}
}

// What a search has come to is remembered, and forgotten when another one finds
// log files. It says nothing of days.
func TestSearched(t *testing.T) {
	a := state.New(folder, sources())
	a.Apply(state.Claim{Search: state.NothingThere, Kinds: []string{"Config"}})
	a.Apply(state.Claim{Region: "us-east-1", Search: state.NothingThere})
	a.Apply(state.Claim{Region: "us-east-1", Settled: trail.Days{{From: 1, To: 2}}})
	text, err := a.Text()
	if err != nil {
		t.Fatal(err)
	}
	if a, err = state.Parse(text, folder, sources()); err != nil {
		t.Fatal(err)
	}
	if a.Searched == nil || len(a.Searched.Kinds) != 1 || !a.Regions["us-east-1"].Searched || len(a.Regions) != 1 {
		t.Errorf("state: %s", text)
	}
	a.Apply(state.Claim{Search: state.LogFilesThere})
	a.Apply(state.Claim{Region: "us-east-1", Search: state.LogFilesThere})
	if a.Searched != nil || a.Regions["us-east-1"].Searched || len(a.Regions["us-east-1"].Settled) != 1 {
		t.Errorf("state: %+v", a)
	}
}

// Days that cannot be over are not believed to be settled, and are claimed anew.
func TestDistrust(t *testing.T) {
	february, march, late := dayOf(t, "2024-02-20"), dayOf(t, "2024-03-02"), dayOf(t, "2031-01-05")
	claim := state.Claim{
		Region: "us-east-1", Settled: trail.Days{{From: 0, To: late}},
		Days: map[trail.Day]state.Tally{february: tally("a"), march: tally("b"), late: tally("c")},
	}
	a := state.New(folder, sources())
	a.Apply(claim)
	d := &documents{texts: map[string]string{}, tags: map[string]int{}}
	var lines bytes.Buffer
	log := slog.New(slog.NewTextHandler(&lines, nil))
	if err := state.NewCheckpoints(d, sources(), trail.LastDay, log).Update(t.Context(), "111122223333", folder, []state.Claim{claim}); err != nil {
		t.Fatal(err)
	}
	if lines.Len() > 0 {
		t.Errorf("warned: %s", &lines)
	}
	checkpoints := state.NewCheckpoints(d, sources(), dayOf(t, "2024-03-10"), log)
	known, err := checkpoints.Account(t.Context(), "111122223333", folder)
	if err != nil {
		t.Fatal(err)
	}
	r := known.Regions["us-east-1"]
	if r.Settled.Last() != dayOf(t, "2024-02-29") || r.Settled.First() != 0 || len(r.Months) != 1 || r.Months["2024-02"].Count != 1 {
		t.Errorf("believed: %+v", r)
	}
	if strings.Count(lines.String(), "not believed") != 1 {
		t.Errorf("log: %s", &lines)
	}
	// What is written stays, as far as nobody lists the days again.
	update := func(c state.Claim) *state.Region {
		t.Helper()
		if err := checkpoints.Update(t.Context(), "111122223333", folder, []state.Claim{c}); err != nil {
			t.Fatal(err)
		}
		known, err := state.NewCheckpoints(d, sources(), trail.LastDay, log).Account(t.Context(), "111122223333", folder)
		if err != nil {
			t.Fatal(err)
		}
		return known.Regions["us-east-1"]
	}
	if r := update(state.Claim{Region: "us-east-1", Settled: trail.Days{{From: 0, To: 1}}}); r.Settled.Last() != late || len(r.Months) != 3 {
		t.Errorf("forgotten: %+v", r)
	}
	r = update(state.Claim{
		Region: "us-east-1", Days: map[trail.Day]state.Tally{march: tally("b")},
		Settled: trail.Days{{From: dayOf(t, "2024-03-01"), To: dayOf(t, "2024-03-09")}},
		Open:    trail.Days{{From: dayOf(t, "2024-03-11"), To: trail.LastDay}},
	})
	if r.Settled.Last() != dayOf(t, "2024-03-09") || len(r.Months) != 2 || r.Months["2024-03"].Count != 1 {
		t.Errorf("after listing again: %+v", r)
	}
	if a.Distrust(late) {
		t.Error("days are taken back that may be settled")
	}
	if !a.Distrust(dayOf(t, "2031-01-04")) || a.Regions["us-east-1"].Settled.Last() != dayOf(t, "2030-12-31") || len(a.Regions["us-east-1"].Months) != 2 {
		t.Errorf("believed: %+v", a.Regions["us-east-1"])
	}
}
