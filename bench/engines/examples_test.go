package engines_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/schema/ddl"
)

const examples = "../../cmd/plantrail/examples/"

// TestExamples asks Trino, whose dialect Athena's is, the queries of the examples as they
// are written, over the views as ddl trino prints them. The answers are those beside the
// queries.
func TestExamples(t *testing.T) {
	if os.Getenv("PLANTRAIL_TRINO") == "" {
		t.Skip("no Trino: run make engines")
	}
	files, err := filepath.Glob(examples + "queries/*.sql")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d queries, %v", len(files), err)
	}
	dir := t.TempDir()
	examplesTable(t, filepath.Join(dir, "t"))
	text, err := ddl.Table{Location: "local:///t", Partition: "month", Database: "audit", Name: ddl.DefaultName}.Trino()
	const clock = "CAST(current_timestamp AT TIME ZONE 'UTC' AS TIMESTAMP)"
	if err != nil || !strings.Contains(text, clock) {
		t.Fatalf("%v, no clock in\n%s", err, text)
	}
	// The day on which the answers were given.
	text = strings.ReplaceAll(text, clock, "TIMESTAMP '2026-11-26 00:00:00'")
	statements := strings.Split(strings.TrimSuffix(text, ";\n"), ";\n")
	first := len(statements)
	views := regexp.MustCompile(`\b(FROM|JOIN) (support_plan_|cloudtrail_)`)
	for _, file := range files {
		query := strings.ReplaceAll(string(readFile(t, file)), "current_date", "DATE '2026-11-26'")
		statements = append(statements, views.ReplaceAllString(strings.TrimSuffix(query, ";\n"), "$1 audit.$2"))
	}
	answers := ask(t, trino(t.Context(), t, dir, "false"), statements)
	for i, a := range answers {
		if a.err != "" {
			t.Errorf("%.1000s in\n%.1000s", a.err, statements[i])
		}
	}
	for i, file := range files {
		var want [][]string
		for line := range strings.Lines(string(readFile(t, strings.TrimSuffix(file, ".sql")+".txt"))) {
			want = append(want, plain(regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(line), -1)))
		}
		got := answers[first+i].rows
		for _, row := range got {
			plain(row)
		}
		if !slices.EqualFunc(got, want[2:], slices.Equal) { // after the names and a line
			t.Errorf("%s: got\n%s\nwant\n%s", file, answers[first+i], answer{rows: want[2:]})
		}
	}
}

// examplesTable makes the table that the examples are about.
func examplesTable(t *testing.T, folder string) {
	t.Helper()
	c := pipeline.DefaultConfig()
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	for _, place := range []string{"../../cmd/plantrail/testdata/trail", examples + "organization?layout=export", folder} {
		u, err := store.ParseURL(place)
		if err != nil {
			t.Fatal(err)
		}
		c.Sources, c.Table = append(c.Sources, u), u
	}
	c.Sources = c.Sources[:2]
	if _, err := pipeline.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// plain writes nulls, numbers and times of a row in one way.
func plain(row []string) []string {
	for i, cell := range row {
		if number, err := strconv.ParseFloat(cell, 64); err == nil && strings.Contains(cell, ".") {
			row[i] = strconv.FormatFloat(number, 'f', -1, 64)
		}
		for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
			if at, err := time.Parse(layout, cell); err == nil {
				row[i] = at.Format("2006-01-02 15:04:05.999")
			}
		}
		if cell == "null" {
			row[i] = "NULL"
		}
	}
	return row
}
