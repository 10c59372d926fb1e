// Package examples runs what is in cmd/plantrail/examples: the queries in DuckDB, in
// Athena's dialect and in Trino, the readers in Python, and the alert. Their answers
// stand beside the queries; go test -update writes them anew.
package examples
