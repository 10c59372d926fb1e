package ddl

import (
	"fmt"
	"strings"
)

// Spark returns the statements for Spark SQL, each ended by a semicolon: the table,
// which knows the partitions that were there when it was last told to look, and its
// views.
func (t Table) Spark() (string, error) {
	all, p, err := t.forCatalog()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "CREATE DATABASE IF NOT EXISTS `%s`;\n\n"+again+"CREATE TABLE IF NOT EXISTS `%[1]s`.`%s` (\n", t.Database, t.Name)
	for _, c := range all {
		fmt.Fprintf(&out, "  `%s` %s,\n", c.name, c.hive())
	}
	location := t.Location
	if bucket, found := strings.CutPrefix(location, "s3://"); found {
		location = "s3a://" + bucket // what Hadoop calls it
	}
	fmt.Fprintf(&out, "  `%s` string\n)\nUSING PARQUET\nPARTITIONED BY (`%[1]s`)\nLOCATION '%s';\n\n", p.column, location)
	out.WriteString("-- Run this again when a run has written a new partition.\n")
	fmt.Fprintf(&out, "MSCK REPAIR TABLE `%s`.`%s`;\n", t.Database, t.Name)
	views, err := renderViews(spark(t), all)
	return out.String() + views, err
}

// sparkQuote returns a literal of a text, in which Spark takes \ for an escape.
func sparkQuote(s string) string { return quote(strings.ReplaceAll(s, `\`, `\\`)) }
