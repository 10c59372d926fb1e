package duck_test

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	arrow "github.com/apache/arrow-go/v18/parquet/file"

	"plantrail/bench/duck"
)

func TestRows(t *testing.T) {
	t.Parallel()
	db := duck.Open(t)
	tests := []struct {
		name, query string
		args        []any
		want        []string // the first row
	}{
		{"numbers and text", `SELECT 1, 'a', true`, nil, []string{"1", "a", "true"}},
		{"null", `SELECT NULL, ''`, nil, []string{"NULL", ""}},
		{"nested", `SELECT {'a': 1, 'b': ['x', 'y']}`, nil, []string{"{'a': 1, 'b': [x, y]}"}},
		{"time in UTC", `SELECT '2024-03-01T12:00:00Z'::TIMESTAMPTZ`, nil, []string{"2024-03-01 12:00:00+00"}},
		{"arguments", `SELECT ? || 'b'`, []any{"a"}, []string{"ab"}},
		{"comment at the end", `SELECT 1 -- one`, nil, []string{"1"}},
		{"description", `DESCRIBE SELECT 1 AS a`, nil, []string{"a", "INTEGER", "YES", "NULL", "NULL", "NULL"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rows := duck.Rows(t, db, test.query, test.args...)
			if len(rows) != 1 || !slices.Equal(rows[0], test.want) {
				t.Errorf("got %q, want %q", rows, test.want)
			}
		})
	}
}

func TestRowsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	const n = 300_000 // more than one of DuckDB's row groups
	rows := duck.Rows(t, duck.Open(t), `SELECT i FROM range(300000) t(i) ORDER BY i DESC`)
	if len(rows) != n {
		t.Fatalf("got %d rows, want %d", len(rows), n)
	}
	for i, row := range rows {
		if want := strconv.Itoa(n - 1 - i); row[0] != want {
			t.Fatalf("row %d is %s, want %s", i, row[0], want)
		}
	}
}

func TestParquetAndJSON(t *testing.T) {
	t.Parallel()
	db := duck.Open(t)
	file := filepath.Join(t.TempDir(), "a.parquet")
	if _, err := db.ExecContext(t.Context(), `COPY (SELECT '{"a": 7}' AS j) TO '`+file+`' (FORMAT parquet)`); err != nil {
		t.Fatal(err)
	}
	rows := duck.Rows(t, db, `SELECT j->>'a' FROM read_parquet('`+file+`')`)
	if len(rows) != 1 || rows[0][0] != "7" {
		t.Errorf("got %q", rows)
	}
	// A reader that shares no code with DuckDB agrees.
	reader, err := arrow.OpenParquetFile(file, false)
	if err != nil {
		t.Fatal(err)
	}
	if n := reader.NumRows(); n != 1 {
		t.Errorf("the file has %d rows, want 1", n)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
}
