package views_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/bench/athena"
	"plantrail/bench/duck"
	"plantrail/schema"
	"plantrail/schema/ddl"
)

// currents returns the rows of a view of current levels in the order of account.
func currents(t *testing.T, db *sql.DB, view string) []string {
	t.Helper()
	return query(t, db, "SELECT * FROM "+view+" ORDER BY account NULLS FIRST")
}

// currentRows returns current levels as support_plan_current shows them.
func currentRows(all []schema.Current) (rows []string) {
	for _, c := range all {
		rows = append(rows, line(c.Account, c.Level, c.Status, clock(c.Since), c.EventID, fmt.Sprint(c.Scheduled), clock(c.Ends),
			c.Next.Level, clock(c.Next.From), c.Next.EventID, c.Then.Level, clock(c.Then.From)))
	}
	return rows
}

// The clock around 1 January 2027, when three plans end: Go, DuckDB and Athena's SQL
// say the same of it.
func TestClock(t *testing.T) {
	table := makeTable(t, clockTrail(t))
	_, changes := changeRows(readEvents(t, table))
	inDuckDB, err := ddl.Table{Location: table, Name: ddl.DefaultName}.DuckDB()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, now := range []string{"2026-12-31 00:00:00", "2026-12-31 23:59:59.999", "2027-01-01 00:00:00", "2027-01-02 00:00:00", "2027-02-01 00:00:00"} {
		t.Run(now, func(t *testing.T) {
			at, err := time.Parse("2006-01-02 15:04:05.999", now)
			if err != nil {
				t.Fatal(err)
			}
			told := schema.Currents(changes, at)
			for _, c := range told {
				seen[c.Status] = true
				seen["then"] = seen["then"] || c.Then.Level != ""
				seen["scheduled"] = seen["scheduled"] || c.Scheduled
			}
			db := duck.Open(t)
			run := func(statement, present string) {
				t.Helper()
				if strings.Contains(statement, "support_plan_current") && strings.Count(statement, present) < 3 {
					t.Fatalf("no %s in\n%s", present, statement)
				}
				if _, err := db.ExecContext(t.Context(), strings.ReplaceAll(statement, present, "TIMESTAMP '"+now+"'")); err != nil {
					t.Fatalf("%v in\n%s", err, statement)
				}
			}
			run("SET TimeZone = 'Asia/Tokyo'", "now")
			run(inDuckDB, "make_timestamp(epoch_us(current_timestamp))")
			equal(t, currents(t, db, "support_plan_current"), currentRows(told))
			athena.Need(t)
			// Athena's view of the current levels, over DuckDB's timeline.
			run("CREATE SCHEMA audit; CREATE VIEW audit.support_plan_timeline AS FROM memory.main.support_plan_timeline", "now")
			for _, statement := range athena.Views(t) {
				if strings.Contains(statement, "support_plan_current") {
					run(statement, athena.Now)
				}
			}
			equal(t, currents(t, db, "audit.support_plan_current"), currentRows(told))
		})
	}
	for _, kind := range []string{schema.PlanCurrent, schema.PlanEnding, schema.PlanEnded, schema.PlanUnlisted, schema.PlanUnknown, "then", "scheduled"} {
		if !seen[kind] {
			t.Errorf("nothing was %s", kind)
		}
	}
}

// clockTrail returns a folder with calls of November 2026 in many accounts, whose
// schedules begin and end around the turn of the year.
func clockTrail(t *testing.T) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	turn := func() string {
		hours := []int{-25, -24, -1, 0, 0, 1, 24, 25, 31 * 24, 60 * 24}
		return time.Date(2027, 1, 1, hours[rng.IntN(len(hours))], 0, 0, 0, time.UTC).Format(time.RFC3339)
	}
	var records []map[string]any
	for i := range 600 {
		request := map[string]any{}
		pick(rng, request, "update", map[string]any{"supportLevel": level(rng)}, "-", "-")
		schedule := map[string]any{}
		pick(rng, schedule, "startLevel", level(rng), level(rng), "-")
		pick(rng, schedule, "startTimestamp", turn(), turn(), turn(), "-")
		pick(rng, schedule, "endLevel", level(rng), level(rng), "-")
		pick(rng, schedule, "endTimestamp", turn(), turn(), turn(), "-")
		pick(rng, request, "scheduleCreationDetails", schedule, "-")
		r := map[string]any{
			"eventTime": time.Date(2026, 11, 1, rng.IntN(600), 0, 0, 0, time.UTC).Format(time.RFC3339), "eventID": fmt.Sprint("e", i),
			"eventSource": "supportplans.amazonaws.com", "eventName": "CreateSupportPlanSchedule", "readOnly": false,
			"recipientAccountId": fmt.Sprintf("%012d", i%250), "requestParameters": request,
		}
		pick(rng, r, "errorCode", "AccessDenied", "ThrottlingException", "-", "-", "-", "-", "-")
		records = append(records, r)
	}
	text, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	source := t.TempDir()
	if err := os.WriteFile(filepath.Join(source, "111122223333_CloudTrail_us-west-2_20261130T0000Z_abc.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return source
}
