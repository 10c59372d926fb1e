package pipeline

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"plantrail/pipeline/trail"
)

// Each day of a region is exactly one shard's, whatever else is selected.
func TestShardDays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		count, months := 1+random.IntN(40), random.IntN(4) == 0
		today := serviceBegan + trail.Day(random.IntN(4000))
		region := fmt.Sprint("s3://trail/AWSLogs/", random.Uint32())
		var days trail.Days
		for range 1 + random.IntN(4) {
			from := serviceBegan - 100 + trail.Day(random.IntN(3000))
			days = days.With(trail.Span{From: from, To: from + trail.Day(random.IntN(300))})
		}
		owner := map[trail.Day]int{}
		for index := range count {
			s := Shard{Index: index, Count: count}
			own := s.days(region, days, months, today)
			if len(own.Without(days)) > 0 {
				t.Fatalf("shard %v has days that are not selected: %v", s, own)
			}
			for _, span := range own {
				for day := span.From; day <= span.To; day++ {
					if other, twice := owner[day]; twice {
						t.Fatalf("%v belongs to %d and %d of %d", day, other, index, count)
					}
					owner[day] = index
				}
			}
			for _, span := range days {
				for day := span.From; day <= span.To; day++ {
					if own.Has(day) != s.has(region, day, months, today) {
						t.Fatalf("%v: days and has disagree about %v", s, day)
					}
				}
			}
		}
		if len(owner) != days.Count() {
			t.Fatalf("%d days of %d belong to a shard of %d", len(owner), days.Count(), count)
		}
	}
}

// However the days of the week differ, one region's year is spread evenly, and
// its quarter almost, wherever it begins.
func TestShardBalance(t *testing.T) {
	for _, test := range []struct {
		days, least, most int // shards
		bound             float64
	}{{365, 2, 64, 1.3}, {90, 2, 8, 1.3}} {
		worst := 0.0
		for count := test.least; count <= test.most; count++ {
			for from := trail.Day(0); from < roundDays; from += 5 {
				ratio := balance(count, trail.Days{{From: 19700 + from, To: 19699 + from + trail.Day(test.days)}})
				if worst = max(worst, ratio); ratio > test.bound {
					t.Errorf("%d days from %s: the busiest of %d shards has %.2f times the mean", test.days, 19700+from, count, ratio)
				}
			}
		}
		t.Logf("%d days, %d to %d shards: the busiest has at most %.2f times the mean", test.days, test.least, test.most, worst)
	}
}

// balance returns how many times the mean the busiest shard of a region has,
// where working days are three times as busy as others.
func balance(count int, days trail.Days) float64 {
	var busiest, total float64
	for index := range count {
		var load float64
		for _, span := range (Shard{Index: index, Count: count}).days("s3://trail/AWSLogs/111122223333/CloudTrail/us-west-2", days, false, trail.LastDay) {
			for day := span.From; day <= span.To; day++ {
				if weekday := day % 7; weekday < 5 {
					load += 3
				} else {
					load++
				}
			}
		}
		busiest, total = max(busiest, load), total+load
	}
	return busiest * float64(count) / total
}

// The days before CloudTrail are one shard's, in one span, since each span of
// settled days is written into the state.
func TestShardSpans(t *testing.T) {
	const count = 8
	all := trail.Days{{From: 0, To: 20500}}
	early := 0
	for index := range count {
		own := (Shard{Index: index, Count: count}).days("s3://trail/AWSLogs/111122223333/CloudTrail/us-west-2", all, false, trail.LastDay)
		if len(own) > (20500-int(serviceBegan))/roundDays+3 {
			t.Errorf("shard %d has %d spans of days", index, len(own))
		}
		if own.Has(0) {
			early++
		}
	}
	if early != 1 {
		t.Errorf("the first day is %d shards'", early)
	}
}
