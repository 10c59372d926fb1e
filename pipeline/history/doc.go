// Package history reads CloudTrail's Event history: the management events of the last
// 90 days, which every account has, with or without a trail.
//
// A [History] is that of one account and region, as a store: each day is an object,
// `{"Records":[…]}` of the records in it, gzipped, so that all that is done with log
// files is done with days. Its name is that of a log file that was delivered on the
// day; its ETag is a hash of its content, so a day that is listed again and has
// nothing new need not be read again.
//
// A listing looks up the days that it is about:
//
//  1. It asks for all of them at once, with one attribute at a time, an event source,
//     page after page of 50 events, the newest first.
//  2. If that takes more than a few pages, it asks for half of the days, and then for
//     the other half. So what is held is bounded, and an expired page token, which
//     starts a window of days again, costs little.
//  3. A window ends with its last day's last moment; an event belongs to the day that
//     its time is in, and is taken once by its ID. So none at a boundary is lost or
//     doubled, however the service rounds.
//
// The service takes two requests a second for each account and region. [Limits] keep
// to that, for all of the process.
package history
