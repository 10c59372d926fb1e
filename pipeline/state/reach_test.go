package state_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// stored are state documents by name; those without a text were removed since
// they were listed.
type stored map[string]string

func (d stored) Documents(_ context.Context, folder string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for name := range d {
			if strings.HasPrefix(name, folder+"/") && !yield(name, nil) {
				return
			}
		}
	}
}

func (d stored) Document(_ context.Context, name string) (text []byte, etag string, err error) {
	if d[name] == "" {
		return nil, "", store.ErrNotFound
	}
	return []byte(d[name]), "", nil
}

func TestReaches(t *testing.T) {
	days := func(texts ...string) (all trail.Days) {
		for _, text := range texts {
			var s trail.Span
			from, to, _ := strings.Cut(text, "..")
			if s.From.UnmarshalText([]byte(from)) != nil || s.To.UnmarshalText([]byte(to)) != nil {
				t.Fatal(text)
			}
			all = all.With(s)
		}
		return all
	}
	account := func(folder string, regions map[string]*state.Region, sources ...string) string {
		a := state.New(folder, sources)
		a.Regions = regions
		text, err := a.Text()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	march := trail.Day(19783) // 2024-03-01
	docs := stored{
		"state/a.json": account("s3://old/AWSLogs/111122223333/CloudTrail/", map[string]*state.Region{
			"us-east-1": {Settled: days("1970-01-01..2024-02-10"), Months: map[string]state.Tally{"2023-05": {Count: 3}}},
			"us-west-2": {Settled: days("1970-01-01..2024-02-20")},
		}, "supportplans"),
		"state/b.json": account("s3://new/AWSLogs/111122223333/CloudTrail/", map[string]*state.Region{
			"us-east-1": {
				Settled: days("2024-02-11..2024-02-28"), Failed: map[string]state.FailedKey{"2024/02/12/x": {}},
				Days: map[trail.Day]state.Tally{march: {Count: 2}},
			},
		}, "supportplans"),
		"state/c.json": account("s3://flat/", map[string]*state.Region{
			"sub/444455556666/us-west-2": {Settled: days("2024-01-01..2024-01-05", "2024-01-08..2024-01-09")},
		}, "supportplans"),
		"state/d.json": account("s3://new/AWSLogs/555566667777/CloudTrail/", map[string]*state.Region{
			"us-east-1": {Settled: days("2024-01-01..2024-01-05")},
		}, "other"),
		"state/e.json": "{}",
		"state/f.json": "",
		"other/a.json": "no state",
	}
	reaches, unreadable, err := state.Reaches(t.Context(), docs, []string{"supportplans"})
	if err != nil || fmt.Sprint(unreadable) != "[e.json]" {
		t.Fatal(unreadable, err)
	}
	var got []string
	for _, r := range reaches {
		got = append(got, fmt.Sprintln(r.Account, r.Region, r.Folder, r.Settled, r.Unsettled, r.Missing, r.LogFiles, r.First, r.Failed, r.Other))
	}
	want := []string{
		"111122223333 us-east-1 s3://new/AWSLogs/111122223333/CloudTrail/ [{2024-02-11 2024-02-28}] [{2024-03-01 2024-03-01}] [] 2 2024-03-01 [2024/02/12/x] false\n",
		"111122223333 us-east-1 s3://old/AWSLogs/111122223333/CloudTrail/ [{1970-01-01 2024-02-10}] [] [] 3 2023-05-01 [] false\n",
		"111122223333 us-west-2 s3://old/AWSLogs/111122223333/CloudTrail/ [{1970-01-01 2024-02-20}] [] [] 0 1970-01-01 [] false\n",
		"444455556666 us-west-2 s3://flat/sub/ [{2024-01-01 2024-01-05} {2024-01-08 2024-01-09}] [] [{2024-01-06 2024-01-07}] 0 1970-01-01 [] false\n",
		"555566667777 us-east-1 s3://new/AWSLogs/555566667777/CloudTrail/ [{2024-01-01 2024-01-05}] [] [] 0 1970-01-01 [] true\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, ""), strings.Join(want, ""))
	}

	// A day counts that is settled in all regions, in any of their sources.
	whole := state.Accounts(reaches)
	for account, want := range map[string]string{
		"111122223333": "[{1970-01-01 2024-02-20}] 2023-05-01 failed 1 of 2 behind [us-west-2]",
		"444455556666": "[{2024-01-01 2024-01-05} {2024-01-08 2024-01-09}] 1970-01-01 failed 0 of 1 behind []",
		"555566667777": "[] 1970-01-01 failed 0 of 1 behind [us-east-1]",
	} {
		w := whole[account]
		if got := fmt.Sprintf("%v %v failed %d of %d behind %v", w.Settled, w.First, w.Failed, w.Regions, w.Behind); got != want {
			t.Errorf("%s: got %s, want %s", account, got, want)
		}
	}
	if len(whole) != 3 {
		t.Errorf("%d accounts", len(whole))
	}
}
