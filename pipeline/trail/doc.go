// Package trail knows CloudTrail's conventions: where a trail puts its log
// files, and what their keys say.
//
// A key is [prefix/]AWSLogs/[o-org/]account/type/region/YYYY/MM/DD/file. Only
// type CloudTrail is wanted. A source may begin anywhere in that path, or be a
// flat folder of log files; [Discover] finds the units below it.
package trail
