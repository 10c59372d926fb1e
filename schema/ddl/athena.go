package ddl

import (
	"fmt"
	"strings"
)

// Athena returns the statements for Athena, each ended by a semicolon: the table
// and its views. Athena runs one statement at a time.
func (t Table) Athena() (string, error) {
	all, p, err := t.forAWS()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "CREATE DATABASE IF NOT EXISTS `%s`;\n\n", t.Database)
	out.WriteString(again)
	fmt.Fprintf(&out, "CREATE EXTERNAL TABLE IF NOT EXISTS `%s`.`%s` (\n", t.Database, t.Name)
	for i, c := range all {
		fmt.Fprintf(&out, "  `%s` %s%s\n", c.name, c.hive(), comma(i, len(all)))
	}
	fmt.Fprintf(&out, ")\nPARTITIONED BY (`%s` string)\nSTORED AS PARQUET\nLOCATION '%s/'\nTBLPROPERTIES (\n", p.column, t.Location)
	properties := t.properties(p)
	for i, property := range properties {
		fmt.Fprintf(&out, "  '%s' = '%s'%s\n", property.name, property.value, comma(i, len(properties)))
	}
	out.WriteString(");\n")
	views, err := renderViews(trino(t), all)
	return out.String() + views, err
}

// again says what to do where a catalog has the table without columns that have come
// since: CREATE TABLE IF NOT EXISTS adds none.
const again = "-- Where an earlier version created the table, DROP it first: its files stay.\n"

// comma returns what stands behind the element i of n.
func comma(i, n int) string {
	if i == n-1 {
		return ""
	}
	return ","
}
