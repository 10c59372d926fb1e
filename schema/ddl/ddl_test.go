package ddl_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"plantrail/schema"
	"plantrail/schema/ddl"
)

var update = flag.Bool("update", false, "write the golden files anew")

// example is the table of the golden files.
func example() ddl.Table {
	return ddl.Table{Location: "s3://my-tables/support-plans", Partition: "month", Database: "audit", Name: ddl.DefaultName}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s", name, got)
	}
}

func TestGolden(t *testing.T) {
	forms := map[string]func(ddl.Table) (string, error){
		"athena.sql": ddl.Table.Athena, "glue.json": ddl.Table.Glue, "duckdb.sql": ddl.Table.DuckDB,
	}
	for name, render := range forms {
		t.Run(name, func(t *testing.T) {
			got, err := render(example())
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, got)
		})
	}
}

// The columns of Athena are those of the table's files: each leaf, its place and
// its type. Glue has the same table.
func TestColumns(t *testing.T) {
	var want []string
	types := map[string]string{"STRING": "string", "BOOLEAN": "boolean", "TIMESTAMP(isAdjustedToUTC=true,unit=MILLIS)": "timestamp"}
	files := parquet.SchemaOf(schema.Event{})
	for _, path := range files.Columns() {
		leaf, ok := files.Lookup(path...)
		typed, known := types[leaf.Node.Type().String()]
		if !ok || !known {
			t.Fatalf("%v: %s", path, leaf.Node.Type())
		}
		want = append(want, strings.Join(path, ".")+" "+typed)
	}
	statements, err := example().Athena()
	if err != nil {
		t.Fatal(err)
	}
	athena := parseAthena(t, statements)
	var got []string
	for _, column := range athena.columns {
		name, typed, _ := strings.Cut(column, " ")
		got = append(got, leaves(t, name, typed)...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	text, err := example().Glue()
	if err != nil {
		t.Fatal(err)
	}
	glue := parseGlue(t, text)
	athena.properties["EXTERNAL"], athena.properties["classification"] = "TRUE", "parquet"
	a, b := mustJSON(t, athena), mustJSON(t, glue)
	if a != b || !slices.Equal(athena.columns, glue.columns) || athena.partition != glue.partition || athena.location != glue.location {
		t.Errorf("Athena has %+v\nGlue %+v", athena, glue)
	}
}

func mustJSON(t *testing.T, p parsed) string {
	t.Helper()
	text, err := json.Marshal(p.properties)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Athena and DuckDB create the same views, with columns of the same names.
func TestViewsOfBothDialects(t *testing.T) {
	athena, err := example().Athena()
	if err != nil {
		t.Fatal(err)
	}
	duck, err := example().DuckDB()
	if err != nil {
		t.Fatal(err)
	}
	// Views, and in them columns that are named; types stand in capitals.
	names := func(statements string) []string {
		_, views, _ := strings.Cut(strings.ReplaceAll(statements, `"audit".`, ""), `VIEW "support_plan_changes"`)
		return regexp.MustCompile(`VIEW "\w+"|\bAS [a-z]\w*`).FindAllString(views, -1)
	}
	if a, b := names(athena), names(duck); !slices.Equal(a, b) || len(a) < 40 {
		t.Errorf("Athena\n%s\nDuckDB\n%s", a, b)
	}
}

func TestPartitions(t *testing.T) {
	tests := []struct{ by, column, format, unit, from string }{
		{"day", "eventday", "yyyy-MM-dd", "DAYS", "2013-11-01,NOW"},
		{"month", "eventmonth", "yyyy-MM", "MONTHS", "2013-11,NOW"},
		{"year", "eventyear", "yyyy", "YEARS", "2013,NOW"},
	}
	for _, test := range tests {
		t.Run(test.by, func(t *testing.T) {
			table := example()
			table.Partition = test.by
			statements, err := table.Athena()
			if err != nil {
				t.Fatal(err)
			}
			p := parseAthena(t, statements)
			projection := "projection." + test.column + "."
			got := []string{p.partition, p.properties[projection+"type"], p.properties[projection+"format"], p.properties[projection+"interval.unit"], p.properties[projection+"range"], p.properties["storage.location.template"]}
			want := []string{test.column, "date", test.format, test.unit, test.from, "s3://my-tables/support-plans/" + test.column + "=${" + test.column + "}/"}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*ddl.Table)
		want   error
		duckDB bool // whether DuckDB refuses too
	}{
		{"a quote in the name", func(t *ddl.Table) { t.Name = "a`b" }, ddl.ErrName, true},
		{"a statement in the name", func(t *ddl.Table) { t.Name = `x"; DROP TABLE y --` }, ddl.ErrName, true},
		{"capitals in the name", func(t *ddl.Table) { t.Name = "Plans" }, ddl.ErrName, true},
		{"no name", func(t *ddl.Table) { t.Name = "" }, ddl.ErrName, true},
		{"the name of a view", func(t *ddl.Table) { t.Name = "cloudtrail_logs" }, ddl.ErrName, true},
		{"a long name", func(t *ddl.Table) { t.Name = strings.Repeat("a", 129) }, ddl.ErrName, true},
		{"a quote in the database", func(t *ddl.Table) { t.Database = `a"b` }, ddl.ErrName, false},
		{"no database", func(t *ddl.Table) { t.Database = "" }, ddl.ErrName, false},
		{"a directory", func(t *ddl.Table) { t.Location = "/tables/plans" }, ddl.ErrLocation, false},
		{"a quote in the place", func(t *ddl.Table) { t.Location = "s3://b/it's" }, ddl.ErrLocation, false},
		{"a projected value in the place", func(t *ddl.Table) { t.Location = "s3://b/${x}" }, ddl.ErrLocation, false},
		{"a line end in the place", func(t *ddl.Table) { t.Location = "s3://b/x\ny" }, ddl.ErrLocation, false},
		{"a backslash in the place", func(t *ddl.Table) { t.Location = `s3://b/x\y` }, ddl.ErrLocation, true},
		{"another partition", func(t *ddl.Table) { t.Partition = "week" }, ddl.ErrPartition, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table := example()
			test.change(&table)
			if out, err := table.Athena(); !errors.Is(err, test.want) || out != "" {
				t.Errorf("Athena: %v", err)
			}
			if out, err := table.Glue(); !errors.Is(err, test.want) || out != "" {
				t.Errorf("Glue: %v", err)
			}
			if _, err := table.DuckDB(); errors.Is(err, test.want) != test.duckDB {
				t.Errorf("DuckDB: %v", err)
			}
		})
	}
}

// A column that no dialect can name, or that a view lacks, is an error and no
// wrong statement.
func TestOtherColumns(t *testing.T) {
	type identity struct {
		Type *string `parquet:"type"`
	}
	tests := []struct {
		name    string
		columns any
		want    string
	}{
		{"a number", struct {
			N int32 `parquet:"n"`
		}{}, "column n: no dialect names the type INT(32,true)"},
		{"a number in a structure", struct {
			S *struct {
				N int32 `parquet:"n"`
			} `parquet:"s"`
		}{}, "column n: no dialect names the type INT(32,true)"},
		{"a column missing", struct{ identity }{}, "the table has no column eventversion"},
		{"a field missing", struct {
			EventVersion *string   `parquet:"eventversion"`
			UserIdentity *identity `parquet:"useridentity"`
		}{}, "in useridentity: the table has no column principalid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := ddl.Render(parquet.SchemaOf(test.columns)); err == nil || err.Error() != test.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
