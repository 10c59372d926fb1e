// Package page shows a table to people: one HTML file that holds all it needs,
// loads nothing and runs no script.
//
// [Read] takes what the page tells from the calls that the table has, the newest first
// (package calls). It keeps
// changes, counts reads, and forgets the rest, so a page of millions of rows
// needs memory for what it shows, up to the limits of [Config]. [Page.Write]
// writes the page. The same table and configuration give the same bytes.
//
// Text in events is whatever a caller sent. It gets into the page by
// html/template's escaping alone, with what is not graphic written as an escape,
// and the page's policy lets nothing run but its own style.
package page
