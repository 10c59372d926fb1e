// Package peers has the programs that plantrail is compared with, as functions
// and, for the one in C, as source. Each finds the Support Plans events of the
// same log files and returns how many there are.
package peers
