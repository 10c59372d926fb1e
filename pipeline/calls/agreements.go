package calls

import (
	"context"
	"maps"
	"slices"
	"time"

	"plantrail/pipeline/table"
	"plantrail/schema"
)

// Agree notes in the changes that services made in their own role who agreed to them, as
// far as the table tells. Agreements may be much older than what rests on them, so the
// table is read again for them, from the newest such change back: only if there is one.
func Agree(ctx context.Context, r *table.Reader, q Query, changes ...[]schema.Change) error {
	var newest time.Time
	accounts := map[string]bool{}
	served := func(do func(*schema.Change)) {
		for _, of := range changes {
			for i := range of {
				if of[i].Serves() {
					do(&of[i])
				}
			}
		}
	}
	served(func(c *schema.Change) {
		accounts[c.Account] = true
		if c.Time.After(newest) {
			newest = c.Time
		}
	})
	if len(accounts) == 0 {
		return nil
	}
	var agreements schema.Agreements
	older := Query{Until: newest.Add(time.Millisecond), Known: q.Known, Accounts: slices.Sorted(maps.Keys(accounts))}
	for row, err := range Rows(ctx, r, older) {
		if err != nil {
			return err
		}
		if row.Change != nil {
			agreements.Add(row.Change)
		}
	}
	served(agreements.Link)
	return nil
}
