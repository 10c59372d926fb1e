package ddl

import "strings"

// A dialect is what the SQL of Athena and that of DuckDB do not share. Its
// functions take and return expressions.
type dialect struct {
	table  string                       // the table, as a view names it
	view   func(string) string          // a view, by its name
	utc    func(at string) string       // a time of the table, as a timestamp without zone
	iso    func(at string) string       // the same, as CloudTrail writes it
	last   func(s string) string        // what stands behind the last / or :
	each   func(expr, of string) string // a list of what expr makes of each element r of another
	fields string                       // the word for a structure's type
	words  func(s string) string        // JSON text as a map of texts
}

// trino returns the dialect of Athena's queries and views.
func trino(t Table) dialect {
	inDatabase := func(name string) string { return `"` + t.Database + `"."` + name + `"` }
	return dialect{
		table: inDatabase(t.Name),
		view:  inDatabase,
		utc:   func(at string) string { return at },
		iso:   func(at string) string { return "date_format(" + at + ", '%Y-%m-%dT%H:%i:%sZ')" },
		last: func(s string) string {
			return "nullif(element_at(split(element_at(split(" + s + ", '/'), -1), ':'), -1), '')"
		},
		each:   func(expr, of string) string { return "transform(" + of + ", r -> " + expr + ")" },
		fields: "ROW",
		words:  func(s string) string { return "TRY(CAST(json_parse(" + s + ") AS MAP(VARCHAR, VARCHAR)))" },
	}
}

// duckDB returns the dialect of DuckDB. Its times have a zone, and functions
// that know zones print them in the session's; epoch_us knows none.
func duckDB(t Table) dialect {
	utc := func(at string) string { return "make_timestamp(epoch_us(" + at + "))" }
	inQuotes := func(name string) string { return `"` + name + `"` }
	return dialect{
		table:  inQuotes(t.Name),
		view:   inQuotes,
		utc:    utc,
		iso:    func(at string) string { return "strftime(" + utc(at) + ", '%Y-%m-%dT%H:%M:%SZ')" },
		last:   func(s string) string { return "nullif(split_part(split_part(" + s + ", '/', -1), ':', -1), '')" },
		each:   func(expr, of string) string { return "[" + expr + " FOR r IN " + of + "]" },
		fields: "STRUCT",
		words:  func(s string) string { return "TRY_CAST(TRY_CAST(" + s + " AS JSON) AS MAP(VARCHAR, VARCHAR))" },
	}
}

// nonEmpty returns an expression that takes an empty text for none.
func nonEmpty(s string) string { return "nullif(" + s + ", '')" }

// containsAny returns a condition: whether a text in lower case contains any of
// the parts.
func containsAny(lower string, parts []string) string {
	conditions := make([]string, len(parts))
	for i, part := range parts {
		conditions[i] = "strpos(" + lower + ", " + quote(part) + ") > 0"
	}
	return strings.Join(conditions, " OR ")
}
