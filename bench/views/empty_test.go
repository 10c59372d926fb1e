package views_test

import (
	"slices"
	"strings"
	"testing"

	"plantrail/bench/duck"
	"plantrail/schema/ddl"
)

// The views over a table that has no rows yet have the names and types of those over
// one that has, and no rows.
func TestEmpty(t *testing.T) {
	t.Parallel()
	statements, err := ddl.Table{Location: t.TempDir(), Name: ddl.DefaultName}.EmptyDuckDB()
	if err != nil {
		t.Fatal(err)
	}
	empty, full := duck.Open(t), openViews(t, makeTable(t, sample))
	if _, err := empty.ExecContext(t.Context(), statements); err != nil {
		t.Fatalf("%v in\n%s", err, statements)
	}
	const columns = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE column_name <> 'eventmonth' ORDER BY ALL"
	if got, want := query(t, empty, columns), query(t, full, columns); !slices.Equal(got, want) || len(got) < 50 {
		t.Errorf("columns\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, view := range []string{ddl.DefaultName, "support_plan_changes", "support_plan_timeline", "support_plan_current", "support_plan_readers", "cloudtrail_logs"} {
		if got := query(t, empty, "SELECT count(*) FROM "+view); !slices.Equal(got, []string{"0"}) {
			t.Errorf("%s has %v rows", view, got)
		}
	}
}
