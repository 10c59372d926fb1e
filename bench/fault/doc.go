// Package fault is a proxy in front of an S3 server that does what goes wrong with
// such servers and the way to them, and takes the time that the way takes in life.
//
//  1. Requests are numbered as they come. The seed and the number decide whether
//     a request meets a fault, and which of those that fit it.
//  2. What meets none is passed on as it came, with the Host that the client has
//     signed, and answered as the server answers.
//  3. A [Proxy] can also refuse what exceeds a rate, as S3 does, and refuse
//     everything below one prefix. Neither is left to chance.
//  4. All of it may come later by a delay. For measurements a [Proxy] can be
//     blind: it passes on connections instead of requests.
//
// It counts the faults by kind, the attempts that say they are not the first,
// and the requests of each second. It notes which log files it gave out, and can
// stop answering after so many: then a client can be killed at a known point.
package fault
