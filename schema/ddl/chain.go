package ddl

import "fmt"

// chainWords are what it takes to follow chains of addenda. Athena and Spark do not
// recurse, so the IDs that lead on to others become a map for each account, and a chain
// is followed within an expression.
type chainWords struct {
	mapOf  func(key, value string) string // an aggregate: the map of keys that come once each
	lookup func(of, key string) string    // what a map has at a key, or null
	// fold returns the second of two texts, which begin as start and become next in each
	// of so many steps. next is given the two, and the number of the step, from 1.
	fold func(steps string, start [2]string, next func(first, second, step string) [2]string) string
}

// maxChain is how long a chain or a circle of addenda may be to be followed to its end.
// Real ones are of two or three; every step of each of an account's addenda is paid for.
const maxChain = 1000

// follow returns the expression for where a map of texts leads to in the end, as
// [schema.Addenda] find it: the first half of the steps reaches the end or goes round in
// a circle, and the second half finds the least there.
func (d dialect) follow(leads, from string) string {
	half := fmt.Sprintf("least(cardinality(%s), %d)", leads, maxChain)
	return d.chain.fold("2 * "+half, [2]string{from, "CAST(NULL AS " + d.varchar + ")"}, func(first, second, step string) [2]string {
		next := "coalesce(" + d.chain.lookup(leads, first) + ", " + first + ")"
		return [2]string{next, "CASE WHEN " + step + " > " + half + " THEN least(" + next + ", coalesce(" + second + ", " + next + ")) END"}
	})
}

func trinoChain() chainWords {
	return chainWords{
		mapOf:  func(key, value string) string { return "map_agg(" + key + ", " + value + ")" },
		lookup: func(of, key string) string { return "element_at(" + of + ", " + key + ")" },
		fold: func(steps string, start [2]string, next func(first, second, step string) [2]string) string {
			to := next("s[1]", "s[2]", "i")
			return fmt.Sprintf("reduce(sequence(1, %s), ARRAY[%s, %s], (s, i) -> ARRAY[%s, %s], s -> s[2])", steps, start[0], start[1], to[0], to[1])
		},
	}
}

// In DuckDB what is folded has the type of what it becomes.
func duckDBChain() chainWords {
	return chainWords{
		mapOf: func(key, value string) string {
			return "map_from_entries(list({'k': " + key + ", 'v': " + value + "}))"
		},
		lookup: func(of, key string) string { return "map_extract(" + of + ", " + key + ")[1]" },
		fold: func(steps string, start [2]string, next func(first, second, step string) [2]string) string {
			to := next("s[1]", "s[2]", "CAST(i[1] AS BIGINT)")
			return fmt.Sprintf("list_reduce([[CAST(n AS VARCHAR), NULL] FOR n IN range(1, CAST(1 + %s AS BIGINT))], lambda s, i: [%s, %s], [%s, %s])[2]",
				steps, to[0], to[1], start[0], start[1])
		},
	}
}

func sparkChain() chainWords {
	return chainWords{
		mapOf: func(key, value string) string {
			return "map_from_entries(collect_list(struct(" + key + ", " + value + ")))"
		},
		lookup: func(of, key string) string { return "element_at(" + of + ", " + key + ")" },
		fold: func(steps string, start [2]string, next func(first, second, step string) [2]string) string {
			to := next("s[0]", "s[1]", "i")
			return fmt.Sprintf("aggregate(sequence(1, %s), array(%s, %s), (s, i) -> array(%s, %s), s -> s[1])", steps, start[0], start[1], to[0], to[1])
		},
	}
}
