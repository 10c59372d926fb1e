package views_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"plantrail/bench/duck"
	"plantrail/schema/ddl"
)

//go:embed testdata/parse.py
var parser string

// Athena itself cannot run here. A parser of its dialects reads the statements,
// and rewrites the views for DuckDB, where they have the same rows as the views
// that were rendered for it.
func TestAthena(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import sqlglot").Run(); err != nil {
		t.Skip("no python3 with sqlglot: pip install sqlglot")
	}
	views := statements(t)[2:] // behind the database and the table
	for name, source := range map[string]string{"sample": sample, "generated": generate(t)} {
		t.Run(name, func(t *testing.T) {
			table := makeTable(t, source)
			db, want := duck.Open(t), openViews(t, table)
			run := func(statement string) {
				t.Helper()
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatalf("%v in\n%s", err, statement)
				}
			}
			// Athena's timestamps have no zone.
			run("SET TimeZone = 'UTC'")
			run("CREATE SCHEMA audit")
			run("CREATE MACRO words_of(s) AS map_from_entries([{'k': e.key, 'v': e.value ->> '$'} FOR e IN " +
				"map_entries(TRY_CAST(TRY_CAST(s AS JSON) AS MAP(VARCHAR, JSON)))])")
			var columns []string
			files := "read_parquet('" + table + "/event*/*.parquet')"
			for _, column := range duck.Rows(t, db, "DESCRIBE FROM "+files) {
				columns = append(columns, fmt.Sprintf(`CAST("%s" AS %s) AS "%[1]s"`, column[0], strings.ReplaceAll(column[1], "TIMESTAMP WITH TIME ZONE", "TIMESTAMP")))
			}
			run("CREATE VIEW audit.support_plans AS SELECT " + strings.Join(columns, ", ") + " FROM " + files)
			for _, view := range views {
				run(view)
			}
			for _, view := range []string{"support_plan_changes", "support_plan_timeline", "support_plan_current", "support_plan_readers", "cloudtrail_logs"} {
				equal(t, sorted(t, db, "audit."+view), sorted(t, want, view))
			}
		})
	}
}

// statements returns the statements for Athena, each parsed, and rewritten for
// DuckDB.
func statements(t *testing.T) []string {
	t.Helper()
	table := ddl.Table{Location: "s3://my-tables/support-plans", Partition: "month", Database: "audit", Name: ddl.DefaultName}
	text, err := table.Athena()
	if err != nil {
		t.Fatal(err)
	}
	parse := exec.CommandContext(t.Context(), "python3", "-c", parser)
	parse.Stdin = strings.NewReader(text)
	var failure strings.Builder
	parse.Stderr = &failure
	out, err := parse.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, failure.String())
	}
	var parsed []string
	if err := json.Unmarshal(out, &parsed); err != nil {
		t.Fatal(err)
	}
	if len(parsed) != 7 {
		t.Fatalf("%d statements, want 7", len(parsed))
	}
	return parsed
}
