// Package quirks is an S3 server in memory that does some things otherwise than
// S3, as stores that people use were reported to do. A program that cannot work
// with one of them must say so, and one that can must be exact.
//
// It checks no signatures. For a server that does all things right there is
// package s3server.
package quirks
