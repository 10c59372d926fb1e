package table_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

func openReader(t testing.TB, l store.Location) *table.Reader {
	t.Helper()
	r, err := table.OpenReader(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// read returns what a filter names.
func read(t testing.TB, r *table.Reader, f table.Filter) []schema.Event {
	t.Helper()
	var events []schema.Event
	for e, err := range r.Rows(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, *e)
	}
	return events
}

// fill merges events into a new table.
func fill(t testing.TB, folder string, scheme table.Scheme, events []schema.Event) {
	t.Helper()
	tbl, err := table.Open(t.Context(), location(t, folder), scheme, version)
	if err != nil {
		t.Fatal(err)
	}
	partitions := map[string][]schema.Event{}
	for i := range events {
		name := tbl.Partition(&events[i])
		partitions[name] = append(partitions[name], events[i])
	}
	for name, events := range partitions {
		if _, err := tbl.Merge(t.Context(), name, events); err != nil {
			t.Fatal(err)
		}
	}
}

// year returns events spread over a year, sorted as the table sorts them. Some
// have no account.
func year(count int) []schema.Event {
	random := rand.New(rand.NewPCG(1, 2))
	var events []schema.Event
	for i := range count {
		e := event(i, "log")
		e.EventTime = time.Date(2023, 3, 1+random.IntN(366), random.IntN(24), 0, 0, random.IntN(1000)*1e6, time.UTC)
		switch i % 10 {
		case 0:
			e.RecipientAccountID = nil
		case 1:
			e.RecipientAccountID = new(string)
		}
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b schema.Event) int { return a.EventTime.Compare(b.EventTime) })
	return slices.CompactFunc(events, func(a, b schema.Event) bool { return a.EventTime.Equal(b.EventTime) })
}

// Rows are those that a plain look at all of them finds.
func TestRows(t *testing.T) {
	all := year(2000)
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2023, month, day, hour, 0, 0, 0, time.UTC)
	}
	exact := all[800].EventTime
	filters := map[string]table.Filter{
		"all":                {},
		"since":              {Since: at(9, 12, 5)},
		"until":              {Until: at(9, 12, 5)},
		"between":            {Since: at(7, 30, 23), Until: at(8, 1, 1)},
		"since an event":     {Since: exact},
		"until an event":     {Until: exact},
		"behind an event":    {Since: exact.Add(1)},
		"since the end":      {Since: at(24, 1, 0)},
		"until the start":    {Until: at(1, 1, 0)},
		"nothing":            {Since: at(8, 1, 0), Until: at(7, 1, 0)},
		"an account":         {Accounts: []string{"000000000003"}},
		"accounts":           {Accounts: []string{"000000000006", "000000000000"}, Since: at(5, 5, 5)},
		"an unknown account": {Accounts: []string{"111122223333"}},
	}
	for scheme, all := range map[table.Scheme][]schema.Event{table.ByDay: all[700:900], table.ByMonth: all, table.ByYear: all} {
		folder := t.TempDir()
		fill(t, folder, scheme, all)
		r := openReader(t, location(t, folder))
		for name, f := range filters {
			t.Run(fmt.Sprint(scheme, ", ", name), func(t *testing.T) {
				var want []schema.Event
				for _, e := range all {
					if (f.Since.IsZero() || !e.EventTime.Before(f.Since)) && (f.Until.IsZero() || e.EventTime.Before(f.Until)) &&
						(f.Accounts == nil || e.RecipientAccountID == nil || *e.RecipientAccountID == "" || slices.Contains(f.Accounts, *e.RecipientAccountID)) {
						want = append(want, e)
					}
				}
				same(t, read(t, r, f), want)
				f.Newest = true
				slices.Reverse(want)
				same(t, read(t, r, f), want)
			})
		}
	}
}

func same(t *testing.T, got, want []schema.Event) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
		return
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("row %d:\n%+v\nwant\n%+v", i, got[i], want[i])
			return
		}
	}
}

// Columns that are not asked for stay null.
func TestRowsColumns(t *testing.T) {
	folder := t.TempDir()
	e := event(5, "log")
	e.UserIdentity = &schema.UserIdentity{ARN: e.EventID}
	fill(t, folder, table.ByMonth, []schema.Event{e})
	got := read(t, openReader(t, location(t, folder)), table.Filter{Columns: []string{"eventname", "useridentity", "resources"}})
	same(t, got, []schema.Event{{
		EventTime: e.EventTime, EventName: e.EventName, RecipientAccountID: e.RecipientAccountID, Resources: e.Resources, UserIdentity: e.UserIdentity,
	}})
}

// A counting store counts the bytes read of files, and the files.
type counting struct {
	store.Store
	bytes, files *atomic.Int64
}

func (c counting) Open(ctx context.Context, key string) (*store.File, error) {
	file, err := c.Store.Open(ctx, key)
	if err == nil {
		c.files.Add(1)
		file.ReaderAt = countingReader{file.ReaderAt, c.bytes}
	}
	return file, err
}

type countingReader struct {
	io.ReaderAt
	bytes *atomic.Int64
}

func (c countingReader) ReadAt(p []byte, at int64) (int, error) {
	c.bytes.Add(int64(len(p)))
	return c.ReaderAt.ReadAt(p, at)
}

// What a filter excludes is not read: partitions by their names, row groups and
// pages by their statistics, columns that nobody asked for.
func TestRowsPruned(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 110,000 rows")
	}
	const rows = 110_000
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	var events []schema.Event
	for i := range rows {
		e := event(i, "log")
		e.EventTime = start.Add(time.Duration(i) * time.Second) // 30 hours
		account := fmt.Sprintf("%012d", i/100_000)              // one a row group, but for
		if i == 500 || i == 600 || i == 90_000 {
			account = "000000000007"
		}
		e.RecipientAccountID = &account
		e.RawEvent = schema.JSON(fmt.Sprintf(`{"n":"%x%x%x%x"}`, random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64()))
		events = append(events, e)
	}
	april := event(1, "log")
	april.EventTime = start.AddDate(0, 1, 0)
	april.RecipientAccountID = events[rows-1].RecipientAccountID
	folder := t.TempDir()
	fill(t, folder, table.ByMonth, append(events, april))
	whole := float64(len(fileOf(t, folder)))
	columns := []string{"eventname"}
	tests := []struct {
		name  string
		f     table.Filter
		limit int
		rows  int
		files int64
		share float64 // of the file's bytes at most
	}{
		{"all", table.Filter{}, 0, rows + 1, 2, 1.2},
		{"a column", table.Filter{Columns: columns}, 0, rows + 1, 2, 0.2},
		{"april", table.Filter{Since: april.EventTime}, 0, 1, 1, 0.01},
		{"the newest", table.Filter{Columns: columns, Newest: true, Until: april.EventTime}, 20, 20, 1, 0.06},
		{"the newest two", table.Filter{Columns: columns, Newest: true}, 2, 2, 2, 0.06},
		{"an hour", table.Filter{Columns: columns, Since: start.Add(28 * time.Hour), Until: start.Add(29 * time.Hour)}, 0, 3600, 1, 0.06},
		{"an account", table.Filter{Columns: columns, Accounts: []string{"000000000001"}, Until: april.EventTime}, 0, 10_000, 1, 0.1},
		{"a rare account", table.Filter{Accounts: []string{"000000000007"}, Columns: columns, Until: april.EventTime}, 0, 3, 1, 0.1},
		{"an unknown account", table.Filter{Accounts: []string{"111122223333"}}, 0, 0, 2, 0.02},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := location(t, folder)
			c := counting{l.Store, new(atomic.Int64), new(atomic.Int64)}
			l.Store = c
			got := 0
			for _, err := range openReader(t, l).Rows(t.Context(), test.f) {
				if err != nil {
					t.Fatal(err)
				}
				if got++; got == test.limit {
					break
				}
			}
			share := float64(c.bytes.Load()) / whole
			t.Logf("%d rows, %.4f of the bytes", got, share)
			if got != test.rows || c.files.Load() != test.files || share > test.share {
				t.Errorf("%d rows of %d files, %.3f of the bytes; want %d of %d, %.3f", got, c.files.Load(), share, test.rows, test.files, test.share)
			}
		})
	}
}

// Who reads while another merges sees the file as it was, or as it is: whole.
func TestRowsDuringMerge(t *testing.T) {
	folder := t.TempDir()
	tbl := open(t, folder)
	var even, odd []schema.Event
	for i := range 4000 {
		if i%2 == 0 {
			even = append(even, event(i, "a"))
		} else {
			odd = append(odd, event(i, "a"))
		}
	}
	merge(t, tbl, even...)
	r := openReader(t, location(t, folder))
	seen := 0
	for _, err := range r.Rows(t.Context(), table.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 1 {
			merge(t, tbl, odd...)
		}
	}
	if seen != len(even) {
		t.Errorf("%d rows, want the %d there were at the start", seen, len(even))
	}
	if now := read(t, r, table.Filter{}); len(now) != 4000 {
		t.Errorf("%d rows afterwards", len(now))
	}
}

// A breaking store gives files that can be read a few times only.
type breaking struct {
	store.Store
	reads int
	err   error
}

func (b *breaking) Open(ctx context.Context, key string) (*store.File, error) {
	file, err := b.Store.Open(ctx, key)
	if err == nil {
		whole := file.ReaderAt
		file.ReaderAt = readerFunc(func(p []byte, at int64) (int, error) {
			if b.reads--; b.reads < 0 {
				return 0, b.err
			}
			return whole.ReadAt(p, at)
		})
	}
	return file, err
}

type readerFunc func([]byte, int64) (int, error)

func (f readerFunc) ReadAt(p []byte, at int64) (int, error) { return f(p, at) }

// A file that cannot be fetched is not damaged.
func TestRowsBreakOff(t *testing.T) {
	folder := t.TempDir()
	merge(t, open(t, folder), event(1, "a"), event(2, "a"))
	for reads := 0; ; reads++ {
		l := location(t, folder)
		l.Store = &breaking{Store: l.Store, reads: reads, err: store.ErrChanged}
		var failed error
		for _, err := range openReader(t, l).Rows(t.Context(), table.Filter{Newest: true}) {
			failed = err
		}
		if failed == nil {
			if reads == 0 {
				t.Error("it read nothing")
			}
			return
		}
		if !errors.Is(failed, store.ErrChanged) || errors.Is(failed, table.ErrDamaged) {
			t.Fatalf("%d reads: %v", reads, failed)
		}
	}
}

func TestRowsCancelled(t *testing.T) {
	folder := t.TempDir()
	fill(t, folder, table.ByDay, year(10))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var failed error
	for _, err := range openReader(t, location(t, folder)).Rows(ctx, table.Filter{}) {
		cancel()
		failed = err
	}
	if !errors.Is(failed, context.Canceled) {
		t.Errorf("ended with %v", failed)
	}
}

// Wherever a file is damaged, reading ends with its name, or was not misled.
func TestRowsDamaged(t *testing.T) {
	folder := t.TempDir()
	merge(t, open(t, folder), event(1, "a"), event(2, "a"), event(5, "a"))
	good := fileOf(t, folder)
	path := filepath.Join(folder, march, "events.parquet")
	check := func(name string, bad []byte, must bool) {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var failed error
		for _, err := range openReader(t, location(t, folder)).Rows(t.Context(), table.Filter{Newest: true, Accounts: []string{"000000000001", "000000000002"}}) {
			failed = err
		}
		if failed == nil && must || failed != nil && (!errors.Is(failed, table.ErrDamaged) || !strings.Contains(failed.Error(), path)) {
			t.Errorf("%s: %v", name, failed)
		}
	}
	check("empty", nil, true)
	check("cut off", good[:len(good)/2], true)
	check("not Parquet", []byte("hello hello hello"), true)
	for at := 0; at < len(good); at += 211 {
		check(fmt.Sprint("byte ", at), flip(good, at), false)
	}
}

func TestOpenReader(t *testing.T) {
	for name, test := range map[string]struct {
		text string // of table.json
		want error
		say  string
	}{
		"none":      {"", table.ErrNone, "no table here"},
		"newer":     {`{"schema_version":99,"partition":"month"}`, table.ErrNewer, "upgrade"},
		"damaged":   {`{`, table.ErrDamaged, "table.json"},
		"by week":   {`{"schema_version":1,"partition":"week"}`, nil, "week"},
		"no scheme": {`{"schema_version":1}`, nil, "not a way to partition"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if test.text != "" {
				if err := os.Mkdir(filepath.Join(folder, "_plantrail"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, "_plantrail", "table.json"), []byte(test.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := table.OpenReader(t.Context(), location(t, folder))
			if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.say) {
				t.Errorf("error %v, want %v with %q", err, test.want, test.say)
			}
		})
	}
}

// Reading writes nothing, and passes over folders that are no partitions.
func TestReaderWritesNothing(t *testing.T) {
	folder := t.TempDir()
	tbl := open(t, folder)
	merge(t, tbl, event(1, "a"))
	if err := tbl.PutDocument(t.Context(), "state/x.json", []byte("{}"), ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"eventmonth=2024-02", "eventmonth=__HIVE_DEFAULT_PARTITION__", "eventday=2024-03-01", "other"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	before := names(t, folder)
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o700)
	r := openReader(t, location(t, folder))
	if got := read(t, r, table.Filter{}); len(got) != 1 {
		t.Errorf("%d rows", len(got))
	}
	if text, _, err := r.Document(t.Context(), "state/x.json"); string(text) != "{}" || err != nil {
		t.Errorf("document %q, error %v", text, err)
	}
	if _, _, err := r.Document(t.Context(), "state/y.json"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a document that is not there: %v", err)
	}
	if after := names(t, folder); !slices.Equal(before, after) {
		t.Errorf("there is %q, was %q", after, before)
	}
}

// names returns what a folder holds, with times of change.
func names(t *testing.T, folder string) (all []string) {
	t.Helper()
	err := filepath.Walk(folder, func(name string, info os.FileInfo, err error) error {
		if err == nil {
			all = append(all, fmt.Sprint(name, info.Size(), info.ModTime()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Rows that name no account are among those of any, whatever the statistics say
// of the others: their account may be told elsewhere in the record.
func TestRowsWithoutAccount(t *testing.T) {
	folder := t.TempDir()
	none, empty := event(1, "a"), event(2, "a")
	none.RecipientAccountID, empty.RecipientAccountID = nil, new(string)
	for name, events := range map[string][]schema.Event{
		"null": {event(0, "a"), none}, "empty": {event(0, "a"), empty}, "only null": {none},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(folder, name)
			merge(t, open(t, folder), events...)
			got := read(t, openReader(t, location(t, folder)), table.Filter{Accounts: []string{"111122223333"}})
			same(t, got, events[len(events)-1:])
		})
	}
}

// Documents are the JSON documents of one folder, in order.
func TestDocuments(t *testing.T) {
	folder := t.TempDir()
	tbl := open(t, folder)
	for _, name := range []string{"state/b.json", "state/a.json", "state/a.json.aside", "state/deeper/c.json", "states/d.json"} {
		if err := tbl.PutDocument(t.Context(), name, []byte("{}"), ""); err != nil {
			t.Fatal(err)
		}
	}
	r := openReader(t, location(t, folder))
	list := func(ctx context.Context, folder string, limit int) (names []string, err error) {
		for name, err := range r.Documents(ctx, folder) {
			if err != nil {
				return names, err
			}
			if names = append(names, name); len(names) == limit {
				break
			}
		}
		return names, nil
	}
	for name, test := range map[string]struct {
		folder string
		limit  int
		want   []string
	}{
		"all":   {"state", 9, []string{"state/a.json", "state/b.json"}},
		"one":   {"state", 1, []string{"state/a.json"}},
		"empty": {"none", 9, nil},
	} {
		if got, err := list(t.Context(), test.folder, test.limit); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, error %v", name, got, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := list(ctx, "state", 9); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %q, error %v", got, err)
	}
}

// Times are read as they were written, from the first to the last, also
// after a merge that took over the row.
func TestRowsTimes(t *testing.T) {
	folder := t.TempDir()
	first, last := time.UnixMilli(schema.FirstTime).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
	e := event(1, "a")
	e.Schedule = &schema.Schedule{StartTimestamp: &first, EndTimestamp: &last}
	e.UserIdentity = &schema.UserIdentity{SessionContext: &schema.SessionContext{Attributes: &schema.SessionAttributes{CreationDate: &last}}}
	tbl := open(t, folder)
	merge(t, tbl, e)
	merge(t, tbl, event(2, "b"))
	all := read(t, openReader(t, location(t, folder)), table.Filter{})
	if len(all) != 2 || all[0].Schedule == nil || !all[0].Schedule.StartTimestamp.Equal(first) || !all[0].Schedule.EndTimestamp.Equal(last) ||
		!all[0].UserIdentity.SessionContext.Attributes.CreationDate.Equal(last) || !all[0].EventTime.Equal(e.EventTime) {
		t.Errorf("read %+v", all)
	}
}

// A partition that was moved elsewhere, with a link in its place, is read: a merge
// writes there.
func TestRowsLinkedPartition(t *testing.T) {
	folder, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "moved")
	tbl := open(t, folder)
	merge(t, tbl, event(1, "a"))
	partition := filepath.Join(folder, tbl.Partition(new(event(1, "a"))))
	if err := os.Rename(partition, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, partition); err != nil {
		t.Fatal(err)
	}
	merge(t, tbl, event(2, "b"))
	if all := read(t, openReader(t, location(t, folder)), table.Filter{}); len(all) != 2 {
		t.Errorf("read %d rows, want 2", len(all))
	}
}
