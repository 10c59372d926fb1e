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
		region := fmt.Sprint("s3://trail/AWSLogs/", random.Uint32())
		var days trail.Days
		for range 1 + random.IntN(4) {
			from := trail.Day(18000 + random.IntN(700))
			days = days.With(trail.Span{From: from, To: from + trail.Day(random.IntN(300))})
		}
		owner := map[trail.Day]int{}
		for index := range count {
			s := Shard{Index: index, Count: count}
			own := s.days(region, days, months)
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
					if own.Has(day) != s.has(region, day, months) {
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

// However the days of the week differ, one account's year is spread evenly.
func TestShardBalance(t *testing.T) {
	for _, count := range []int{2, 5, 7, 8, 14, 16, 30, 64} {
		year := trail.Days{{From: 19700, To: 20064}}
		var busiest, total float64
		for index := range count {
			var load float64
			for _, span := range (Shard{Index: index, Count: count}).days("s3://trail/AWSLogs/111122223333/CloudTrail/us-west-2", year, false) {
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
		if ratio := busiest * float64(count) / total; ratio > 1.3 {
			t.Errorf("%d shards: the busiest has %.2f times the mean", count, ratio)
		}
	}
}
