// Package release holds what a release consists of to account: its tests look into the
// folder that make snapshot fills, and use it as those will who install it.
//
// PLANTRAIL_DIST names that folder, and PLANTRAIL_ROOT the root of a Debian system without
// the program, as a tar archive, on copies of which it is installed. Without them the tests
// are skipped; make release-check sets both.
package release
