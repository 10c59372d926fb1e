package engines_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/schema"
)

// A chunk is a column of a row group, as a reader's own look at the metadata has it.
type chunk struct {
	File, Column string
	Group, Rows  int
	Encodings    []string
	Compression  string
	Low, High    any // nil: nothing is claimed
	Nulls        *int
}

// A footer is what else a file says of itself.
type footer struct {
	File, CreatedBy string
	Keys            map[string]string
	Sorting         [][3]any // column, whether it descends, whether nulls are first
	Groups          [][2]int // rows, bytes
}

// longestBound is the longest text in bytes that bounds a column in a footer.
const longestBound = 256

// checkChunks compares what a reader finds in the metadata with the rows.
func checkChunks(t *testing.T, chunks []chunk, rows []stored) {
	t.Helper()
	files := map[string][]stored{}
	for _, row := range rows {
		name := "eventmonth=" + row.EventTime.Format("2006-01")
		files[name] = append(files[name], row)
	}
	before := map[string]int{} // rows of earlier row groups, by file and column
	columns, claims := map[string]int{}, 0
	for _, c := range chunks {
		name := fmt.Sprintf("%s, row group %d, %s", c.File, c.Group, c.Column)
		place := c.File + c.Column
		from, all := before[place], files[c.File]
		if before[place] += c.Rows; before[place] > len(all) {
			t.Fatalf("%s: ends at row %d of %d", name, before[place], len(all))
		}
		columns[c.Column]++
		if c.check(t, name, all[from:before[place]]) {
			claims++
		}
	}
	for file, all := range files {
		if read := before[file+"eventtime"]; read != len(all) {
			t.Errorf("%s: %d rows in row groups of %d", file, read, len(all))
		}
	}
	if len(columns) != len(schema.Parquet().Columns()) {
		t.Errorf("%d columns in the metadata, want %d", len(columns), len(schema.Parquet().Columns()))
	}
	t.Logf("%d column chunks, %d have bounds", len(chunks), claims)
}

// check compares a column chunk with its rows, and tells whether it has bounds.
func (c *chunk) check(t *testing.T, name string, rows []stored) bool {
	t.Helper()
	for _, encoding := range c.Encodings {
		if !slices.Contains([]string{"PLAIN", "RLE", "RLE_DICTIONARY"}, encoding) {
			t.Errorf("%s: is encoded %s", name, encoding)
		}
	}
	if c.Compression != "ZSTD" {
		t.Errorf("%s: is compressed by %s", name, c.Compression)
	}
	path := strings.Split(strings.ReplaceAll(c.Column, ".list.element", ""), ".")
	var values []any
	nulls := 0
	for i := range rows {
		for _, value := range leafValues(reflect.ValueOf(rows[i].Event), path) {
			if value == nil {
				nulls++
			} else {
				values = append(values, value)
			}
		}
	}
	if c.Nulls == nil || *c.Nulls != nulls {
		t.Errorf("%s: claims %s nulls, has %d", name, text(t, c.Nulls), nulls)
	}
	if c.Low == nil && c.High == nil {
		// Nothing is claimed of nulls, of long texts, and of JSON.
		json := slices.ContainsFunc(schema.LongText(), func(long []string) bool { return slices.Equal(long, path) })
		if len(values) > 0 && longest(values) <= longestBound && !json {
			t.Errorf("%s: claims nothing of %d values", name, len(values))
		}
		return false
	}
	if len(values) == 0 {
		t.Errorf("%s: claims %v to %v of nothing", name, c.Low, c.High)
		return true
	}
	low, high := slices.MinFunc(values, compareValues), slices.MaxFunc(values, compareValues)
	if !told(c.Low, low) || !told(c.High, high) {
		t.Errorf("%s: claims %.300v to %.300v, has %.300v to %.300v", name, c.Low, c.High, low, high)
	}
	return true
}

// leafValues returns the values of a column in a row, nil for null: one, or one for each
// element of a list.
func leafValues(value reflect.Value, path []string) []any {
	for value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return []any{nil}
		}
		value = value.Elem()
	}
	if value.Kind() == reflect.Slice {
		if value.Len() == 0 {
			return []any{nil}
		}
		var all []any
		for i := range value.Len() {
			all = append(all, leafValues(value.Index(i), path)...)
		}
		return all
	}
	if len(path) == 0 {
		if value.Kind() == reflect.String {
			return []any{value.String()}
		}
		return []any{value.Interface()}
	}
	for field, of := range value.Fields() {
		if columnName(field) == path[0] {
			return leafValues(of, path[1:])
		}
	}
	panic("no column " + path[0])
}

func longest(values []any) (n int) {
	for _, value := range values {
		if s, ok := value.(string); ok {
			n = max(n, len(s))
		}
	}
	return n
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case time.Time:
		return a.Compare(b.(time.Time))
	default:
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) // false, true
	}
}

// told reports whether a reader means a value. DuckDB tells bounds as texts, and 0.8 an
// empty one as null.
func told(claim, value any) bool {
	switch v := value.(type) {
	case time.Time:
		s, isText := claim.(string)
		return isText && strings.TrimSuffix(s, "+00") == v.Format("2006-01-02 15:04:05.999") || claim == json.Number(fmt.Sprint(v.UnixMicro()))
	case bool:
		return claim == v || claim == fmt.Sprint(v)
	default:
		return claim == value || claim == nil && value == ""
	}
}

// checkFooters looks at what else the files say of themselves.
func checkFooters(t *testing.T, footers []footer, rows []stored) {
	t.Helper()
	if len(footers) == 0 {
		return
	}
	total, groups := 0, 0
	for _, f := range footers {
		if !strings.HasPrefix(f.CreatedBy, "plantrail version ") {
			t.Errorf("%s: created by %q", f.File, f.CreatedBy)
		}
		if keys := slices.Sorted(maps.Keys(f.Keys)); !slices.Equal(keys, []string{"plantrail.layout", "plantrail.schema_version", "plantrail.version"}) {
			t.Errorf("%s: keys are %q", f.File, keys)
		}
		sorting := [][3]any{{"eventtime", false, false}, {"recipientaccountid", false, true}, {"eventid", false, true}}
		if len(f.Sorting) > 0 && !reflect.DeepEqual(f.Sorting, sorting) {
			t.Errorf("%s: says it is sorted by %v", f.File, f.Sorting)
		}
		for i, group := range f.Groups {
			if total += group[0]; group[0] == 0 || group[0] > 100_000 {
				t.Errorf("%s: row group %d has %d rows", f.File, i, group[0])
			}
		}
		groups = max(groups, len(f.Groups))
	}
	if total != len(rows) {
		t.Errorf("%d rows in all, want %d", total, len(rows))
	}
	if groups < 2 {
		t.Error("no file has several row groups: this shows less than it should")
	}
}

// TestBounds asks each engine for the least and the greatest value of each column, which
// it may answer from statistics, and how many there are.
func TestBounds(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "t")
	hardTable(t, folder)
	events := readAll(t, folder)
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			// Spark takes bounds from statistics where they are all of whole columns.
			var columns, fields [][]string
			for _, path := range leaves(reflect.TypeFor[schema.Event](), nil) {
				if len(path) == 1 {
					columns = append(columns, path)
				} else {
					fields = append(fields, path)
				}
			}
			statements := []string{e.bounds(columns, events), e.bounds(fields, events)}
			if strings.HasPrefix(e.name, "Spark") {
				settings := []string{"SET spark.sql.parquet.aggregatePushdown=true", "SET spark.sql.sources.useV1SourceList=''"}
				statements = append(settings, statements...)
			}
			answers := e.ask(t, folder, statements)
			answers = answers[len(answers)-2:]
			for i, paths := range [][][]string{columns, fields} {
				if answers[i].err != "" {
					t.Errorf("%.1000s", answers[i].err)
					continue
				}
				for j, is := range answers[i].rows[0] {
					if is != "true" && is != "1" {
						t.Errorf("%s: %s is %s", strings.Join(paths[j/3], "."), []string{"min", "max", "count"}[j%3], is)
					}
				}
			}
		})
	}
}

// bounds returns a statement that asks whether min, max and count of each column are
// those of events.
func (e *engine) bounds(paths [][]string, events []schema.Event) string {
	literal := func(value any) string {
		switch v := value.(type) {
		case time.Time:
			return e.instant(v.UTC().Format("2006-01-02 15:04:05.000"))
		case bool:
			return fmt.Sprint(v)
		}
		return e.quote(value.(string))
	}
	var is, of []string
	for i, path := range paths {
		var values []any
		for j := range events {
			if value := valueAt(reflect.ValueOf(events[j]), path); value != nil {
				values = append(values, value)
			}
		}
		low, high := slices.MinFunc(values, compareValues), slices.MaxFunc(values, compareValues)
		column := e.path(path)
		is = append(is, fmt.Sprintf("low%d = %s, high%d = %s, n%d = %d", i, literal(low), i, literal(high), i, len(values)))
		of = append(of, fmt.Sprintf("min(%s) AS low%d, max(%s) AS high%d, count(%s) AS n%d", column, i, column, i, column, i))
	}
	return "SELECT " + strings.Join(is, ", ") + " FROM (SELECT " + strings.Join(of, ", ") + " FROM t) bounds"
}
