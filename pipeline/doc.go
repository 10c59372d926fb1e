// Package pipeline turns CloudTrail log files into the table.
//
// [Run] is the whole of it. Log files go through five stages, each in a file of
// its own, and never back:
//
//	list     units (a source's account and region) → keys of log files
//	fetch    key → bytes as delivered
//	decode   bytes → JSON → dismissed, or events
//	collect  events → rows by partition
//	commit   rows → the table, then what is finished → the state
//
// Listing and fetching wait for the network and run wide; decoding runs one
// worker a core; collecting and committing are one. Bytes between fetch and
// decode are bounded by Config.Memory. A log file that cannot be read stops
// nothing: it is named in the [Report], and the next run tries it again.
//
// What earlier runs have finished, package state knows. A batcher puts listed
// keys into batches, a region's delivery day each, and skips what is
// known; the tracker sees all log files of a batch come back and claims it, once
// its rows are in the table.
package pipeline
