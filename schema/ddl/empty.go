package ddl

import (
	"cmp"
	"fmt"
	"strings"
)

// EmptyDuckDB returns the statements for DuckDB of a table that has no rows yet:
// the same names and types over none. DuckDB refuses a view over files where there
// is no file.
func (t Table) EmptyDuckDB() (string, error) {
	statements, err := t.DuckDB()
	if err != nil {
		return "", err
	}
	all, err := columns()
	if err != nil {
		return "", err
	}
	before, rest, found := strings.Cut(statements, "SELECT * FROM read_parquet(")
	_, after, ended := strings.Cut(rest, ";\n")
	if !found || !ended {
		return "", fmt.Errorf("render the views of %s: no view over files to put none in the place of", t.Name)
	}
	nulls := make([]string, len(all))
	for i, c := range all {
		nulls[i] = fmt.Sprintf("  CAST(NULL AS %s) AS \"%s\"", c.duckDB(), c.name)
	}
	// The views carry the partition column, as files in folders have it.
	nulls = append(nulls, "  CAST(NULL AS VARCHAR) AS \"event"+cmp.Or(t.Partition, "month")+"\"")
	return before + "SELECT\n" + strings.Join(nulls, ",\n") + "\nWHERE false;\n" + after, nil
}

// duckDB returns the column's type as DuckDB reads it from a file.
func (c column) duckDB() string {
	switch c.kind {
	case boolean:
		return "BOOLEAN"
	case timestamp:
		return "TIMESTAMP WITH TIME ZONE"
	case structure, list:
		fields := make([]string, len(c.fields))
		for i, f := range c.fields {
			fields[i] = fmt.Sprintf("%q %s", f.name, f.duckDB())
		}
		typed := "STRUCT(" + strings.Join(fields, ", ") + ")"
		if c.kind == list {
			return typed + "[]"
		}
		return typed
	case text:
	}
	return "VARCHAR"
}
