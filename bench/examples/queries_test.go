package examples_test

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plantrail/bench/athena"
	"plantrail/bench/duck"
)

// The day on which the answers were given.
const (
	today = "DATE '2026-11-26'"
	now   = "TIMESTAMP '2026-11-26 00:00:00'"
)

// queries returns the queries by the name of their file, with today in place of the
// current date.
func queries(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(folder + "/queries/*.sql")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d queries, %v", len(files), err)
	}
	all := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".sql")] = strings.ReplaceAll(string(text), "current_date", today)
	}
	return all
}

// inDuckDB returns a DuckDB with what plantrail ddl duckdb prints for a table.
func inDuckDB(t *testing.T, table string) *sql.DB {
	t.Helper()
	statements, err := plantrail(t, "ddl", "duckdb", "--table", table).Output()
	if err != nil {
		t.Fatal(err)
	}
	clock := []byte("make_timestamp(epoch_us(current_timestamp))")
	if !bytes.Contains(statements, clock) {
		t.Fatalf("no clock in\n%s", statements)
	}
	db := duck.Open(t)
	// Answers must not depend on where the reader sits.
	statements = append([]byte("SET TimeZone = 'Pacific/Auckland';\n"), bytes.ReplaceAll(statements, clock, []byte(now))...)
	if _, err := db.ExecContext(t.Context(), string(statements)); err != nil {
		t.Fatal(err)
	}
	return db
}

// answer returns the names of a query's columns and its rows.
func answer(t *testing.T, db *sql.DB, query string) [][]string {
	t.Helper()
	query = strings.TrimSuffix(strings.TrimSpace(query), ";")
	var names []string
	for _, column := range duck.Rows(t, db, "DESCRIBE "+query) {
		names = append(names, column[0])
	}
	return append([][]string{names}, duck.Rows(t, db, query)...)
}

// Each query has its answer beside it, which is not empty: about the sample and the
// organization.
func TestDuckDB(t *testing.T) {
	db := inDuckDB(t, theTable(t))
	for name, query := range queries(t) {
		t.Run(name, func(t *testing.T) {
			rows := answer(t, db, query)
			if len(rows) < 2 {
				t.Error("no rows")
			}
			golden(t, filepath.Join(folder, "queries", name+".txt"), grid(rows))
		})
	}
}

// The list of accounts may be a file, one that plantrail takes, too.
func TestAccountList(t *testing.T) {
	const file = folder + "/accounts.csv"
	db, query := inDuckDB(t, theTable(t)), queries(t)["account-list"]
	values := regexp.MustCompile(`(?s)VALUES\n.*?\n\)`)
	answered := answer(t, db, values.ReplaceAllString(query, "FROM read_csv('"+file+"', all_varchar = true))"))
	if !strings.Contains(query, "FROM read_csv('accounts.csv', all_varchar = true)") || !values.MatchString(query) {
		t.Errorf("not in\n%s", query)
	}
	golden(t, filepath.Join(folder, "queries", "account-list.txt"), grid(answered))
	levels, err := plantrail(t, "levels", "--quiet", "--table", theTable(t), "--accounts", file, "--csv").Output()
	if err != nil {
		t.Fatal(err)
	}
	told, err := csv.NewReader(bytes.NewReader(levels)).ReadAll()
	if err != nil || len(told) != len(answered) {
		t.Fatalf("%v, %d lines of levels, %d of the query:\n%s", err, len(told), len(answered), levels)
	}
	account, name := slices.Index(told[0], "account"), slices.Index(told[0], "accountname")
	for i, row := range answered[1:] {
		if want := strings.ReplaceAll(row[1], "NULL", ""); told[i+1][account] != row[0] || told[i+1][name] != want {
			t.Errorf("levels has %q, the query %q", told[i+1], row)
		}
	}
}

// The answers do not depend on how the table is partitioned.
func TestPartitions(t *testing.T) {
	table := t.TempDir()
	makeTable(t, table, "--partition", "year")
	db := inDuckDB(t, table)
	for name, query := range queries(t) {
		t.Run(name, func(t *testing.T) {
			golden(t, filepath.Join(folder, "queries", name+".txt"), grid(answer(t, db, query)))
		})
	}
}

// The same queries, read as Athena's parsers read them, over Athena's views, have the
// same answers.
func TestAthena(t *testing.T) {
	athena.Need(t)
	db := athena.Open(t, theTable(t), now)
	if _, err := db.ExecContext(t.Context(), "USE audit"); err != nil {
		t.Fatal(err)
	}
	all := queries(t)
	names := slices.Sorted(maps.Keys(all))
	var text strings.Builder
	for _, name := range names {
		text.WriteString(all[name])
	}
	rewritten := athena.Rewrite(t, text.String())
	if len(rewritten) != len(names) {
		t.Fatalf("%d statements of %d queries", len(rewritten), len(names))
	}
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			golden(t, filepath.Join(folder, "queries", name+".txt"), grid(answer(t, db, rewritten[i])))
		})
	}
}

// Every query says in its first line what it answers, and the README lists just these.
func TestIndex(t *testing.T) {
	readme, err := os.ReadFile(folder + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed, there []string
	for _, m := range regexp.MustCompile(`\]\(queries/([a-z-]+)\.sql\)`).FindAllSubmatch(readme, -1) {
		listed = append(listed, string(m[1]))
	}
	for name, query := range queries(t) {
		there = append(there, name)
		if !regexp.MustCompile(`^-- [A-Z]`).MatchString(query) {
			t.Errorf("%s does not begin with what it answers", name)
		}
	}
	slices.Sort(listed)
	slices.Sort(there)
	if !slices.Equal(listed, there) {
		t.Errorf("the README lists\n%v, there are\n%v", listed, there)
	}
}
