// Package repository is about what the repository says of itself: that its workflows
// pin what they run, call what there is and may do no more than they must, and that
// each module that it depends on is there for a reason. It has tests only.
package repository
