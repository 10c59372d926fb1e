// Package views holds tests of what plantrail ddl prints: the statements run in
// DuckDB on real tables, and their views agree with the functions of package
// schema, row by row.
package views
