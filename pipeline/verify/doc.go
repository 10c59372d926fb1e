// Package verify compares log files with what CloudTrail's signed digests say of them.
//
// Units are verified side by side, each by its days:
//
//  1. Its digests are listed and read, some days at a time, and judged as chains
//     (package digest).
//  2. What proven digests say of log files is held until the log files of the day are
//     listed. Those that were named are read, inflated and hashed; those that were not
//     are unlisted, if the digests of their time are proven, and else unproven.
//  3. What was named and not listed is missing.
//
// So each listing is read once, and the memory is that of the names of some days. Nothing
// is read but what was listed in the sources: a name in a digest is only compared.
package verify
