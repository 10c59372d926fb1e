package ddl

import (
	"fmt"
	"strings"
)

// A dialect is what the SQL of the engines does not share. Its functions take and
// return expressions.
type dialect struct {
	table     string                         // the table, as a view names it
	view      func(string) string            // a view, by its name
	name      func(string) string            // a column whose name is a word of SQL
	partition string                         // the partition column
	utc       func(at string) string         // a time of the table, as a timestamp without zone
	now       string                         // the present, as such a timestamp
	date      func(at, format string) string // the same, as text; the format is of letters as in %Y-%m-%d
	last      func(s string) string          // what stands after the last / or :
	part      func(s string, n int) string   // what stands between slashes
	has       func(s, part string) string    // a condition: whether a text contains another
	each      func(expr, of string) string   // a list of what expr makes of each element r of another
	row       func(fields []field) string    // a structure
	fields    string                         // the word for a structure's type; empty where row names its fields
	varchar   string                         // the type of texts
	local     string                         // the type of times without zone
	words     func(s string) string          // JSON text as a map: strings are texts, all else is its JSON
	wordsType string                         // its type
	lists     listWords
}

// A field of a structure is an expression with its name and type.
type field struct{ name, value, typed string }

// iso returns a time as CloudTrail writes it.
func (d dialect) iso(at string) string { return d.date(at, "%Y-%m-%dT%H:%M:%SZ") }

// trino returns the dialect of Trino, and of Athena's queries and views.
func trino(t Table) dialect {
	inDatabase := func(name string) string { return `"` + t.Database + `"."` + name + `"` }
	return dialect{
		table:     inDatabase(t.Name),
		view:      inDatabase,
		name:      inQuotes,
		partition: "event" + t.Partition,
		utc:       func(at string) string { return at },
		now:       "CAST(current_timestamp AT TIME ZONE 'UTC' AS TIMESTAMP)",
		date: func(at, format string) string {
			return "date_format(" + at + ", " + quote(strings.NewReplacer("%M", "%i", "%S", "%s").Replace(format)) + ")"
		},
		last: func(s string) string {
			return "nullif(element_at(split(element_at(split(" + s + ", '/'), -1), ':'), -1), '')"
		},
		part:    splitPart,
		has:     func(s, part string) string { return "strpos(" + s + ", " + quote(part) + ") > 0" },
		each:    func(expr, of string) string { return "transform(" + of + ", r -> " + expr + ")" },
		row:     plainRow,
		fields:  "ROW",
		varchar: "VARCHAR",
		local:   "TIMESTAMP",
		words: func(s string) string {
			return "transform_values(TRY(CAST(json_parse(" + s + ") AS MAP(VARCHAR, JSON))), " +
				// Trino cannot plan nullif in a lambda.
				"(k, v) -> CASE WHEN json_format(v) LIKE '\"%' THEN json_extract_scalar(v, '$') WHEN json_format(v) <> 'null' THEN json_format(v) END)"
		},
		wordsType: "MAP(VARCHAR, VARCHAR)",
		lists:     trinoLists(),
	}
}

// duckDB returns the dialect of DuckDB. Its times have a zone, and functions
// that know zones print them in the session's; epoch_us knows none.
func duckDB(t Table) dialect {
	utc := func(at string) string { return "make_timestamp(epoch_us(" + at + "))" }
	return dialect{
		table:     inQuotes(t.Name),
		view:      inQuotes,
		name:      inQuotes,
		partition: "COLUMNS('^event(day|month|year)$')",
		utc:       utc,
		now:       utc("current_timestamp"),
		date:      func(at, format string) string { return "strftime(" + utc(at) + ", " + quote(format) + ")" },
		last:      func(s string) string { return "nullif(split_part(split_part(" + s + ", '/', -1), ':', -1), '')" },
		part:      splitPart,
		has:       func(s, part string) string { return "strpos(" + s + ", " + quote(part) + ") > 0" },
		each:      func(expr, of string) string { return "[" + expr + " FOR r IN " + of + "]" },
		row:       plainRow,
		fields:    "STRUCT",
		varchar:   "VARCHAR",
		local:     "TIMESTAMP",
		words: func(s string) string {
			return "map_from_entries([{'k': e.key, 'v': e.value ->> '$'} FOR e IN map_entries(TRY_CAST(TRY_CAST(" + s + " AS JSON) AS MAP(VARCHAR, JSON)))])"
		},
		wordsType: "MAP(VARCHAR, VARCHAR)",
		lists:     duckDBLists(),
	}
}

// spark returns the dialect of Spark. Its times are instants, which functions print
// in the session's zone; a count of milliseconds knows none.
func spark(t Table) dialect {
	in := func(name string) string { return "`" + t.Database + "`.`" + name + "`" }
	utc := func(at string) string {
		return "(TIMESTAMP_NTZ '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST(unix_millis(" + at + ") / 1000BD AS DECIMAL(18, 3))))"
	}
	return dialect{
		table:     in(t.Name),
		view:      in,
		name:      func(name string) string { return "`" + name + "`" },
		partition: "event" + t.Partition,
		utc:       utc,
		now:       utc("current_timestamp()"),
		date: func(at, format string) string {
			java := strings.NewReplacer("%Y", "yyyy", "%m", "MM", "%d", "dd", "%H", "HH", "%M", "mm", "%S", "ss", "T", "\\'T\\'", "Z", "\\'Z\\'").Replace(format)
			return "date_format(" + utc(at) + ", '" + java + "')"
		},
		last: func(s string) string {
			return "nullif(element_at(split(element_at(split(" + s + ", '/'), -1), ':'), -1), '')"
		},
		part:      splitPart,
		has:       func(s, part string) string { return "instr(" + s + ", " + quote(part) + ") > 0" },
		each:      func(expr, of string) string { return "transform(" + of + ", r -> " + expr + ")" },
		row:       sparkRow,
		varchar:   "STRING",
		local:     "TIMESTAMP_NTZ",
		words:     func(s string) string { return "from_json(" + s + ", 'MAP<STRING, STRING>')" },
		wordsType: "MAP<STRING, STRING>",
		lists:     sparkLists(),
	}
}

func inQuotes(name string) string { return `"` + name + `"` }

func splitPart(s string, n int) string { return fmt.Sprintf("split_part(%s, '/', %d)", s, n) }

// plainRow returns a structure of values in order. What they are called, a cast of
// the whole says.
func plainRow(fields []field) string {
	values := make([]string, len(fields))
	for i, f := range fields {
		values[i] = f.value
	}
	return "ROW(" + strings.Join(values, ", ") + ")"
}

func rowType(fields []field, typed string) string {
	types := make([]string, len(fields))
	for i, f := range fields {
		types[i] = f.name + " " + f.typed
	}
	return typed + "(" + strings.Join(types, ", ") + ")"
}

// cast gives a structure, and those within, the names of its type.
func (d dialect) cast(row, typed string) string {
	if d.fields == "" {
		return row
	}
	return "CAST(" + row + " AS " + typed + ")"
}

func sparkRow(fields []field) string {
	values := make([]string, len(fields))
	for i, f := range fields {
		values[i] = quote(f.name) + ", " + f.value
	}
	return "named_struct(" + strings.Join(values, ", ") + ")"
}

// nonEmpty returns an expression that takes an empty text for none.
func nonEmpty(s string) string { return "nullif(" + s + ", '')" }

// containsAny returns a condition: whether a text in lower case contains any of
// the parts.
func (d dialect) containsAny(lower string, parts []string) string {
	conditions := make([]string, len(parts))
	for i, part := range parts {
		conditions[i] = d.has(lower, part)
	}
	return strings.Join(conditions, " OR ")
}
