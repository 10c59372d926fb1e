// Package measure says what child processes take: wall time, CPU time and peak
// memory, as the kernel accounts for them when they end.
//
// Two programs are compared by the ratios of runs that follow each other, since
// what else a machine does changes from one minute to the next, and changes
// both runs of a pair alike.
package measure
