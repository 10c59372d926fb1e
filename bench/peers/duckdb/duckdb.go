// Package duckdb finds Support Plans events with DuckDB's read_json.
package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // the driver
)

// A Form is how read_json is told what to read.
type Form int

const (
	// Told says all there is to say, which is the fastest: DuckDB neither looks
	// into files before it reads them nor guesses.
	Told Form = iota
	// Detect declares the columns alone. That the rest is then detected takes
	// longer than the reading.
	Detect
	// Lines says all of files with a record a line, gzipped or not.
	Lines
)

// largest bounds a log file inflated, in bytes. DuckDB makes its buffers that
// large, and its default is less than log files of busy accounts need.
const largest = 32 << 20

// Count returns how many events the log files below dir hold. The columns are
// declared as few as tell an event, since DuckDB decodes what is declared.
func Count(ctx context.Context, dir string, form Form) (events int64, err error) {
	db, err := sql.Open("duckdb", "?autoinstall_known_extensions=false&autoload_known_extensions=false&threads=2")
	if err != nil {
		return 0, fmt.Errorf("open DuckDB: %w", err)
	}
	defer db.Close() // it is in memory
	options := ""
	if form == Told {
		options = ", format = 'newline_delimited', records = true, compression = 'gzip'"
	}
	files := filepath.Join(dir, "**", "*.json.gz")
	if form == Lines {
		return countLines(ctx, db, dir)
	}
	query := fmt.Sprintf(`SELECT count(*) FROM (
		SELECT unnest(Records) AS record
		FROM read_json('%s', maximum_object_size = %d%s, columns = {Records: 'STRUCT(
			eventTime VARCHAR, eventSource VARCHAR, eventName VARCHAR, eventID VARCHAR, awsRegion VARCHAR,
			recipientAccountId VARCHAR, sourceIPAddress VARCHAR, userAgent VARCHAR, errorCode VARCHAR)[]'}))
		WHERE record.eventSource IN ('supportplans.amazonaws.com', 'support-subscription.amazonaws.com')`,
		strings.ReplaceAll(files, "'", "''"), largest, options)
	if err := db.QueryRowContext(ctx, query).Scan(&events); err != nil {
		return 0, fmt.Errorf("query DuckDB: %w", err)
	}
	return events, nil
}

// countLines counts in files that have a record a line.
func countLines(ctx context.Context, db *sql.DB, dir string) (events int64, err error) {
	query := fmt.Sprintf(`SELECT count(*) FROM read_json('%s', maximum_object_size = %d, format = 'newline_delimited', records = true, columns = {
			eventTime: 'VARCHAR', eventSource: 'VARCHAR', eventName: 'VARCHAR', eventID: 'VARCHAR', awsRegion: 'VARCHAR',
			recipientAccountId: 'VARCHAR', sourceIPAddress: 'VARCHAR', userAgent: 'VARCHAR', errorCode: 'VARCHAR'})
		WHERE eventSource IN ('supportplans.amazonaws.com', 'support-subscription.amazonaws.com')`,
		strings.ReplaceAll(filepath.Join(dir, "**", "*.jsonl*"), "'", "''"), largest)
	if err := db.QueryRowContext(ctx, query).Scan(&events); err != nil {
		return 0, fmt.Errorf("query DuckDB: %w", err)
	}
	return events, nil
}
