package corpus

import (
	"math"
	"math/rand/v2"
)

const (
	// medianRecords and spreadRecords are of a log-normal distribution whose
	// median is 5 records and whose 99th percentile, 2.33 deviations above, is
	// about 40.
	medianRecords = 5
	spreadRecords = 0.9
	// maxRecords cuts off the tail of tiny log files, which would otherwise
	// decide the size of a small corpus.
	maxRecords = 1000

	// minBusy and maxBusy bound what a busy log file inflates to, in bytes.
	minBusy = 1 << 20
	maxBusy = 10 << 20
)

// drawSize returns how many records a log file holds at most, and how many
// bytes it inflates to at most. The first limit that is reached ends it.
func drawSize(rng *rand.Rand, mode Mode) (records, bytes int) {
	if mode == Busy {
		// Evenly on a logarithmic scale: as many from 1 to 2 MB as from 5 to 10.
		// The last record goes over the limit, so it is kept clear of the bound.
		const highest = maxBusy - maxRecord
		return math.MaxInt, int(minBusy * math.Pow(float64(highest)/minBusy, rng.Float64()))
	}
	n := math.Round(medianRecords * math.Exp(spreadRecords*rng.NormFloat64()))
	return int(min(max(n, 1), maxRecords)), math.MaxInt
}
