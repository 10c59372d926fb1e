package table_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline/store/storetest"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

// oldTable returns a copy of a table that a program wrote which knew only layout
// 1: the sample trail's.
func oldTable(t *testing.T) string { return fixture(t, "layout1") }

// fixture returns a copy of a table that an earlier program wrote: layout1, or
// version1, of schema version 1, which has an event with a context too.
func fixture(t *testing.T, name string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	return folder
}

// filesOf returns a table's Parquet files by partition.
func filesOf(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "event*", "events.parquet"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files: %v", err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(filepath.Dir(name))] = body
	}
	return files
}

// eventsOf returns a file's rows, with the column that one of schema version 1 lacks.
func eventsOf(t *testing.T, body []byte) []schema.Event {
	t.Helper()
	events, err := parquet.Read[schema.Event](bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if events[i].EventContext == nil {
			events[i].EventContext = schema.EventContextOf([]byte(events[i].RawEvent))
		}
	}
	return events
}

// anew returns the files of a table that is written from the rows of others.
func anew(t *testing.T, files map[string][]byte) map[string][]byte {
	t.Helper()
	folder := t.TempDir()
	tbl := open(t, folder)
	for partition, body := range files {
		if _, err := tbl.Merge(t.Context(), partition, eventsOf(t, body)); err != nil {
			t.Fatal(err)
		}
	}
	return filesOf(t, folder)
}

func failOn(t *testing.T) func(string, error) {
	return func(partition string, err error) {
		if err != nil {
			t.Errorf("%s: %v", partition, err)
		}
	}
}

func sameFiles(a, b map[string][]byte) bool { return reflect.DeepEqual(a, b) }

func TestUpgrade(t *testing.T) {
	for _, name := range []string{"layout1", "version1"} {
		t.Run(name, func(t *testing.T) { upgrade(t, fixture(t, name)) })
	}
}

func upgrade(t *testing.T, folder string) {
	old := filesOf(t, folder)
	tbl := open(t, folder)
	if err := tbl.Outdated(); !errors.Is(err, table.ErrOutdated) {
		t.Fatalf("before: %v", err)
	}
	var replaced []string
	if err := tbl.Upgrade(t.Context(), func(partition string, err error) {
		replaced = append(replaced, partition)
		failOn(t)(partition, err)
	}); err != nil {
		t.Fatal(err)
	}
	if err := tbl.Outdated(); err != nil {
		t.Errorf("after: %v", err)
	}
	if len(replaced) != len(old) {
		t.Errorf("replaced %q of %d partitions", replaced, len(old))
	}
	files := filesOf(t, folder)
	for partition, body := range files {
		if !reflect.DeepEqual(eventsOf(t, body), eventsOf(t, old[partition])) {
			t.Errorf("%s has other rows", partition)
		}
		for _, c := range claimants(t, body) {
			c.check(t)
		}
	}
	if !sameFiles(files, anew(t, old)) {
		t.Error("the files are not those that the rows make")
	}
	if err := open(t, folder).Outdated(); err != nil {
		t.Errorf("the next run: %v", err)
	}
}

// TestOldFileIsWrong is for the test of what files claim: it sees what was wrong
// with the old ones.
func TestOldFileIsWrong(t *testing.T) {
	for _, c := range claimants(t, filesOf(t, oldTable(t))["eventmonth=2021-01"]) {
		if c.name == "row group 0, rawevent" && len(c.index.MaxValues[0]) == 0 && !c.index.NullPages[0] {
			return // its index says that all texts are empty
		}
	}
	t.Error("the fixture is not what it should be")
}

// TestUpgradeCutOff ends an upgrade at each of its steps, with the last put done
// and not done. The next one goes on from there.
func TestUpgradeCutOff(t *testing.T) {
	old := filesOf(t, oldTable(t))
	want := anew(t, old)
	step := int64(1)
	if testing.Short() {
		step = 5
	}
	for _, silent := range []bool{false, true} {
		for calls := int64(3); ; calls += step { // with fewer, the table is not even open
			folder := oldTable(t)
			var left atomic.Int64
			left.Store(calls)
			l := location(t, folder)
			l.Store = storetest.Failing{Store: l.Store, Left: &left, Silent: silent}
			tbl, err := table.Open(t.Context(), l, table.ByMonth, version)
			if err != nil {
				t.Fatal(err)
			}
			err = tbl.Upgrade(t.Context(), failOn(t))
			for partition, body := range filesOf(t, folder) {
				if !reflect.DeepEqual(eventsOf(t, body), eventsOf(t, old[partition])) {
					t.Fatalf("cut off after %d calls: %s has other rows", calls, partition)
				}
			}
			if err == nil {
				if calls < 8 {
					t.Fatalf("done with %d calls", calls)
				}
				break
			}
			if !errors.Is(err, storetest.ErrCutOff) {
				t.Fatal(err)
			}
			next := open(t, folder)
			if next.Outdated() != nil {
				if err := next.Upgrade(t.Context(), failOn(t)); err != nil {
					t.Fatal(err)
				}
			}
			if !sameFiles(filesOf(t, folder), want) {
				t.Fatalf("cut off after %d calls: other files in the end", calls)
			}
		}
	}
}

// TestUpgradeTogether upgrades a table from several runs at once, while another
// adds a row.
func TestUpgradeTogether(t *testing.T) {
	folder := oldTable(t)
	files := filesOf(t, folder)
	added := event(1, "a")
	added.EventTime = time.Date(2024, 8, 1, 0, 0, 0, 0, time.UTC)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := open(t, folder).Upgrade(t.Context(), failOn(t)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Go(func() {
		if _, err := open(t, folder).Merge(t.Context(), "eventmonth=2024-08", []schema.Event{added}); err != nil {
			t.Error(err)
		}
	})
	group.Wait()

	fresh := t.TempDir()
	tbl := open(t, fresh)
	for partition, body := range files {
		events := eventsOf(t, body)
		if partition == "eventmonth=2024-08" {
			events = append(events, added)
		}
		if _, err := tbl.Merge(t.Context(), partition, events); err != nil {
			t.Fatal(err)
		}
	}
	if !sameFiles(filesOf(t, folder), filesOf(t, fresh)) {
		t.Error("other files than from all at once")
	}
}

// A damaged file is named and stays as it is, the others are replaced, and the
// table stays one that has old files.
func TestUpgradeDamaged(t *testing.T) {
	folder := oldTable(t)
	broken := filepath.Join(folder, "eventmonth=2022-06", "events.parquet")
	if err := os.WriteFile(broken, []byte("PAR1 not a table PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	tbl := open(t, folder)
	var failed []string
	if err := tbl.Upgrade(t.Context(), func(partition string, err error) {
		if errors.Is(err, table.ErrDamaged) {
			failed = append(failed, partition)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"eventmonth=2022-06"}; !reflect.DeepEqual(failed, want) {
		t.Errorf("named %q, want %q", failed, want)
	}
	if tbl.Outdated() == nil || open(t, folder).Outdated() == nil {
		t.Error("passes for upgraded")
	}
	if body := filesOf(t, folder)["eventmonth=2022-06"]; string(body) != "PAR1 not a table PAR1" {
		t.Error("the damaged file was replaced")
	}
}

// A merge that adds nothing replaces a file of an earlier layout all the same: one
// that a restored backup brought back.
func TestMergeReplacesOldFile(t *testing.T) {
	folder := oldTable(t)
	old := filesOf(t, folder)["eventmonth=2024-08"]
	change, err := open(t, folder).Merge(t.Context(), "eventmonth=2024-08", eventsOf(t, old))
	if err != nil || !change.Written || change.Added != 0 {
		t.Fatalf("%+v, %v", change, err)
	}
	if change, err = open(t, folder).Merge(t.Context(), "eventmonth=2024-08", eventsOf(t, old)); err != nil || change.Written {
		t.Fatalf("once more: %+v, %v", change, err)
	}
}

// Readers of an old table, and of one old file in a new table, know.
func TestReaderOutdated(t *testing.T) {
	outdated := func(folder string) error {
		r, err := table.OpenReader(t.Context(), location(t, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range r.Rows(t.Context(), table.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		return r.Outdated()
	}
	folder := oldTable(t)
	if err := outdated(folder); !errors.Is(err, table.ErrOutdated) {
		t.Errorf("old table: %v", err)
	}
	old := filesOf(t, folder)["eventmonth=2024-08"]
	if err := open(t, folder).Upgrade(t.Context(), failOn(t)); err != nil {
		t.Fatal(err)
	}
	if err := outdated(folder); err != nil {
		t.Errorf("new table: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "eventmonth=2024-08", "events.parquet"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := outdated(folder); !errors.Is(err, table.ErrOutdated) {
		t.Errorf("one old file: %v", err)
	}
}

// A table that is begun has no old files, and takes no requests to find out.
func TestNewTableIsNotOutdated(t *testing.T) {
	folder := t.TempDir()
	for _, run := range []string{"first", "second"} {
		if err := open(t, folder).Outdated(); err != nil {
			t.Errorf("%s run: %v", run, err)
		}
	}
}

// A file of schema version 1 is merged as it is, and its events keep their context.
func TestMergeVersion1(t *testing.T) {
	folder := fixture(t, "version1")
	const partition = "eventmonth=2026-07"
	old := eventsOf(t, filesOf(t, folder)[partition])
	added := event(1, "a")
	added.EventTime = time.Date(2026, 7, 20, 0, 0, 0, 0, time.UTC)
	if change, err := open(t, folder).Merge(t.Context(), partition, []schema.Event{added}); err != nil || change.Added != 1 {
		t.Fatalf("%+v, %v", change, err)
	}
	got := eventsOf(t, filesOf(t, folder)[partition])
	if len(got) != len(old)+1 || !reflect.DeepEqual(got[:len(old)], old) {
		t.Errorf("rows are %+v", got)
	}
	const context = `{"requestContext":{"aws:MultiFactorAuthPresent":"true"},"tagContext":{"resourceTags":[]}}`
	rows, err := parquet.Read[struct {
		EventContext *string `parquet:"eventcontext"`
	}](bytes.NewReader(filesOf(t, folder)[partition]), int64(len(filesOf(t, folder)[partition])))
	if err != nil || rows[0].EventContext == nil || *rows[0].EventContext != context {
		t.Errorf("eventcontext is %+v, %v", rows, err)
	}
	// A record without one has a null, as if it were read now.
	const earlier = "eventmonth=2021-01"
	if _, err := open(t, folder).Merge(t.Context(), earlier, nil); err != nil {
		t.Fatal(err)
	}
	for _, e := range eventsOf(t, filesOf(t, folder)[earlier]) {
		if e.EventContext != nil {
			t.Errorf("eventcontext of a record without one is %q", *e.EventContext)
		}
	}
}

// Times that not every reader can express, which earlier programs took, are null in a
// file that is written anew.
func TestMergeEarlyTimes(t *testing.T) {
	at := func(year int) *time.Time {
		at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		return &at
	}
	scheduled := func(early *time.Time, i int) schema.Event {
		e := event(i, "a")
		e.Resources = make([]schema.Resource, i%3)
		e.Schedule = &schema.Schedule{StartTimestamp: early, EndTimestamp: at(9999)}
		e.UserIdentity = &schema.UserIdentity{SessionContext: &schema.SessionContext{Attributes: &schema.SessionAttributes{CreationDate: early}}}
		return e
	}
	old, want := t.TempDir(), t.TempDir()
	for i, year := range []int{1, 1582, 1899, 1900, 2024} {
		merge(t, open(t, old), scheduled(at(year), i))
		kept := at(year)
		if year < 1900 {
			kept = nil
		}
		merge(t, open(t, want), scheduled(kept, i))
	}
	added := event(9, "a")
	merge(t, open(t, old), added)
	merge(t, open(t, want), added)
	if !bytes.Equal(fileOf(t, old), fileOf(t, want)) {
		t.Errorf("rows are %+v, want %+v", rowsOf(t, old), rowsOf(t, want))
	}
}
