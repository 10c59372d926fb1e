package engines_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plantrail/bench/duck"
	"plantrail/schema/ddl"
)

// TestSparkViews runs the statements of ddl spark as printed, in a session that is not
// in UTC, and compares each view with DuckDB's, row by row.
func TestSparkViews(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "t")
	hardTable(t, folder)
	for name, variable := range map[string]string{"3.5": "PLANTRAIL_SPARK35", "4": "PLANTRAIL_SPARK4"} {
		t.Run(name, func(t *testing.T) {
			text, err := ddl.Table{Location: "file://" + folder, Partition: "month", Database: "audit", Name: ddl.DefaultName}.Spark()
			if err != nil {
				t.Fatal(err)
			}
			compareViews(t, folder, text, "audit.", func(statements []string) []answer {
				return askSparkPlain(t, variable, "America/New_York", statements)
			})
		})
	}
}

// TestTrinoViews does the same for Trino.
func TestTrinoViews(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "t")
	hardTable(t, folder)
	text, err := ddl.Table{Location: "local:///t", Partition: "month", Database: "audit", Name: ddl.DefaultName}.Trino()
	if err != nil {
		t.Fatal(err)
	}
	compareViews(t, folder, text, "audit.", func(statements []string) []answer {
		for i, s := range statements { // Trino's [] fails where there is no such key
			statements[i] = strings.ReplaceAll(s, webIdentity+"['a']", "element_at("+webIdentity+", 'a')")
		}
		return ask(t, trino(t.Context(), t, filepath.Dir(folder), "false"), statements)
	})
}

// compareViews runs an engine's statements, and compares counts over its views with
// those of DuckDB.
func compareViews(t *testing.T, folder, text, database string, run func([]string) []answer) {
	t.Helper()
	statements := strings.Split(strings.TrimSuffix(text, ";\n"), ";\n")
	queries := viewQueries()
	all := slices.Clone(statements)
	for _, query := range queries {
		all = append(all, strings.ReplaceAll(query, "FROM ", "FROM "+database))
	}
	answers := run(all)
	for i := range statements {
		if answers[i].err != "" {
			t.Errorf("%.2000s in\n%.300s", answers[i].err, statements[i])
		}
	}
	duckText, err := ddl.Table{Location: folder, Name: ddl.DefaultName}.DuckDB()
	if err != nil {
		t.Fatal(err)
	}
	db := duck.Open(t)
	if _, err := db.ExecContext(t.Context(), duckText); err != nil {
		t.Fatal(err)
	}
	for i, query := range queries {
		got := strings.ToLower(answers[len(statements)+i].String())
		want := strings.ToLower(answer{rows: duck.Rows(t, db, query)}.String())
		if got != want {
			t.Errorf("%s: got %.500s, want %.500s", query, got, want)
		}
	}
}

const webIdentity = "useridentity.sessioncontext.webidfederationdata.attributes"

// viewQueries look at every view in ways that all dialects share and that depend on
// its values.
func viewQueries() []string {
	return []string{
		"SELECT count(*), count(account), min(actor), max(actor), count(DISTINCT actor), count(DISTINCT error) FROM support_plan_changes",
		"SELECT count(agreedby), min(agreedby), count(DISTINCT agreementeventid), max(agreementeventid) FROM support_plan_changes",
		"SELECT channel, outcome, count(*), count(level), count(starttime), count(endtime) FROM support_plan_changes GROUP BY channel, outcome ORDER BY channel, outcome",
		"SELECT eventmonth, count(*) FROM support_plan_changes GROUP BY eventmonth ORDER BY eventmonth",
		"SELECT count(*), count(DISTINCT account), min(level), max(level), count(validfrom), count(validto), count(eventid) FROM support_plan_timeline",
		"SELECT status, count(*), count(account), min(level), max(level), count(validfrom), count(eventid), min(planends), min(nextlevel), count(nexttime), count(thentime) FROM support_plan_current GROUP BY status ORDER BY status",
		"SELECT count(*), sum(calls), sum(denied), count(DISTINCT actor) FROM support_plan_readers",
		"SELECT min(eventtime), max(eventtime), count(readonly), count(useridentity.sessioncontext.attributes.creationdate), min(useridentity.sessioncontext.attributes.creationdate) FROM cloudtrail_logs",
		"SELECT year, month, day, count(*), min(region), max(account) FROM cloudtrail_logs GROUP BY year, month, day ORDER BY year, month, day",
		"SELECT count(*), count(" + webIdentity + "['a']), min(" + webIdentity + "['a']) FROM cloudtrail_logs",
	}
}
