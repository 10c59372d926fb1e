// Package endtoend holds tests of the whole way: log files in a directory or on
// a real S3 server, a run, and the table read back by programs that share no
// code with it.
package endtoend
