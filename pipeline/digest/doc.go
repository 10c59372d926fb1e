// Package digest knows CloudTrail's signed digests: what they say, and whether it
// holds. It does no I/O: digests and facts go in, verdicts come out.
//
// CloudTrail signs a digest of each log region's log files about every hour, also
// of hours without any. Each digest names its predecessor and says what that
// one's hash and signature are, so that the digests of a trail make a [Chain]:
//
//  1. [ParseKey] reads from a digest's key which chain it is of and when it ends.
//  2. [Inspect] reads the digest itself and checks the signature in the object's
//     metadata, with the key out of [Keys] that its fingerprint names. This is the
//     costly step; it needs nothing but the one digest and can run side by side.
//  3. [Chain.Add] takes what Inspect found, in any order within a day or so.
//  4. [Chain.Settle] judges the digests up to some hour, and passes on what can be
//     said: a [Judgment] of each digest, and of each that is missing.
//  5. The log files that a proven digest names go into [Named], where those that are
//     listed are looked up: what nobody names is unlisted, what nobody finds is missing.
//
// A digest is proven by the signature in its metadata; in a copy, which has lost that,
// by the same signature as its successor repeats it. A digest that has a signed
// successor must also have the hash that this one says.
//
// Everything that a digest says is checked before it is believed, and nothing in
// one is ever a place to read from: names in it are only looked up among keys that
// were listed.
package digest
