package endtoend_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"plantrail/bench/duck"
	"plantrail/pipeline"
	"plantrail/schema"
	"plantrail/schema/ddl"
)

const oldRows = 10_000

// A table of schema version 1 becomes one of this version while a run adds a row to it:
// whoever reads meanwhile, by DuckDB's view or by Arrow, finds each of its rows, once,
// and in the end the column that is new says what the records say. DuckDB opens a file
// more than once, and refuses the query if it was replaced in between.
func TestVersion1(t *testing.T) {
	source, folder := t.TempDir(), t.TempDir()
	records := make([]string, oldRows)
	for i := range records {
		records[i] = contextRecord(i)
	}
	writeLog(t, source, "20250701T0000Z_a", records)
	if report := run(t, source, folder); report.RowsAdded != oldRows {
		t.Fatalf("%d rows added", report.RowsAdded)
	}
	asVersion1(t, folder)
	want := arrowRows(t, folder)
	if len(want) != oldRows {
		t.Fatalf("%d rows of version 1", len(want))
	}

	statements, err := ddl.Table{Location: folder, Name: ddl.DefaultName}.DuckDB()
	if err != nil {
		t.Fatal(err)
	}
	db := duck.Open(t)
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	const sum = "SELECT count(*), count(DISTINCT eventid), bit_xor(hash(eventtime, eventid, rawevent)) FROM support_plans WHERE eventid <> 'added'"
	wantSum := query(t, db, sum)

	writeLog(t, source, "20250702T0000Z_b", []string{strings.Replace(contextRecord(1), `"eventID":"e1"`, `"eventID":"added"`, 1)})
	var report *pipeline.Report
	var failed error
	c, over := config(t, source, folder), make(chan struct{})
	var done atomic.Bool
	go func() {
		defer close(over)
		report, failed = pipeline.Run(t.Context(), c)
		done.Store(true)
	}()
	defer func() { <-over }()
	for again := true; again; {
		again = !done.Load() // once more when it is over
		if row, err := ask(t, db, sum); err == nil {
			equal(t, []string{row}, wantSum)
		} else if !again {
			t.Error(err)
		}
		got := arrowRows(t, folder)
		delete(got, "added")
		if !maps.Equal(got, want) {
			t.Fatalf("Arrow reads %d rows, want the %d of before", len(got), len(want))
		}
	}
	<-over
	if failed != nil || report.RowsAdded != 1 || !report.Complete() {
		t.Fatalf("%+v, %v", report, failed)
	}
	for _, name := range partitionFiles(t, folder) {
		if got := schemaVersion(t, name); got != fmt.Sprint(schema.Version) {
			t.Errorf("%s is of version %s", name, got)
		}
	}
	fresh := t.TempDir()
	run(t, source, fresh)
	for _, name := range partitionFiles(t, folder) {
		of := strings.TrimPrefix(name, folder)
		got, err := os.ReadFile(name)
		want, freshErr := os.ReadFile(fresh + of)
		if err != nil || freshErr != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the log files make: %v, %v", of, err, freshErr)
		}
	}
	equal(t, query(t, db, "SELECT count(*) FILTER (eventcontext IS NOT NULL), count(*) FILTER (eventcontext IS DISTINCT FROM json_extract(rawevent, '$.eventContext')::VARCHAR) FROM support_plans"),
		[]string{fmt.Sprintf("%d|0", (oldRows+2)/3)})
}

// ask returns the one row of a sum, or why DuckDB could not tell it.
func ask(t *testing.T, db *sql.DB, sum string) (string, error) {
	t.Helper()
	var rows, distinct, hash string
	err := db.QueryRowContext(t.Context(), sum).Scan(&rows, &distinct, &hash)
	return strings.Join([]string{rows, distinct, hash}, "|"), err
}

// contextRecord returns a record, every third of which is of event version 1.11.
func contextRecord(i int) string {
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 25 * time.Minute)
	version, context := "1.09", ""
	if i%3 == 0 {
		version, context = "1.11", fmt.Sprintf(`,"eventContext":{"tagContext":{"resourceTags":[%d]}}`, i)
	}
	return fmt.Sprintf(`{"eventVersion":%q,"eventTime":%q,"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","eventID":"e%d",`+
		`"awsRegion":"us-west-2","recipientAccountId":"111122223333","readOnly":true%s}`, version, at.Format(time.RFC3339), i, context)
}

func writeLog(t *testing.T, folder, name string, records []string) {
	t.Helper()
	text := `{"Records":[` + strings.Join(records, ",") + `]}`
	if err := os.WriteFile(filepath.Join(folder, "111122223333_CloudTrail_us-west-2_"+name+".json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func partitionFiles(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "event*", "*.parquet"))
	if err != nil || len(names) < 3 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	slices.Sort(names)
	return names
}

// asVersion1 replaces a table's files with those that a program of schema version 1
// has: the same rows, without the column that came later.
func asVersion1(t *testing.T, folder string) {
	t.Helper()
	for _, name := range partitionFiles(t, folder) {
		old := schema.ParquetOf(1)
		in, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		reader := parquet.NewGenericReader[any](in, old)
		out, err := os.Create(name + ".old")
		if err != nil {
			t.Fatal(err)
		}
		writer := parquet.NewGenericWriter[any](out, old, parquet.Compression(&parquet.Zstd), parquet.DataPageVersion(1),
			parquet.KeyValueMetadata("plantrail.schema_version", "1"), parquet.KeyValueMetadata("plantrail.layout", "2"))
		if _, err := parquet.CopyRows(writer, reader); err != nil {
			t.Fatal(err)
		}
		for _, end := range []func() error{writer.Close, out.Close, reader.Close, in.Close, func() error { return os.Rename(name+".old", name) }} {
			if err := end(); err != nil {
				t.Fatal(err)
			}
		}
	}
	description := filepath.Join(folder, "_plantrail", "table.json")
	text, err := os.ReadFile(description)
	if err != nil {
		t.Fatal(err)
	}
	older := strings.Replace(string(text), fmt.Sprintf(`"schema_version":%d`, schema.Version), `"schema_version":1`, 1)
	if older == string(text) {
		t.Fatalf("the table's description is %s", text)
	}
	if err := os.WriteFile(description, []byte(older), 0o600); err != nil {
		t.Fatal(err)
	}
}

// arrowRows reads a table with Arrow, and returns its records by event ID.
func arrowRows(t *testing.T, folder string) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, row := range readArrow(t, folder) {
		fields := strings.SplitN(row, "|", 4)
		if _, twice := rows[fields[1]]; twice {
			t.Fatalf("%s is there twice", fields[1])
		}
		rows[fields[1]] = fields[3]
	}
	return rows
}

func schemaVersion(t *testing.T, name string) string {
	t.Helper()
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(in, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	version, _ := file.Lookup("plantrail.schema_version")
	return version
}
