// Package pipeline turns CloudTrail log files into the table.
//
// [Run] is the whole of it. Log files go through the stages, a file each, and never
// back. Only log files do: what else a listing turns up, that something is skipped,
// gone or unreachable, or that a batch or a unit is at its end, goes straight from
// list to collect.
//
//	sources                                                              table
//	   │                                                                   ▲
//	   ▼          log files         bodies          results                │ rows,
//	 list.go ───────────────▶ fetch.go ────▶ decode.go ────▶ collect.go ─▶ commit.go
//	   │                                                        ▲          │ then claims
//	   │     skipped, gone, unreachable, batch and unit listed  │          ▼
//	   └────────────────────────────────────────────────────────┘        state
//
// What to list, discover.go finds out beside the listing: a folder that is listed
// may hold more to discover. list_unit.go lists a unit of the layout, flat.go what is in
// none.
//
// Listing and fetching wait for the network and run wide; decoding runs one worker
// per core; collecting and committing are one goroutine. What is held on the way is
// bounded by Config.Memory, see shares. A log file that cannot be read stops nothing:
// it is named in the [Report], and the next run tries it again. One over which the
// process was killed is kept for the end of the next run, see begun.
//
// The words, everywhere in the project:
//
//   - source: where trails deliver, a bucket and prefix or a directory.
//   - unit: one account and region of a source, which is listed in order; or a flat
//     one: a folder of log files outside CloudTrail's layout.
//   - delivery day: the UTC date in a log file's key, not that of the events inside.
//   - batch: the log files of one region and delivery day, which are finished
//     together. What is to be known about batches, package resume says.
//   - settled: of a delivery day, that it was listed to the end long enough after it
//     was over and that all its log files were read or are named. It is not listed
//     again, except with Config.RecheckAll.
//   - claim: what a run tells the state that is finished, once the rows are in the
//     table.
//   - checkpoint: a commit before the end of a run.
//   - quarantined: of a log file or a record, that the store gave it and that it
//     cannot be read.
//   - unreachable: of a source, a folder or a log file, that the store did not give it.
//   - skipped: of an object, that it is no log file.
package pipeline
