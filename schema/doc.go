// Package schema says what a row of the table is: the columns, where in a
// CloudTrail record each comes from, and how a record becomes a row.
//
// A log file is one JSON object, {"Records":[…]}. The way from its bytes to
// rows has three steps, each cheaper than the next:
//
//  1. [Dismiss] proves, without parsing, that a log file holds no wanted event.
//     Nearly all log files end here.
//  2. [Decode] splits what is left into raw records and passes over those that
//     the same proof dismisses.
//  3. The few records that remain are decoded in full and kept when their
//     eventSource is one of [EventSources], exactly.
//
// [Event] is the one description of the columns. Its struct tags carry the
// column's name, type and encoding (parquet) and the CloudTrail field it comes
// from (json); [Decode] and [Parquet] both follow them, so a column is added in
// one place.
//
// What rows say is told in Go by [ChangeOf] and [Timeline], and in SQL by the
// views of package ddl. Both follow the words in vocabulary.go.
package schema

// Version numbers the columns. It is stored in every file of the table, and
// grows when a column is added, removed or changes its meaning.
//
//   - 2 has eventcontext.
const Version = 2

// EventSources returns the values of eventSource whose events make up the
// table: the Support Plans service, and the name it had until August 2022.
func EventSources() []string {
	return []string{"supportplans.amazonaws.com", "support-subscription.amazonaws.com"}
}

// EventRegions returns the regions that events of these sources are known from.
// Nothing is dismissed for coming from another one.
func EventRegions() []string { return []string{"us-east-1", "us-east-2", "us-west-2"} }

// wanted reports whether eventSource names the Support Plans service.
func wanted(eventSource string) bool {
	return eventSource == "supportplans.amazonaws.com" || eventSource == "support-subscription.amazonaws.com"
}
