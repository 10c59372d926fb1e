// Package engines reads tables with the query engines that people use, none of
// which shares code with what wrote them, and compares what they find with a plain
// scan.
//
// An engine that runs in the tests' own process, DuckDB, is always there. The others
// are programs, started with testdata's scripts: DataFusion, ClickHouse and Spark from
// Python's registry, Trino from Maven's. Each is skipped with a sentence where it is
// missing; make engines fetches all of them. Statements go in, each ended by a NUL; a
// line comes out for each, with its rows or its error.
//
// Libraries that give whole tables to a program, and old versions of them, are read to
// the end, and every row and column compared with what was written.
package engines
