package ddl

import "fmt"

// maxChain is how long a chain or a circle of addenda may be to be followed to its end.
// Real ones are of two or three; every step of each of an account's addenda is paid for.
const maxChain = 1000

// follow returns the expression for where a map of texts leads to in the end, as
// [schema.Addenda] find it: the first half of the steps reaches the end or goes round in
// a circle, and the second half finds the least there.
//
// Athena and Spark do not recurse, which is why the IDs that lead on to others are a map
// for each account.
func (d dialect) follow(leads, from string) string {
	half := fmt.Sprintf("least(cardinality(%s), %d)", leads, maxChain)
	return d.lists.fold("2 * "+half, [2]string{from, "CAST(NULL AS " + d.varchar + ")"}, func(first, second, step string) [2]string {
		next := "coalesce(" + d.lists.lookup(leads, first) + ", " + first + ")"
		return [2]string{next, "CASE WHEN " + step + " > " + half + " THEN least(" + next + ", coalesce(" + second + ", " + next + ")) END"}
	})
}
