// Package table keeps the table: one Parquet file a partition, replaced whole.
//
// [Table.Merge] adds events to a partition in four steps:
//
//  1. Sort the events and keep one of each: see [rank].
//  2. Open the partition's file, remember its ETag, and stream its identifying
//     columns past the events. What the file has already falls away; if nothing
//     is left, the file is as it should be.
//  3. Stream the file's rows and the events that are left, in order, into a new
//     file.
//  4. Put the new file in place of the old one, if that still has the ETag. If
//     another writer was faster, go back to 2.
//
// Rows are ordered by time, account and event ID, and the bytes of a file
// depend on its rows alone. So whatever the order in which log files are read,
// by however many runs, the table ends in the same bytes.
package table
