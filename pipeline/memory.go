package pipeline

import "errors"

// Config.Memory bounds what a run holds, and each kind has its share, so that none
// waits for another to give way:
//
//   - delivered: the bodies between fetch and decode, a quarter. One log file that is
//     larger than that passes alone, up to three quarters; beyond, it is quarantined.
//   - inflated: one text for each worker, a quarter in all. What is longer is inflated
//     in a window.
//   - decoded: events on their way to the table, three eighths. Those that wait are
//     committed when they fill two thirds of that; the rest is what workers hand on, a
//     batch at a time.
//   - the rest is for what a commit holds of a partition: a row group.
//
// A record is at most a few megabytes long, see package schema, and the lists in the
// report are bounded by number.
type shares struct {
	delivered int64 // of all bodies
	alone     int64 // of one body
	text      int   // of one worker's
	waiting   int64 // of events that wait to be committed
	batch     int64 // of events that are handed on at once
}

const (
	// leastText and leastBatch are what a worker has however many there are.
	leastText  = 1 << 20
	leastBatch = 64 << 10
	// mostText is the longest text that is inflated whole: enough for the log files of
	// busy accounts, which inflate to 10 MB.
	mostText = 32 << 20
)

// errMemory says that a log file needs more memory than there is.
var errMemory = errors.New("more than --memory has room for: run with more")

func (c *Config) shares() shares {
	decoded, workers := c.Memory*3/8, int64(max(1, c.Workers))
	return shares{
		delivered: c.Memory / 4,
		alone:     c.Memory * 3 / 4,
		text:      int(min(mostText, max(leastText, c.Memory/4/workers))),
		waiting:   decoded * 2 / 3,
		// A worker holds two batches, and one for each is between it and the
		// collector.
		batch: max(leastBatch, decoded/3/(3*workers)),
	}
}
