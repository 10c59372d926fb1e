package pipeline_test

import (
	"os"
	"path/filepath"
	"testing"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

func plan(t testing.TB, c pipeline.Config) *pipeline.Plan {
	t.Helper()
	plan, err := pipeline.MakePlan(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// A plan says what the run after it reads, and writes nothing.
func TestPlan(t *testing.T) {
	source := tree(t, many(t, 40))
	c := config(t, source, t.TempDir())
	p := plan(t, c)
	if files := everything(t, "/"+c.Table.Prefix); len(files) > 0 {
		t.Errorf("a plan wrote %d files", len(files))
	}
	report := run(t, c)
	if p.LogFiles != report.Read || p.Bytes != report.BytesRead || p.Requests.List != report.Requests.List || len(p.Units) != 3 {
		t.Errorf("planned %+v, read %d log files, %d bytes, %d list requests", p, report.Read, report.BytesRead, report.Requests.List)
	}
	if u := p.Units[0]; u.Account != "111122223333" || u.Region != "us-east-1" || u.LogFiles != 4 || u.FirstDay > u.LastDay || u.Days < 2 {
		t.Errorf("first unit %+v", u)
	}
	c.Sources = nil
	if _, err := pipeline.MakePlan(t.Context(), c); err == nil {
		t.Error("a plan without a source")
	}
}

// Night after night, whatever has come, failed or been archived, a plan and the
// run after it agree.
func TestPlanNightly(t *testing.T) {
	n := newNightly(t)
	n.put("2024/02/27", "broken", []byte("broken"))
	for night := range 12 {
		for _, back := range []int{0, 1, 3} {
			n.deliver(n.now.AddDate(0, 0, -back).Format("2006/01/02"), string(rune('z'-2*night+back)))
		}
		for _, all := range []bool{false, true} {
			c := n.config()
			c.RecheckAll = all
			before := everything(t, n.table)
			p := plan(t, c)
			same(t, before, everything(t, n.table))
			report := run(t, c)
			if p.LogFiles != report.Read || p.Bytes != report.BytesRead || p.AlreadyDone != report.AlreadyDone {
				t.Errorf("night %d, recheck all %t: planned %d log files, %d bytes, %d done; read %d, %d, %d", night, all,
					p.LogFiles, p.Bytes, p.AlreadyDone, report.Read, report.BytesRead, report.AlreadyDone)
			}
			if night > 8 && !all && p.Settled == 0 {
				t.Errorf("night %d: nothing is settled", night)
			}
		}
		n.now = n.now.AddDate(0, 0, 1)
	}
}

// The sums are those of the units, and what fewer regions would save is said
// where it saves anything.
func TestPlanSums(t *testing.T) {
	files := many(t, 60)
	files[key("111122223333", "eu-west-1", "2024/03/01", "a.json")] = logFile()
	c := config(t, tree(t, files), t.TempDir())
	p := plan(t, c)
	var units, regions int64
	for _, u := range p.Units {
		units += u.LogFiles
	}
	for _, r := range p.Regions {
		regions += r.LogFiles
	}
	if units != p.LogFiles || regions != p.LogFiles || len(p.Regions) != 3 || p.Dollars <= 0 {
		t.Errorf("units %d, regions %d, all %d, dollars %g", units, regions, p.LogFiles, p.Dollars)
	}
	if p.Narrowed == nil || p.Narrowed.LogFiles != p.LogFiles-1 {
		t.Errorf("narrowed: %+v", p.Narrowed)
	}
	c.Selection.Regions = []string{"eu-west-1"}
	if p := plan(t, c); p.Narrowed != nil || p.LogFiles != 1 {
		t.Errorf("one region: %+v", p)
	}
}

// A plan is of a flat folder too, and of a shard.
func TestPlanFlat(t *testing.T) {
	flat := map[string][]byte{}
	for _, name := range []string{"111122223333_CloudTrail_us-west-2_20240301T0005Z_a", "111122223333_CloudTrail_us-west-2_20240402T0005Z_b", "444455556666_CloudTrail_us-east-1_20240301T0005Z_c"} {
		flat[name+".json"] = logFile()
	}
	c := config(t, tree(t, flat), t.TempDir())
	c.Selection.To = trail.Day(30000)
	p := plan(t, c)
	if len(p.Units) != 2 || p.LogFiles != 3 || p.Units[0].Days != 2 || p.Units[0].FirstDay != "2024-03-01" || p.Units[0].LastDay != "2024-04-02" {
		t.Errorf("%+v", p)
	}
	run(t, c)
	if p := plan(t, c); p.LogFiles != 0 || p.AlreadyDone != 3 {
		t.Errorf("after the run: %+v", p)
	}
	var sharded int64
	c.Table = store.URL{}
	for index := range 3 {
		c.Shard = pipeline.Shard{Index: index, Count: 3}
		sharded += plan(t, c).LogFiles
	}
	if sharded != 3 {
		t.Errorf("shards plan %d log files", sharded)
	}
}

// A table that cannot be opened is not taken for an empty one.
func TestPlanDamagedTable(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "_plantrail"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "_plantrail/table.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.MakePlan(t.Context(), config(t, t.TempDir(), folder)); err == nil {
		t.Error("planned")
	}
}
