// Package licences collects the licences of what is linked into the program, as
// one text to go with it.
//
//  1. The go command lists the packages of each platform that a release is built
//     for, so that a module of one of them only is there as well.
//  2. For each package, the files that state terms are taken from its directory and
//     those above it, up to its module: code that was copied into a module often
//     brings a licence of its own. The standard library is treated the same.
//  3. Equal texts are stated once, with all that they hold for.
//  4. Each text must be of a licence that a program under the Apache License 2.0 can
//     be given away with. Another one, or none, is an error.
//
// Versions are left out: most of them change nothing here. The bill of materials of
// a release has them.
package licences
