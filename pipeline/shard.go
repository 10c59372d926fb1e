package pipeline

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"plantrail/pipeline/trail"
)

// A Shard is one of Count shares of the work, numbered from 0. The zero value is
// all of it.
//
// A region's delivery days are dealt out in blocks: of Count blocks in a row each
// shard has one. So each has its share of every account, however large, and
// which one that is depends on nothing but the day and the folder: not on what
// has been delivered by the time that a shard looks, and not on what the others
// do. Where a round of blocks begins, differs from folder to folder and from
// round to round, so that no shard has all the first days or all the Mondays.
type Shard struct{ Index, Count int }

const (
	// roundDays is how many days a round of blocks has with few shards. Larger
	// blocks cost fewer list requests, smaller ones spread better.
	roundDays = 32
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

// days returns which days of a region are the shard's. Where months are compared
// with what is known of them, months says to deal out whole ones.
func (s Shard) days(region string, days trail.Days, months bool) trail.Days {
	if s.all() || len(days) == 0 {
		return days
	}
	var own trail.Days
	for day, more := days.First(), true; more; {
		number, block := s.block(day, months)
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
func (s Shard) has(region string, day trail.Day, months bool) bool {
	if s.all() {
		return true
	}
	number, _ := s.block(day, months)
	return s.owns(region, number)
}

// block returns the block that a day is in, and its number.
func (s Shard) block(day trail.Day, months bool) (number int, days trail.Span) {
	if months {
		at := day.Time()
		first := day - trail.Day(at.Day()-1)
		return at.Year()*12 + int(at.Month()), trail.Span{From: first, To: trail.DayOf(first.Time().AddDate(0, 1, 0)) - 1}
	}
	size := max(1, roundDays/s.Count)
	number = int(day) / size
	return number, trail.Span{From: trail.Day(number * size), To: trail.Day(number*size + size - 1)}
}

func (s Shard) owns(region string, block int) bool {
	round := binary.LittleEndian.AppendUint64([]byte(region+"\n"), uint64(block/s.Count)) //nolint:gosec // a number of a block is not negative
	hash := fnv.New64a()
	hash.Write(round)            //nolint:errcheck // a hash takes all
	offset := hash.Sum64() >> 32 // FNV's high bits mix better
	return (block+int(offset))%s.Count == s.Index
}
