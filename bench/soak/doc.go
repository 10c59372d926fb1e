// Package soak runs plantrail as a program of its own under everything that can
// happen to it, and compares the tables that come out of it.
//
//  1. [Build] builds the program. [Program.Run] runs it, and kills it at a given
//     instant if it is told to.
//  2. [DirFiles] and [BucketFiles] read all of a table: partitions, description
//     and state.
//  3. [Files.Diff] compares two tables byte by byte, [Files.Strays] names what
//     does not belong in one, and [Files.EventIDs] says whose events it holds.
//  4. [Program.RunSharded] runs a process a shard at once, and says which log
//     files each of them was given.
//
// The tests are short by default. PLANTRAIL_KILLS is how many runs are killed,
// PLANTRAIL_ROUNDS how often four processes write one table, PLANTRAIL_SOAK how
// long the soak lasts, as in 10m, PLANTRAIL_ACCOUNTS how many accounts a night has
// and PLANTRAIL_SHARD_SCALE by how much the trail that shards read is larger. Every test logs its seed, and takes it from
// PLANTRAIL_SEED.
package soak
