// Package athena lets tests run SQL that is written for Athena, which cannot run here.
// A parser of Athena's dialects, sqlglot, reads the statements, and rewrites them for
// DuckDB.
package athena

import (
	"database/sql"
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"plantrail/bench/duck"
	"plantrail/schema/ddl"
)

// Now is how the rewritten views say what time it is, for tests that set the clock.
const Now = "CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS TIMESTAMP)"

//go:embed rewrite.py
var rewriter string

// Need skips the test where there is no Python with sqlglot.
func Need(tb testing.TB) {
	tb.Helper()
	if err := exec.CommandContext(tb.Context(), "python3", "-c", "import sqlglot").Run(); err != nil {
		tb.Skip("no python3 with sqlglot: pip install sqlglot")
	}
}

// Rewrite returns statements, each parsed and rewritten for DuckDB.
func Rewrite(tb testing.TB, statements string) []string {
	tb.Helper()
	parse := exec.CommandContext(tb.Context(), "python3", "-c", rewriter)
	parse.Stdin = strings.NewReader(statements)
	var failure strings.Builder
	parse.Stderr = &failure
	out, err := parse.Output()
	if err != nil {
		tb.Fatalf("%v: %s", err, failure.String())
	}
	var parsed []string
	if err := json.Unmarshal(out, &parsed); err != nil {
		tb.Fatal(err)
	}
	return parsed
}

// Views returns the statements of plantrail ddl athena that make the views.
func Views(tb testing.TB) []string {
	tb.Helper()
	table := ddl.Table{Location: "s3://my-tables/support-plans", Partition: "month", Database: "audit", Name: ddl.DefaultName}
	text, err := table.Athena()
	if err != nil {
		tb.Fatal(err)
	}
	parsed := Rewrite(tb, text)
	if len(parsed) != 7 {
		tb.Fatalf("%d statements, want 7", len(parsed))
	}
	return parsed[2:] // after the database and the table
}

// Open returns a DuckDB in which Athena's views are over a table in a folder, in the
// schema audit. Where now is not empty, it is the time that the views take it to be.
func Open(tb testing.TB, folder, now string) *sql.DB {
	tb.Helper()
	db := duck.Open(tb)
	run := func(statement string) {
		tb.Helper()
		if now != "" {
			statement = strings.ReplaceAll(statement, Now, now)
		}
		if _, err := db.ExecContext(tb.Context(), statement); err != nil {
			tb.Fatalf("%v in\n%s", err, statement)
		}
	}
	// Athena's timestamps have no zone.
	run("SET TimeZone = 'UTC'")
	run("CREATE SCHEMA audit")
	run("CREATE MACRO words_of(s) AS map_from_entries([{'k': e.key, 'v': e.value ->> '$'} FOR e IN " +
		"map_entries(TRY_CAST(TRY_CAST(s AS JSON) AS MAP(VARCHAR, JSON)))])")
	run("CREATE MACRO map_agg(key, value) AS map_from_entries(list({'k': key, 'v': value}))")
	run("CREATE MACRO arrays_overlap(a, b) AS list_has_any(a, b)")
	var columns []string
	files := "read_parquet('" + folder + "/event*/*.parquet')"
	for _, column := range duck.Rows(tb, db, "DESCRIBE FROM "+files) {
		columns = append(columns, fmt.Sprintf(`CAST("%s" AS %s) AS "%[1]s"`, column[0], strings.ReplaceAll(column[1], "TIMESTAMP WITH TIME ZONE", "TIMESTAMP")))
	}
	run("CREATE VIEW audit.support_plans AS SELECT " + strings.Join(columns, ", ") + " FROM " + files)
	for _, view := range Views(tb) {
		run(view)
	}
	return db
}
