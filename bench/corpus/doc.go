// Package corpus makes log files as CloudTrail delivers them, in its key layout,
// for tests and benchmarks. The same [Config] gives the same bytes, on any
// machine and with any number of workers.
//
//  1. Every account has its own users, roles and resources, drawn from the seed
//     and the account's number.
//  2. Every log file is drawn from the seed and its own number, so that any
//     worker can make any of them. It holds the records of a few sessions, each
//     of which repeats a few calls, as programs do; that is what makes real log
//     files compress ten to one.
//  3. Which log files hold planted events is laid down before the first is
//     made. A planted event is drawn from the seed and its number alone, so
//     that both copies of one that is delivered twice are the same.
//  4. Workers make log files side by side, and one goroutine hands them out in
//     their order.
//
// Names, ids and addresses are invented; addresses are of the ranges reserved
// for documentation.
package corpus
