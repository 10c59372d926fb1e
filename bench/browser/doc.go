// Package browser holds tests of the page that plantrail page writes: of its
// structure, and of what a real browser makes of it. Tests that need Chromium are
// skipped where there is none.
package browser
