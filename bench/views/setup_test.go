package views_test

import (
	"database/sql"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"plantrail/bench/duck"
	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/schema"
	"plantrail/schema/ddl"
)

var update = flag.Bool("update", false, "write the golden files anew")

const sample = "../../cmd/plantrail/testdata/trail"

// makeTable runs plantrail on a source and returns the new table's folder.
func makeTable(t *testing.T, source string) string {
	t.Helper()
	table := t.TempDir()
	c := pipeline.DefaultConfig()
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	u, err := store.ParseURL(source)
	if err != nil {
		t.Fatal(err)
	}
	c.Sources = []store.URL{u}
	if c.Table, err = store.ParseURL(table); err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return table
}

// openViews returns a DuckDB in which the statements of plantrail ddl duckdb
// have run as printed.
func openViews(t *testing.T, table string) *sql.DB {
	t.Helper()
	statements, err := ddl.Table{Location: table, Name: ddl.DefaultName}.DuckDB()
	if err != nil {
		t.Fatal(err)
	}
	db := duck.Open(t)
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatalf("%v in\n%s", err, statements)
	}
	return db
}

// query returns the rows of a query, a line each.
func query(t *testing.T, db *sql.DB, text string) []string {
	t.Helper()
	var got []string
	for _, row := range duck.Rows(t, db, text) {
		got = append(got, strings.Join(row, "|"))
	}
	return got
}

// readEvents returns all events of a table.
func readEvents(t *testing.T, table string) []schema.Event {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(table, "event*", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	var all []schema.Event
	for _, file := range files {
		events, err := parquet.ReadFile[schema.Event](file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, events...)
	}
	return all
}

// changeRows returns the changes among events, as support_plan_changes shows
// them, in the order of their text.
func changeRows(events []schema.Event) (rows []string, changes []schema.Change) {
	for i := range events {
		if c, ok := schema.ChangeOf(&events[i]); ok {
			changes = append(changes, c)
		}
	}
	changes = schema.Amend(changes)
	var agreements schema.Agreements
	for i := range changes {
		agreements.Add(&changes[i])
	}
	for i := range changes {
		agreements.Link(&changes[i])
	}
	for _, c := range changes {
		s := c.Schedule
		rows = append(rows, line(clock(c.Time), c.Account, c.Actor, c.Channel, c.SourceIP, c.Operation, c.Level,
			s.StartLevel, clock(s.StartTime), s.EndLevel, clock(s.EndTime), c.UpdateARN, c.Outcome, c.Error, c.EventID, c.EventSource, c.AgreedBy, c.AgreementEventID, c.Time.UTC().Format("2006-01")))
	}
	slices.Sort(rows)
	return rows, changes
}

// periodRows returns periods as support_plan_timeline shows them, in its order.
func periodRows(periods []schema.Period) (rows []string) {
	for _, p := range periods {
		scheduled := "false"
		if p.Scheduled {
			scheduled = "true"
		}
		rows = append(rows, line(p.Account, p.Level, clock(p.From), clock(p.To), p.EventID, scheduled))
	}
	return rows
}

func line(fields ...string) string {
	for i, field := range fields {
		if field == "" {
			fields[i] = "NULL"
		}
	}
	return strings.Join(fields, "|")
}

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.999")
}

// sorted returns the rows of a view in the order of their text.
func sorted(t *testing.T, db *sql.DB, view string) []string {
	t.Helper()
	rows := query(t, db, "SELECT * FROM "+view)
	slices.Sort(rows)
	return rows
}

// timeline returns the rows of support_plan_timeline in the order of account
// and time.
func timeline(t *testing.T, db *sql.DB) []string {
	t.Helper()
	return query(t, db, "SELECT * FROM support_plan_timeline ORDER BY account NULLS FIRST, validfrom NULLS FIRST")
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		var a, b string
		if i < len(got) {
			a = got[i]
		}
		if i < len(want) {
			b = want[i]
		}
		if a != b {
			t.Errorf("%d rows, want %d; row %d is\n%s\nwant\n%s", len(got), len(want), i, a, b)
			return
		}
	}
}

// golden compares text with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
