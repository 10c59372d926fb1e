// Package duck lets tests read files with DuckDB, which shares no code with
// what wrote them.
package duck

import (
	"database/sql"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the driver
)

// Open returns an empty database in memory that lives as long as the test. It
// never loads extensions from the network; JSON and Parquet are built in.
func Open(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open("duckdb", "?autoinstall_known_extensions=false&autoload_known_extensions=false")
	if err != nil {
		tb.Fatalf("open DuckDB: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close DuckDB: %v", err)
		}
	})
	return db
}

// Rows runs a query that returns rows, and returns every value as DuckDB
// prints it, a null as NULL. The query is used as a subquery: SELECT, FROM and
// DESCRIBE work, statements that change something do not.
func Rows(tb testing.TB, db *sql.DB, query string, args ...any) [][]string {
	tb.Helper()
	rows, err := db.QueryContext(tb.Context(), "SELECT coalesce(COLUMNS(*)::VARCHAR, 'NULL') FROM ("+query+"\n)", args...)
	if err != nil {
		tb.Fatalf("query %s: %v", query, err)
	}
	defer func() { _ = rows.Close() }() // read to the end, or failed already
	columns, err := rows.Columns()
	if err != nil {
		tb.Fatalf("query %s: %v", query, err)
	}
	var all [][]string
	for rows.Next() {
		row := make([]string, len(columns))
		fields := make([]any, len(columns))
		for i := range row {
			fields[i] = &row[i]
		}
		if err := rows.Scan(fields...); err != nil {
			tb.Fatalf("query %s: %v", query, err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		tb.Fatalf("query %s: %v", query, err)
	}
	return all
}
