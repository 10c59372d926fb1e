// Package store reads and writes objects where sources and tables live: in an
// S3 bucket or in a local directory.
//
// [Open] turns a URL into a [Location], a store and the prefix that the URL
// names in it. Keys are whole: from the bucket's root, or the file system's.
// [S3] and [Dir] are held to one contract, the suite in package storetest:
//
//   - List yields keys in byte order, from any key on, all or folder by folder.
//   - Get returns all bytes of an object or an error, never some of them.
//   - Put replaces an object whole and only while it is the expected version.
//     Of two writers that expect the same version, one gets [ErrChanged].
package store
