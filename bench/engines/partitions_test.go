package engines_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/table"
	"plantrail/schema"
	"plantrail/schema/ddl"
)

// TestPartitions reads tables of the other kinds of partition, with the last time there is.
func TestPartitions(t *testing.T) {
	at := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
	e := schema.Event{EventTime: at, EventSource: schema.EventSources()[0], LogFile: "s3://trail/a", RawEvent: "{}", Schedule: &schema.Schedule{EndTimestamp: &last}}
	for i, scheme := range []table.Scheme{table.ByMonth, table.ByDay, table.ByYear} {
		folder := filepath.Join(t.TempDir(), "t")
		if _, err := openTable(t, folder, scheme).Merge(t.Context(), scheme.Partition(at), []schema.Event{e}); err != nil {
			t.Fatal(err)
		}
		if scheme == table.ByMonth {
			continue // see TestReaders
		}
		for _, r := range readers() {
			t.Run(r.name+"/"+string(scheme), func(t *testing.T) {
				command := r.run(t, folder)
				if !r.to9999 {
					if err := command.Run(); err == nil {
						t.Error("it reads the year 9999: say so in docs/table.md")
					}
					return
				}
				got := run(t, command)
				if column := scheme.Column(); got.types[column] != r.partition[i] {
					t.Errorf("%s is %q, want %q", column, got.types[column], r.partition[i])
				}
				if len(got.rows) != 1 {
					t.Fatalf("%d rows, want 1", len(got.rows))
				}
				end, flat := got.rows[0]["schedule.endtimestamp"]
				if !flat {
					end = got.rows[0]["schedule"].(map[string]any)["endtimestamp"]
				}
				if end != canonical(reflect.ValueOf(last)).(json.Number) {
					t.Errorf("the last time is %v", end)
				}
			})
		}
	}
}

// TestEmptyTable reads a table that has no rows yet, and so no files. Who takes columns
// from files finds none; who is told them by ddl finds no rows.
func TestEmptyTable(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "t")
	openTable(t, folder, table.ByMonth)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	of := ddl.Table{Location: "file://" + folder, Partition: "month", Database: "audit", Name: ddl.DefaultName}
	const question = "SELECT count(*), count(eventtime), count(eventmonth) FROM audit.support_plans"
	check := func(t *testing.T, answers []answer) {
		t.Helper()
		if got := answers[len(answers)-1].String(); got != "0|0|0" {
			t.Errorf("got %s", got)
		}
	}
	for name, variable := range map[string]string{"Spark 3.2": "PLANTRAIL_SPARK32", "Spark 3.5": "PLANTRAIL_SPARK35", "Spark 4": "PLANTRAIL_SPARK4"} {
		t.Run(name, func(t *testing.T) {
			text, err := of.Spark()
			if err != nil {
				t.Fatal(err)
			}
			check(t, askSparkPlain(t, variable, "UTC", append(strings.Split(strings.TrimSuffix(text, ";\n"), ";\n"), question)))
		})
	}
	t.Run("Trino", func(t *testing.T) {
		of.Location = "local:///t"
		text, err := of.Trino()
		if err != nil {
			t.Fatal(err)
		}
		command := trino(t.Context(), t, filepath.Dir(folder)+"/", "false")
		check(t, ask(t, command, append(strings.Split(strings.TrimSuffix(text, ";\n"), ";\n"), question)))
	})
	for _, r := range readers() {
		t.Run(r.name+" without columns", func(t *testing.T) {
			command := r.run(t, folder)
			if out, err := command.Output(); err == nil && strings.Contains(string(out), `"row"`) {
				t.Errorf("it reads %s", out)
			}
		})
	}
}
