package state_test

import (
	"testing"

	"plantrail/pipeline/state"
	"plantrail/pipeline/trail"
)

// Days without a log file are known whichever way they settle, and stay known when
// the document is written and read.
func TestEmpty(t *testing.T) {
	day := func(month, day int) trail.Day { return trail.Day(19723 + []int{0, 31, 60}[month-1] + day - 1) } // 2024
	span := func(from, to trail.Day) trail.Days { return trail.Days{{From: from, To: to}} }
	files := func(days ...trail.Day) map[trail.Day]state.Tally {
		all := map[trail.Day]state.Tally{}
		for _, d := range days {
			var tally state.Tally
			tally.Add(d.String(), "etag")
			all[d] = tally
		}
		return all
	}
	claim := func(settled trail.Days, files map[trail.Day]state.Tally) state.Claim {
		return state.Claim{Region: "r", Settled: settled, Days: files}
	}
	january := claim(span(day(1, 1), day(1, 20)), nil)
	late := claim(span(day(1, 21), day(1, 31)), files(day(1, 25)))
	march := claim(span(day(2, 1), day(3, 10)), files(day(3, 2), day(3, 4)))
	all := claim(span(day(1, 1), day(3, 10)), files(day(1, 25), day(3, 2), day(3, 4)))
	want := trail.Days{{From: day(1, 1), To: day(1, 24)}, {From: day(1, 26), To: day(3, 1)}, {From: day(3, 3), To: day(3, 3)}, {From: day(3, 5), To: day(3, 10)}}
	for name, claims := range map[string][]state.Claim{
		"at once": {all}, "one after the other": {january, late, march}, "backwards": {march, late, january}, "twice": {late, january, march, all},
	} {
		t.Run(name, func(t *testing.T) {
			a := state.New("s3://b/AWSLogs/111122223333/CloudTrail/", []string{"x"})
			for _, c := range claims {
				a.Apply(c)
			}
			text, err := a.Text()
			if err != nil {
				t.Fatal(err)
			}
			if a, err = state.ParseAny(text); err != nil {
				t.Fatal(err)
			}
			empty := a.Regions["r"].Empty()
			if len(empty) != len(want) || len(empty.Without(want)) > 0 || len(want.Without(empty)) > 0 {
				t.Errorf("empty %v, want %v", empty, want)
			}
			// Months that are listed again and are the same keep it; others forget it.
			same := a.Regions["r"].Months["2024-03"]
			same.Empty = 0
			a.Apply(state.Claim{Region: "r", Months: map[string]state.Tally{"2024-03": same}})
			if got := a.Regions["r"].Empty(); got.Count() != want.Count() {
				t.Errorf("after the same month: empty %v", got)
			}
			same.Add("more", "etag")
			a.Apply(state.Claim{Region: "r", Months: map[string]state.Tally{"2024-03": same}})
			if got := a.Regions["r"].Empty(); got.Has(day(3, 3)) || !got.Has(day(2, 29)) {
				t.Errorf("after another month: empty %v", got)
			}
		})
	}
}
