package ddl

import "fmt"

// listWords are the words for lists and maps. Views need them where they must not read
// the table again: Athena, Trino and Spark do so for each mention of a part of a query.
type listWords struct {
	mapOf  func(key, value string) string // an aggregate: the map of keys that come once each
	lookup func(of, key string) string    // what a map has at a key, or null
	// fold returns the second of two texts, which begin as start and become next in each
	// of so many steps. next is given the two, and the number of the step, from 1.
	fold   func(steps string, start [2]string, next func(first, second, step string) [2]string) string
	all    string                            // the aggregate that makes a list
	only   func(of, condition string) string // those elements r of a list that a condition holds for
	last   string                            // the function for the greatest element of a list
	join   func(of string) string            // a list of words as a text
	shares func(a, b string) string          // a condition: whether two such texts have a word in common
	fits   func(s, pattern string) string    // a condition: whether a pattern matches a text
	text   func(s string) string             // a literal
}

// find returns what a pattern, or a group of it, matches in a text, as a list.
func (l listWords) find(s, pattern string, group int) string {
	return fmt.Sprintf("regexp_extract_all(%s, %s, %d)", s, l.text(pattern), group)
}

// cut returns a text without what a pattern matches.
func (l listWords) cut(s, pattern string) string {
	return "regexp_replace(" + s + ", " + l.text(pattern) + ", '')"
}

func trinoLists() listWords {
	return listWords{
		mapOf:  func(key, value string) string { return "map_agg(" + key + ", " + value + ")" },
		lookup: func(of, key string) string { return "element_at(" + of + ", " + key + ")" },
		fold: func(steps string, start [2]string, next func(first, second, step string) [2]string) string {
			to := next("s[1]", "s[2]", "i")
			return fmt.Sprintf("reduce(sequence(1, %s), ARRAY[%s, %s], (s, i) -> ARRAY[%s, %s], s -> s[2])", steps, start[0], start[1], to[0], to[1])
		},
		all:    "array_agg",
		only:   func(of, condition string) string { return "filter(" + of + ", r -> " + condition + ")" },
		last:   "array_max",
		join:   func(of string) string { return "array_join(" + of + ", ' ')" },
		shares: func(a, b string) string { return "arrays_overlap(split(" + a + ", ' '), split(" + b + ", ' '))" },
		fits:   func(s, pattern string) string { return "regexp_like(" + s + ", " + quote(pattern) + ")" },
		text:   quote,
	}
}

// In DuckDB what is folded has the type of what it becomes.
func duckDBLists() listWords {
	return listWords{
		mapOf: func(key, value string) string {
			return "map_from_entries(list({'k': " + key + ", 'v': " + value + "}))"
		},
		lookup: func(of, key string) string { return "map_extract(" + of + ", " + key + ")[1]" },
		fold: func(steps string, start [2]string, next func(first, second, step string) [2]string) string {
			to := next("s[1]", "s[2]", "CAST(i[1] AS BIGINT)")
			return fmt.Sprintf("list_reduce([[CAST(n AS VARCHAR), NULL] FOR n IN range(1, CAST(1 + %s AS BIGINT))], lambda s, i: [%s, %s], [%s, %s])[2]",
				steps, to[0], to[1], start[0], start[1])
		},
		all:  "list",
		only: func(of, condition string) string { return "[r FOR r IN " + of + " IF " + condition + "]" },
		last: "list_max",
		join: func(of string) string { return "array_to_string(" + of + ", ' ')" },
		shares: func(a, b string) string {
			return "list_has_any(string_split(" + a + ", ' '), string_split(" + b + ", ' '))"
		},
		fits: func(s, pattern string) string { return "regexp_matches(" + s + ", " + quote(pattern) + ")" },
		text: quote,
	}
}

func sparkLists() listWords {
	return listWords{
		mapOf: func(key, value string) string {
			return "map_from_entries(collect_list(struct(" + key + ", " + value + ")))"
		},
		lookup: func(of, key string) string { return "element_at(" + of + ", " + key + ")" },
		fold: func(steps string, start [2]string, next func(first, second, step string) [2]string) string {
			to := next("s[0]", "s[1]", "i")
			return fmt.Sprintf("aggregate(sequence(1, %s), array(%s, %s), (s, i) -> array(%s, %s), s -> s[1])", steps, start[0], start[1], to[0], to[1])
		},
		all:    "collect_list",
		only:   func(of, condition string) string { return "filter(" + of + ", r -> " + condition + ")" },
		last:   "array_max",
		join:   func(of string) string { return "array_join(" + of + ", ' ')" },
		shares: func(a, b string) string { return "arrays_overlap(split(" + a + ", ' '), split(" + b + ", ' '))" },
		fits:   func(s, pattern string) string { return s + " RLIKE " + sparkQuote(pattern) },
		text:   sparkQuote,
	}
}
