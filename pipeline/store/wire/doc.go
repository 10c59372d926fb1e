// Package wire asks S3 for what a run needs millions of times, objects and
// pages of listings, at a tenth of what the SDK's request stack costs.
//
//  1. A [Bucket] is made once from a [Target]: host, path and signing region as
//     the SDK's own endpoint rules give them. This package has no rules.
//  2. A request is built and signed in its connection's buffer ([Signer]), with
//     the day's key derived once, and sent in one write. Its first read nearly
//     always has the answer's head and a small object whole.
//  3. A connection is HTTP/1.1 over TCP or TLS, if need be through a proxy, and
//     carries one request at a time. It goes back to its host's pool only after
//     a whole answer that says nothing else. A request that finds a pooled
//     connection closed is sent again on another.
//  4. The head is parsed within bounds: status line, lengths, a handful of
//     headers. A body has a length or comes in chunks; its end is never guessed.
//     An object is read into the caller's buffer, which grows with what has come
//     and not with what is announced.
//  5. An answer must begin within the stall time and then keep up a least rate,
//     so that every exchange ends. It also ends with its context.
//  6. A page of a listing is scanned, not decoded, and must be whole, well formed
//     and about what was asked, its keys in order and after those before. All
//     else is a [NoListingError]: silence is never taken for emptiness.
//
// It sends once. What is worth another attempt, at which rate, and with whose
// credentials, is for the caller: a [Refusal], a [BrokenError] and a
// [NoListingError] tell what happened. No redirect is followed.
package wire
