// Package bench compares plantrail with other programs on the same files in the
// same run. The command is in cmd/bench.
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
