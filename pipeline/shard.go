package pipeline

import (
	"fmt"
	"hash/fnv"
	"io"

	"plantrail/pipeline/trail"
)

// A Shard is one of Count shares of the work, numbered from 0. The zero value is
// all of it.
//
// A region's delivery days are dealt out in blocks, one to each shard in turn. So
// each has its share of every account, however large, and which one that is
// depends on nothing but the day and the folder: not on what has been delivered
// by the time that a shard looks, and not on what the others do. Whose turn is
// first, differs from folder to folder, so that no shard has the first days of
// all of them.
type Shard struct{ Index, Count int }

const (
	// roundDays is how many days a round of blocks has with few shards. Larger
	// blocks cost fewer list requests, smaller ones spread better.
	roundDays = 32
	// serviceBegan is 2013-11-01, the month in which CloudTrail began. What is
	// before it is one block: thousands of days without a log file would make as
	// many spans in the state of each region.
	serviceBegan trail.Day = 16010
	// maxShards is more than any scheduler starts: AWS Batch ends at 10,000.
	maxShards = 100_000
)

// Check refuses what is no share.
func (s Shard) Check() error {
	if s != (Shard{}) && (s.Count < 1 || s.Count > maxShards || s.Index < 0 || s.Index >= s.Count) {
		return fmt.Errorf("shard %d of %d: there are shards 0 to N-1, and N is from 1 to %d", s.Index, s.Count, maxShards)
	}
	return nil
}

// String returns the shard as 3/8.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// all reports whether the shard is all of the work.
func (s Shard) all() bool { return s.Count <= 1 }

// first returns at which of n things in a row the shard begins, where all shards
// have to do with all of them.
func (s Shard) first(n int) int {
	if s.all() {
		return 0
	}
	return n * s.Index / s.Count
}

// days returns which days of a region are the shard's. Where months are compared
// with what is known of them, months says to deal out whole ones. Days after today
// go with it.
func (s Shard) days(region string, days trail.Days, months bool, today trail.Day) trail.Days {
	if s.all() || len(days) == 0 {
		return days
	}
	var own trail.Days
	for day, more := days.First(), true; more; {
		number, block := s.block(day, months, today)
		if s.owns(region, number) {
			for _, span := range days.Within(block) {
				if last := len(own) - 1; last >= 0 && own[last].To+1 == span.From {
					own[last].To = span.To
				} else {
					own = append(own, span)
				}
			}
		}
		day, more = days.Next(block.To + 1)
	}
	return own
}

// has reports whether a day of a region is the shard's.
func (s Shard) has(region string, day trail.Day, months bool, today trail.Day) bool {
	if s.all() {
		return true
	}
	number, _ := s.block(day, months, today)
	return s.owns(region, number)
}

// block returns the block that a day is in, and its number.
func (s Shard) block(day trail.Day, months bool, today trail.Day) (number int, days trail.Span) {
	number, days = s.blockBy(min(day, max(today, serviceBegan)), months)
	if days.To >= today {
		days.To = trail.LastDay
	}
	return number, days
}

func (s Shard) blockBy(day trail.Day, months bool) (number int, days trail.Span) {
	if day < serviceBegan {
		return 0, trail.Span{To: serviceBegan - 1}
	}
	if months {
		at := day.Time()
		first := day - trail.Day(at.Day()-1)
		return at.Year()*12 + int(at.Month()), trail.Span{From: first, To: trail.DayOf(first.Time().AddDate(0, 1, 0)) - 1}
	}
	size := max(1, roundDays/s.Count)
	number = int(day) / size
	return number, trail.Span{From: max(serviceBegan, trail.Day(number*size)), To: trail.Day(number*size + size - 1)}
}

func (s Shard) owns(region string, block int) bool {
	hash := fnv.New64a()
	io.WriteString(hash, region) //nolint:errcheck // a hash takes all
	first := int(hash.Sum64() >> 33)
	if s.Count%7 == 0 {
		// A round is whole weeks: without a shift, one shard would have all Mondays.
		first += block / s.Count
	}
	return (block+first)%s.Count == s.Index
}
