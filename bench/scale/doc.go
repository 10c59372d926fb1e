// Package scale runs plantrail over the trail of a large organization, twenty
// million log files by default, that nobody has to store.
//
// An [Organization] is arithmetic. Each unit gets log files at a constant rate;
// the rates of accounts fall off as 1, 1/2, 1/3, …, so a few are giants and most
// are tiny. A log file is its number in the unit's history: its day, key, size,
// ETag and body follow from that, and its number from its key. A [Store] lists
// and serves them, from any position, in pages as S3 does.
//
// A [Job] is a plan or a run over it, with the table in a directory. What it
// took, [Figures] say; what was there to find is known by arithmetic, and a run
// that finds something else is an error.
package scale
