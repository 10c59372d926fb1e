package ddl

import (
	"fmt"
	"strings"
)

// Trino returns the statements for Trino's Hive connector, each ended by a
// semicolon: the table, which looks for its partitions when it is told to, and its
// views. They name no catalog; the session's is meant.
func (t Table) Trino() (string, error) {
	all, p, err := t.forCatalog()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "CREATE SCHEMA IF NOT EXISTS \"%s\";\n\n"+again+"CREATE TABLE IF NOT EXISTS \"%[1]s\".\"%s\" (\n", t.Database, t.Name)
	for _, c := range all {
		fmt.Fprintf(&out, "  \"%s\" %s,\n", c.name, c.trino())
	}
	fmt.Fprintf(&out, "  \"%s\" VARCHAR\n)\nWITH (\n  format = 'PARQUET',\n  external_location = '%s/',\n  partitioned_by = ARRAY['%[1]s']\n);\n\n", p.column, t.Location)
	out.WriteString("-- Run this again when a run has written a new partition.\n")
	fmt.Fprintf(&out, "CALL system.sync_partition_metadata('%s', '%s', 'FULL');\n", t.Database, t.Name)
	views, err := renderViews(trino(t), all)
	return out.String() + views, err
}

// trino returns the column's type in the words of Trino.
func (c column) trino() string {
	switch c.kind {
	case boolean:
		return "BOOLEAN"
	case timestamp:
		return "TIMESTAMP(3)"
	case structure:
		return c.row()
	case list:
		return "ARRAY(" + c.row() + ")"
	default:
		return "VARCHAR"
	}
}

func (c column) row() string {
	fields := make([]string, len(c.fields))
	for i, field := range c.fields {
		fields[i] = field.name + " " + field.trino()
	}
	return "ROW(" + strings.Join(fields, ", ") + ")"
}
