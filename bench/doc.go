// Package bench compares plantrail with other programs on the same files in the
// same run. The command is in cmd/bench.
//
// The module of the same name holds what the program itself must not depend on: a
// real S3 server, DuckDB, a generator of trails, other programs to compare with, and
// the tests that need them. It may import everything of the program, and nothing of it
// enters the program's go.mod.
//
//	corpus, scale     trails that look real; one of 20 million log files in memory
//	s3server, fault   a real S3 server, and a proxy that does what goes wrong before it
//	measure, peers    pairs of runs, and what plantrail is compared with
//	duck              DuckDB, as a reader of tables and as an oracle
//	endtoend, soak    the whole program: on S3, killed, on faults, in shards, by night
//	views, browser    the SQL views in DuckDB and Athena's dialect, the page in Chromium
//	deploy            the files that schedule the program, against the program
//
// How a comparison is made:
//
//  1. It builds plantrail and its peers, each a program of its own, so that none
//     pays for what another links.
//  2. It makes corpora in a temporary directory: busy, of few large log files,
//     and tiny, of many small ones. Nearly all of them hold no event, as in
//     life.
//  3. plantrail and a peer take turns, as package measure describes. What is
//     measured of plantrail is the whole command, with the table written anew.
//     A program that does not find what was planted ends the benchmark.
//  4. A trail is put on a real S3 server. What a log file costs the client is
//     compared with a loop of GetObject; how many log files a second it reads,
//     with what its requests in flight allow when each takes some time. The
//     table is in a directory.
//  5. A sparse trail says how many requests it takes to list one.
//
// Files are read from the page cache, which the first run fills. A child's peak
// of memory is never lower than what this process takes itself, some 20 MB for one and as much again for each beside it.
package bench
