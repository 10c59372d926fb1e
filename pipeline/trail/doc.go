// Package trail knows CloudTrail's conventions: where a trail puts its log
// files, and what their keys say.
//
// A key is [prefix/]AWSLogs/[o-org/]account/type/region/YYYY/MM/DD/file. Only
// type CloudTrail is wanted. A source may begin anywhere in that path. Every
// object below it is accounted for, once:
//
//  1. A [Discovery] goes down from the source by listing folders. Where there are
//     accounts' folders, it lists the CloudTrail folder of each. A region's folder
//     in that is a [Unit]: its delivery days are listed in order, and settle.
//  2. What is in such folders beside what belongs there are flat units. Of them
//     the log files are read that say by their names that they are, and what else
//     there is is counted. So is a source without accounts' folders, as a whole.
//  3. Where the listing of a flat unit comes upon a trail after all, the discovery
//     goes on there ([Unit.Inside]).
//  4. What lies beside an account's CloudTrail folder, or in a region's folder
//     beside its days ([Discovery.Margins]), is searched when it is first seen. A
//     [Search] tells when it is over, and whether it must be searched again.
//  5. A folder of another service is counted.
package trail
