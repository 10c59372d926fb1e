package views_test

import (
	"testing"

	"plantrail/bench/athena"
)

// Athena's views, rewritten for DuckDB, have the same rows as the views that were
// rendered for it.
func TestAthena(t *testing.T) {
	athena.Need(t)
	for name, source := range map[string]string{"sample": sample, "generated": generate(t)} {
		t.Run(name, func(t *testing.T) {
			table := makeTable(t, source)
			db, want := athena.Open(t, table, ""), openViews(t, table)
			for _, view := range []string{"support_plan_changes", "support_plan_timeline", "support_plan_current", "support_plan_readers", "cloudtrail_logs"} {
				equal(t, sorted(t, db, "audit."+view), sorted(t, want, view))
			}
		})
	}
}
