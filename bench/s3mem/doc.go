// Package s3mem is an S3 server in memory for benchmarks: it only gives out what
// a [Source] has, as pages of listings and as objects, for next to nothing a
// request, so that what a client takes is seen.
//
// It can delay its answers, speak TLS, and refuse what exceeds a rate, as S3
// does. It does not check signatures and writes nothing: versitygw is for that.
package s3mem
