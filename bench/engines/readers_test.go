package engines_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/schema"
)

// A reader is one that gives whole tables to a program.
type reader struct {
	name string
	// run returns the program that prints a table as testdata/rows.py says. It skips
	// the test if the reader is not there.
	run func(t *testing.T, folder string) *exec.Cmd
	// What it calls the types of texts, booleans and times. Some have two names for one,
	// with a bar in between.
	text, boolean, time string
	// partition is what it takes the partitions 2024-03, 2024-03-01 and 2024 for.
	partition [3]string
	// as makes of a row, which it may change, what the reader can tell of it; nil: it is
	// told whole.
	as func(row map[string]any) map[string]any
	// filters is whether the script has filters for it, see TestPushdown.
	filters bool
	// to9999 is whether its times reach the year 9999.
	to9999 bool
}

// readers returns all readers, the cheap ones first.
func readers() []reader {
	const (
		libraries, older = "PLANTRAIL_READERS", "PLANTRAIL_OLD_READERS"
		utc              = "timestamp[ms, tz=UTC]"
	)
	return []reader{
		{"pyarrow", readPython(libraries, "pyarrow"), "string", "bool", utc, [3]string{"string", "string", "int32"}, nil, true, true},
		{"pyarrow 10", readPython(older, "pyarrow"), "string", "bool", utc, [3]string{"string", "string", "int32"}, nil, true, true},
		{"Polars", readPython(libraries, "polars"), "String", "Boolean", "Datetime(time_unit='ms', time_zone='UTC')", [3]string{"String", "Date", "Int64"}, nil, true, true},
		{"Polars 0.15", readPython(older, "polars"), "Utf8", "Boolean", "Datetime(tu='ms', tz='+00:00')", [3]string{"Utf8", "Utf8", "Utf8"}, wholeStructs, true, true},
		{"DuckDB", readPython(libraries, "duckdb"), "VARCHAR", "BOOLEAN", "TIMESTAMP WITH TIME ZONE", [3]string{"VARCHAR", "DATE", "BIGINT"}, nil, false, true},
		{"DuckDB 0.8", readPython(older, "duckdb"), "VARCHAR", "BOOLEAN", "TIMESTAMP WITH TIME ZONE", [3]string{"VARCHAR", "VARCHAR", "VARCHAR"}, nil, false, true},
		{"DataFusion", readPython(libraries, "datafusion"), "string_view|string", "bool", utc, [3]string{"string", "string", "string"}, nil, false, true},
		{"DataFusion 20", readPython(older, "datafusion"), "string", "bool", utc, [3]string{"string", "string", "string"}, nil, false, true},
		{"fastparquet", readPython(libraries, "fastparquet"), "str|object", "bool|boolean", "datetime64[ms]", [3]string{"category", "category", "category"}, flat, true, true},
		{"fastparquet 2022", readPython(older, "fastparquet"), "object", "bool|boolean", "datetime64[ns]", [3]string{"category", "category", "category"}, flat, true, false},
		{"Spark 3.2", readSpark("PLANTRAIL_SPARK32"), "string", "boolean", "timestamp", [3]string{"string", "date", "int"}, nil, false, true},
		{"Spark 3.5", readSpark("PLANTRAIL_SPARK35"), "string", "boolean", "timestamp", [3]string{"string", "date", "int"}, nil, false, true},
		{"Spark 4", readSpark("PLANTRAIL_SPARK4"), "string", "boolean", "timestamp", [3]string{"string", "date", "int"}, nil, false, true},
	}
}

// wholeStructs is what a reader tells that knows no null of a struct: one whose fields
// are null.
func wholeStructs(row map[string]any) map[string]any {
	empty := canonical(reflect.ValueOf(schema.Event{
		UserIdentity: &schema.UserIdentity{
			OnBehalfOf: &schema.OnBehalfOf{}, InScopeOf: &schema.InScopeOf{}, InvokedByDelegate: &schema.InvokedByDelegate{},
			SessionContext: &schema.SessionContext{Attributes: &schema.SessionAttributes{}, SessionIssuer: &schema.SessionIssuer{}, WebIDFederationData: &schema.WebIDFederationData{}},
		},
		TLSDetails: &schema.TLSDetails{}, Addendum: &schema.Addendum{}, Schedule: &schema.Schedule{},
	})).(map[string]any)
	return whole(row, empty)
}

func whole(row, empty map[string]any) map[string]any {
	for name, fields := range empty {
		if fields, ok := fields.(map[string]any); ok {
			if row[name] == nil {
				row[name] = fields
			} else {
				whole(row[name].(map[string]any), fields)
			}
		}
	}
	return row
}

// flat is what a reader tells that knows no structs and no lists: each field is a column,
// and that of a list is null.
func flat(row map[string]any) map[string]any {
	all := map[string]any{"resources": nil}
	flatten(all, row, reflect.TypeFor[schema.Event](), "")
	month, err := time.Parse("2006-01", row["eventmonth"].(string))
	if err != nil {
		panic(err)
	}
	all["eventmonth"] = canonical(reflect.ValueOf(month)) // it takes it for a time
	return all
}

func flatten(all, row map[string]any, of reflect.Type, prefix string) {
	for field := range of.Fields() {
		name, kind := columnName(field), field.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		switch {
		case kind.Kind() == reflect.Slice:
		case kind.Kind() == reflect.Struct && kind != reflect.TypeFor[time.Time]():
			inner, _ := row[name].(map[string]any)
			flatten(all, inner, kind, prefix+name+".")
		default:
			all[prefix+name] = row[name]
		}
	}
}

func readPython(variable, module string) func(*testing.T, string) *exec.Cmd {
	return func(t *testing.T, folder string) *exec.Cmd {
		t.Helper()
		return exec.CommandContext(t.Context(), python(t, variable, module), "-B", filepath.Join("testdata", "reader.py"), module, folder, columnOf(t, folder))
	}
}

// columnOf returns the name of a table's partition column, of an empty one's too.
func columnOf(t *testing.T, folder string) string {
	t.Helper()
	if names, err := filepath.Glob(filepath.Join(folder, "event*=*")); err == nil && len(names) == 0 {
		return "eventmonth"
	}
	return partitionColumn(t, folder)
}

func readSpark(variable string) func(*testing.T, string) *exec.Cmd {
	return func(t *testing.T, folder string) *exec.Cmd {
		t.Helper()
		if os.Getenv(variable) == "" {
			t.Skip("no Spark: run make engines")
		}
		return exec.CommandContext(t.Context(), python(t, variable, "pyspark"), "-B", filepath.Join("testdata", "spark_reader.py"), folder, "America/New_York", t.TempDir())
	}
}

// A reading is what a reader printed.
type reading struct {
	version string
	types   map[string]string
	rows    []map[string]any
	chunks  []chunk  // of readers that tell them
	footers []footer // likewise
	counts  []int    // of rows that meet filters
}

func read(t *testing.T, r *reader, folder string) *reading {
	t.Helper()
	return run(t, r.run(t, folder))
}

func run(t *testing.T, command *exec.Cmd) *reading {
	t.Helper()
	var out, messages bytes.Buffer
	command.Stdout, command.Stderr = &out, &messages
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, messages.String()[max(0, messages.Len()-4000):])
	}
	got := &reading{}
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, 1<<30)
	for lines.Scan() {
		var line struct {
			Version string
			Types   map[string]string
			Row     map[string]any
			Chunk   *chunk
			File    *footer
			Count   *int
		}
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.UseNumber()
		if err := decoder.Decode(&line); err != nil {
			t.Fatalf("%.1000s: %v", lines.Text(), err)
		}
		switch {
		case line.Version != "":
			got.version = line.Version
		case line.Types != nil:
			got.types = line.Types
		case line.Row != nil:
			got.rows = append(got.rows, line.Row)
		case line.Chunk != nil:
			got.chunks = append(got.chunks, *line.Chunk)
		case line.File != nil:
			got.footers = append(got.footers, *line.File)
		case line.Count != nil:
			got.counts = append(got.counts, *line.Count)
		}
	}
	return got
}

// TestReaders reads a table of hard values with each reader, all rows and columns, and
// compares them with what was written.
func TestReaders(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "t")
	want := widelyHardTable(t, folder)
	for _, r := range readers() {
		t.Run(r.name, func(t *testing.T) {
			got := read(t, &r, folder)
			rows := make([]map[string]any, len(want))
			for i := range want {
				if rows[i] = want[i].row(); r.as != nil {
					rows[i] = r.as(rows[i])
				}
			}
			compareRows(t, got.rows, rows)
			types := map[string]string{"eventmonth": r.partition[0]}
			r.leafTypes(types, reflect.TypeFor[schema.Event](), "")
			for _, name := range slices.Sorted(maps.Keys(types)) {
				if !slices.Contains(strings.Split(types[name], "|"), got.types[name]) {
					t.Errorf("%s is %q, want %q", name, got.types[name], types[name])
				}
			}
			if len(got.types) != len(types) {
				t.Errorf("%d columns, want %d: %v", len(got.types), len(types), got.types)
			}
			if len(got.chunks) > 0 {
				checkChunks(t, got.chunks, want)
			}
			checkFooters(t, got.footers, want)
			t.Logf("%s %s: %d rows, %d columns", r.name, got.version, len(got.rows), len(got.types))
		})
	}
}

// leafTypes adds what a reader calls the types of columns, by path.
func (r *reader) leafTypes(types map[string]string, row reflect.Type, prefix string) {
	for field := range row.Fields() {
		of := field.Type
		if of.Kind() == reflect.Slice && reflect.ValueOf(r.as).Pointer() == reflect.ValueOf(flat).Pointer() {
			types[columnName(field)] = "object"
			continue
		}
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		name := prefix + columnName(field)
		switch {
		case of == reflect.TypeFor[time.Time]():
			types[name] = r.time
		case of.Kind() == reflect.Bool:
			types[name] = r.boolean
		case of.Kind() == reflect.String:
			types[name] = r.text
		default:
			r.leafTypes(types, of, name+".")
		}
	}
}

func columnName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("parquet"), ",")
	return name
}

// compareRows compares rows in any order.
func compareRows(t *testing.T, got, want []map[string]any) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
	id := func(row map[string]any) string { return fmt.Sprint(row["eventtime"], row["eventid"], row["eventname"]) }
	wanted := map[string]map[string]any{}
	for _, row := range want {
		wanted[id(row)] = row
	}
	wrong := map[string]int{}
	for _, row := range got {
		other := wanted[id(row)]
		if other == nil {
			t.Fatalf("no row, or two, of %.300v were written", row)
		}
		delete(wanted, id(row))
		columns := slices.Collect(maps.Keys(row))
		for column := range other {
			if _, there := row[column]; !there {
				columns = append(columns, column)
			}
		}
		for _, column := range columns {
			if a, b := text(t, row[column]), text(t, other[column]); a != b {
				if wrong[column]++; wrong[column] == 1 {
					t.Errorf("%s of %s is %.600s, want %.600s", column, row["logfile"], a, b)
				}
			}
		}
	}
	for column, n := range wrong {
		t.Errorf("%s is wrong in %d rows", column, n)
	}
}

func text(t *testing.T, value any) string {
	t.Helper()
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
