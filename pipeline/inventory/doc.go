// Package inventory reads an Amazon S3 Inventory, the list of all objects of a
// bucket that S3 delivers once a day or week, and answers listings from it. For
// hundreds of millions of keys that takes the place of as many thousands of
// list requests.
//
//   - [Open] reads the manifest and refuses what cannot be used.
//   - [Inventory.Sort] reads all data files, several side by side. S3 promises
//     no order of the rows, so it sorts them by key: as much as the memory takes
//     is sorted at a time and, if that is not all, spilled as a run to a
//     temporary file; the runs are merged into one.
//   - [Sorted.List] lists a range as a [store.Store] does, from that.
//
// A run and the sorted whole have one form: blocks of rows, compressed, in
// which a key is written as what it differs in from the one before. The first
// key of each block of the whole is kept, so that a listing can begin anywhere.
//
// Nothing of an inventory counts until all of it was read: a data file that is
// gone, whose size or MD5 is not what the manifest says, or that has a row that
// cannot be read, fails the Sort.
//
// An inventory shows the bucket as it was at [Inventory.Created]. S3 says that
// objects written or deleted shortly before may be missing or still there.
package inventory
