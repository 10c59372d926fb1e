// Package s3server runs a real S3 server, Versity's S3 gateway on a directory,
// for tests and benchmarks.
//
// The gateway is a tool of this module. It is built by the go command, once
// into its build cache: a build from nothing takes minutes, so a build machine
// does well to run "go tool -n versitygw" before it times anything.
//
//  1. [StartDir] picks a free port of the loopback interface and starts the
//     gateway there with keys of its own.
//  2. It asks for the list of buckets until the gateway answers. Only this
//     gateway accepts these keys, so another server on the port is never taken
//     for it.
//  3. If the gateway ends before it answers, the port was taken meanwhile, and
//     the next one is tried.
//
// Objects are plain files below the directory, but put them through the
// server: it serves files that were placed there by hand, but with empty ETags.
// As in any directory, there cannot be both an object a and an object a/b.
package s3server
