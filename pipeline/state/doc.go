// Package state remembers which log files are finished, so that a run reads only
// what is new.
//
// There is one [Account] a table and account folder, a JSON document under
// _plantrail/state/. It is about a place, the folder's URI, not about how a
// source was spelled. In it, each region has
//
//   - settled: spans of delivery days that are over for good. They were listed to
//     the end long enough after the day, and all their log files were read. A run
//     does not list them.
//   - months: of the settled days, the number of log files and a digest a month,
//     so that listing everything again can tell whether something came late;
//     and, a bit each, on which days there was no log file.
//   - days: of the days after that, the number of log files, the last key and a
//     digest, and how many log files are missing that were there once. A run lists them, reads what sorts after the last key, and reads a
//     day again whose digest differs.
//   - failed: log files that could not be read. A run tries them again.
//   - files: exports, and log files that were named as a source, each by a hash of
//     its key and ETag. A run lists all and reads those that are not among them.
//
// A digest is the sum of a hash of each key and its ETag. So the digests of days
// add up to that of their month, in any order, and state stays small however
// long the history.
//
// A run makes claims, and a claim is made only when the rows that it is about are
// in the table. [Account.Apply] adds claims to a state that another run may have
// changed meanwhile; where they disagree, less is claimed: that costs work, never
// a row.
package state

// Version is the format's version. A document of another one is set aside.
const Version = 1
