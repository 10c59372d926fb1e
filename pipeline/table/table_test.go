package table_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

const version = "v0.0.0"

func location(t testing.TB, folder string) store.Location {
	t.Helper()
	u, err := store.ParseURL(folder)
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, false, new(store.Shared))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func open(t testing.TB, folder string) *table.Table {
	t.Helper()
	opened, err := table.Open(t.Context(), location(t, folder), table.ByMonth, version)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

const march = "eventmonth=2024-03"

// event returns the i-th event of a month, from a log file. What is not of the
// event's identity depends on the log file too, as when a copy was amended.
func event(i int, logFile string) schema.Event {
	ptr := func(s string) *string { return &s }
	raw := fmt.Sprintf(`{"n":%d,"pad":"%s"}`, i, strings.Repeat("x", i%50))
	e := schema.Event{
		EventTime:          time.Date(2024, 3, 1, 0, 0, i/3, 0, time.UTC),
		EventSource:        "supportplans.amazonaws.com",
		EventName:          ptr([]string{"GetSupportPlan", "StartSupportPlanUpdate"}[i%2]),
		EventID:            ptr(fmt.Sprintf("id-%06d", i)),
		RecipientAccountID: ptr(fmt.Sprintf("%012d", i%7)),
		LogFile:            logFile,
		RawEvent:           schema.JSON(raw),
	}
	if i%5 == 0 {
		e.Resources = []schema.Resource{{ARN: ptr("a")}, {ARN: ptr("b")}}
	}
	return e
}

func merge(t testing.TB, tbl *table.Table, events ...schema.Event) table.Change {
	t.Helper()
	change, err := tbl.Merge(t.Context(), march, events)
	if err != nil {
		t.Fatal(err)
	}
	change.Rows, change.Size = 0, 0 // the tests of contents look at them
	return change
}

func fileOf(t testing.TB, folder string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(folder, march, "events.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func rowsOf(t testing.TB, folder string) []schema.Event {
	t.Helper()
	rows, err := parquet.Read[schema.Event](bytes.NewReader(fileOf(t, folder)), int64(len(fileOf(t, folder))))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestMerge(t *testing.T) {
	none := func(i int, logFile, raw string) schema.Event { // an event without an ID
		e := event(i, logFile)
		e.EventID, e.RawEvent = nil, schema.JSON(raw)
		return e
	}
	renamed := event(1, "b")
	name := "ListSupportPlanModifiers"
	renamed.EventName = &name
	addendum := func(e schema.Event) schema.Event {
		e.Addendum, e.RawEvent = &schema.Addendum{}, e.RawEvent+" "
		return e
	}
	const looked = "cloudtrail://111122223333/us-east-1"
	tests := []struct {
		name   string
		merges [][]schema.Event
		want   string // log files of the rows, in order
		last   table.Change
	}{
		{"one event", [][]schema.Event{{event(1, "b")}}, "b", table.Change{Added: 1, Written: true}},
		{"the same again", [][]schema.Event{{event(1, "b")}, {event(1, "b")}}, "b", table.Change{}},
		{"a copy from a later log file", [][]schema.Event{{event(1, "b")}, {event(1, "c")}}, "b", table.Change{Duplicates: 1}},
		{"a copy from an earlier log file", [][]schema.Event{{event(1, "b")}, {event(1, "a")}}, "a", table.Change{Duplicates: 1, Written: true}},
		{"copies at once", [][]schema.Event{{event(1, "c"), event(1, "a"), event(1, "b")}}, "a", table.Change{Added: 1, Duplicates: 2, Written: true}},
		{"a copy that says something else", [][]schema.Event{{event(1, "b")}, {addendum(event(1, "c"))}}, "c", table.Change{Duplicates: 1, Differing: 1, Written: true}},
		{"and then the other again", [][]schema.Event{{addendum(event(1, "c"))}, {event(1, "b")}}, "c", table.Change{Duplicates: 1, Differing: 1}},
		{"both at once", [][]schema.Event{{addendum(event(1, "c")), event(1, "b")}}, "c", table.Change{Added: 1, Duplicates: 1, Differing: 1, Written: true}},
		{"from Event history, then a log file", [][]schema.Event{{event(1, looked)}, {event(1, "s3://z/z")}}, "s3://z/z", table.Change{Duplicates: 1, Written: true}},
		{"from a log file, then Event history", [][]schema.Event{{event(1, "s3://z/z")}, {event(1, looked)}}, "s3://z/z", table.Change{Duplicates: 1}},
		{"an addendum from Event history", [][]schema.Event{{event(1, "s3://z/z")}, {addendum(event(1, looked))}}, looked, table.Change{Duplicates: 1, Differing: 1, Written: true}},
		{"between, before and behind", [][]schema.Event{{event(3, "d"), event(9, "j")}, {event(12, "m"), event(6, "g"), event(0, "a")}}, "a d g j m", table.Change{Added: 3, Written: true}},
		{"one ID, two names", [][]schema.Event{{event(1, "a")}, {renamed}}, "b a", table.Change{Added: 1, Written: true}},
		{"no ID, two records", [][]schema.Event{{none(1, "a", `{"x":1}`)}, {none(1, "b", `{"x":2}`)}}, "a b", table.Change{Added: 1, Written: true}},
		{"no ID, one record", [][]schema.Event{{none(1, "b", `{"x":1}`)}, {none(1, "a", `{"x":1}`)}}, "a", table.Change{Duplicates: 1, Written: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			tbl := open(t, folder)
			var last table.Change
			for _, events := range test.merges {
				last = merge(t, tbl, events...)
			}
			if last != test.last {
				t.Errorf("the last merge was %+v, want %+v", last, test.last)
			}
			var got []string
			for _, row := range rowsOf(t, folder) {
				got = append(got, row.LogFile)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("rows are from %q, want %q", strings.Join(got, " "), test.want)
			}
		})
	}
}

// The bytes depend on the set of events, not on how they came.
func TestMergeDeterministic(t *testing.T) {
	var events []schema.Event
	for i := range 3000 {
		events = append(events, event(i, fmt.Sprintf("log-%d", i%11)))
		if i%10 == 0 {
			events = append(events, event(i, fmt.Sprintf("log-%d", i%13)))
		}
		if i%30 == 0 {
			e := event(i, fmt.Sprintf("log-%d", 20+i%3))
			e.Addendum, e.RawEvent = &schema.Addendum{}, e.RawEvent+" "
			events = append(events, e, event(i, "cloudtrail://111122223333/us-east-1"))
		}
	}
	want := t.TempDir()
	merge(t, open(t, want), events...)
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			got := t.TempDir()
			tbl := open(t, got)
			for rest := events; len(rest) > 0; {
				n := min(1+random.IntN(1000), len(rest))
				merge(t, tbl, rest[:n]...)
				rest = rest[n:]
			}
			if !bytes.Equal(fileOf(t, want), fileOf(t, got)) {
				t.Error("the files differ")
			}
		})
	}
}

// Rows follow from what log files hold, not from the order in which they are read:
// of copies the one whose log file sorts first wins, as that log file is now.
func TestMergeChanged(t *testing.T) {
	of := func(logFile, raw string) schema.Event {
		e := event(1, "a")
		e.LogFile, e.RawEvent = logFile, schema.JSON(raw)
		return e
	}
	for name, test := range map[string]struct {
		merges  [][]schema.Event
		want    string
		changes []table.Change
	}{
		"changed":              {[][]schema.Event{{of("b", "1")}, {of("b", "2")}}, "2", []table.Change{{Added: 1, Written: true}, {Written: true}}},
		"changed back":         {[][]schema.Event{{of("b", "1")}, {of("b", "2")}, {of("b", "1")}}, "1", nil},
		"the same":             {[][]schema.Event{{of("b", "1")}, {of("b", "1")}}, "1", []table.Change{{Added: 1, Written: true}, {}}},
		"a later copy changed": {[][]schema.Event{{of("a", "1")}, {of("b", "2")}, {of("b", "3")}}, "1", nil},
		"the first changed":    {[][]schema.Event{{of("b", "2")}, {of("a", "1")}, {of("a", "3")}, {of("b", "2")}}, "3", nil},
		"with its copy":        {[][]schema.Event{{of("b", "1"), of("a", "1")}, {of("a", "2"), of("b", "3")}}, "2", nil},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			tbl := open(t, folder)
			for i, events := range test.merges {
				change := merge(t, tbl, events...)
				if test.changes != nil && change != test.changes[i] {
					t.Errorf("merge %d: %+v, want %+v", i, change, test.changes[i])
				}
			}
			got := rowsOf(t, folder)
			if len(got) != 1 || string(got[0].RawEvent) != test.want {
				t.Errorf("%+v, want %s", got, test.want)
			}
		})
	}
}

// Writers at once on one partition lose nothing, and end in the bytes of one.
func TestMergeConcurrent(t *testing.T) {
	const writers, each = 4, 5
	var all []schema.Event
	folder := t.TempDir()
	var group sync.WaitGroup
	for w := range writers {
		var mine []schema.Event
		for i := range each {
			mine = append(mine, event(w*3+i, fmt.Sprint("log-", w))) // half of them are another's too
		}
		all = append(all, mine...)
		group.Go(func() {
			tbl := open(t, folder)
			for _, e := range mine {
				merge(t, tbl, e)
			}
		})
	}
	group.Wait()
	want := t.TempDir()
	merge(t, open(t, want), all...)
	if !bytes.Equal(fileOf(t, want), fileOf(t, folder)) {
		t.Error("the files differ")
	}
}

// A file of several row groups is merged as a stream.
func TestMergeRowGroups(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 110,000 rows")
	}
	folder := t.TempDir()
	tbl := open(t, folder)
	var even, odd []schema.Event
	for i := range 110_000 {
		if i%2 == 0 {
			even = append(even, event(i, "a"))
		} else {
			odd = append(odd, event(i, "a"))
		}
	}
	merge(t, tbl, even...)
	merge(t, tbl, odd...)
	body := fileOf(t, folder)
	file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	if file.NumRows() != 110_000 || len(file.RowGroups()) != 2 || file.RowGroups()[0].NumRows() != 100_000 {
		t.Errorf("%d rows in %d row groups", file.NumRows(), len(file.RowGroups()))
	}
	if change := merge(t, tbl, odd...); change.Written {
		t.Error("nothing new, but written")
	}
}

func TestOpenRefuses(t *testing.T) {
	write := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			t.Helper()
			name := filepath.Join(folder, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name    string
		prepare func(*testing.T, string)
		want    error
		text    string
	}{
		{"another scheme", write("_plantrail/table.json", `{"schema_version":1,"partition":"day"}`), table.ErrScheme, "by day, not by month"},
		{"another scheme, no description", write("eventyear=2024/events.parquet", ""), table.ErrScheme, "by year, not by month: it holds eventyear=2024"},
		{"a newer table", write("_plantrail/table.json", `{"schema_version":99,"partition":"month"}`), table.ErrNewer, "upgrade"},
		{"a damaged description", write("_plantrail/table.json", `{`), table.ErrDamaged, "table.json"},
		{"a file in the way", write("_plantrail", ``), nil, "not a directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			test.prepare(t, folder)
			_, err := table.Open(t.Context(), location(t, folder), table.ByMonth, version)
			if err == nil || !errors.Is(err, test.want) && test.want != nil || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error %v, want %v with %q", err, test.want, test.text)
			}
		})
	}
}

// A store that does not heed the condition of a put would lose rows of two runs.
type heedless struct{ store.Store }

func (h heedless) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	err := h.Store.Put(ctx, key, body, size, etag)
	if errors.Is(err, store.ErrChanged) {
		return nil
	}
	return err
}

// A store that heeds one of the two conditions is refused as well.
type halfHeedless struct{ store.Store }

func (h halfHeedless) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	err := h.Store.Put(ctx, key, body, size, etag)
	if errors.Is(err, store.ErrChanged) && etag != "" {
		return nil
	}
	return err
}

func TestOpenUnconditional(t *testing.T) {
	for name, test := range map[string]struct {
		wrap   func(store.Store) store.Store
		saying string
	}{
		"heedless":               {func(s store.Store) store.Store { return heedless{s} }, "If-None-Match"},
		"heeds If-None-Match: *": {func(s store.Store) store.Store { return halfHeedless{s} }, "If-Match"},
	} {
		l := location(t, t.TempDir())
		l.Store = test.wrap(l.Store)
		if _, err := table.Open(t.Context(), l, table.ByMonth, version); !errors.Is(err, table.ErrUnconditional) || !strings.Contains(err.Error(), test.saying) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A forgetful store lets the version before a put come back, as one does that
// checks and then puts for two writers.
type forgetful struct {
	store.Store
	forget bool
}

func (f *forgetful) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	if f.forget {
		return nil
	}
	return f.Store.Put(ctx, key, body, size, etag)
}

// Rows that were put and are not there are missed.
func TestConfirm(t *testing.T) {
	l := location(t, t.TempDir())
	f := &forgetful{Store: l.Store}
	l.Store = f
	tab, err := table.Open(t.Context(), l, table.ByMonth, version)
	if err != nil {
		t.Fatal(err)
	}
	first, second := []schema.Event{event(1, "a"), event(2, "a")}, []schema.Event{event(3, "a")}
	partition := tab.Partition(&first[0])
	if _, err := tab.Merge(t.Context(), partition, first); err != nil {
		t.Fatal(err)
	}
	if err := tab.Confirm(t.Context(), partition, first); err != nil {
		t.Error(err)
	}
	f.forget = true
	if _, err := tab.Merge(t.Context(), partition, second); err != nil {
		t.Fatal(err)
	}
	if err := tab.Confirm(t.Context(), partition, second); !errors.Is(err, table.ErrOverwritten) || !strings.Contains(err.Error(), "1 of 1 rows") {
		t.Errorf("error %v", err)
	}
	if err := tab.Confirm(t.Context(), "eventmonth=1999-01", second); !errors.Is(err, table.ErrOverwritten) {
		t.Errorf("error %v", err)
	}
}

// A damaged file of the table is named, and left as it is.
func TestMergeDamaged(t *testing.T) {
	whole := func(t *testing.T, events ...schema.Event) []byte {
		t.Helper()
		folder := t.TempDir()
		merge(t, open(t, folder), events...)
		return fileOf(t, folder)
	}
	foreign := func() []byte {
		var out bytes.Buffer
		if err := parquet.Write(&out, []schema.Event{event(1, "a")}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	unsorted := func() []byte {
		var out bytes.Buffer
		err := parquet.Write(&out, []schema.Event{event(9, "a"), event(1, "a")}, parquet.KeyValueMetadata("plantrail.schema_version", "1"))
		if err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	newer := func() []byte {
		var out bytes.Buffer
		err := parquet.Write(&out, []schema.Event{event(1, "a")}, parquet.KeyValueMetadata("plantrail.schema_version", "99"))
		if err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	columns := func() []byte {
		var out bytes.Buffer
		err := parquet.Write(&out, []struct{ A int }{{1}}, parquet.KeyValueMetadata("plantrail.schema_version", "1"))
		if err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	good := whole(t, event(1, "a"), event(2, "a"))
	for name, test := range map[string]struct {
		body []byte
		want error
	}{
		"empty":              {nil, table.ErrDamaged},
		"not Parquet":        {[]byte("hello hello hello"), table.ErrDamaged},
		"cut off":            {good[:len(good)/2], table.ErrDamaged},
		"a flipped footer":   {flip(good, len(good)-6), table.ErrDamaged},
		"a flipped page":     {flip(good, bytes.Index(good, []byte{0x28, 0xb5, 0x2f, 0xfd})+8), table.ErrDamaged},
		"of another program": {foreign(), table.ErrDamaged},
		"of other columns":   {columns(), table.ErrDamaged},
		"not sorted":         {unsorted(), table.ErrDamaged},
		"of a newer one":     {newer(), table.ErrNewer},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			tbl := open(t, folder)
			merge(t, tbl, event(1, "a"))
			path := filepath.Join(folder, march, "events.parquet")
			if err := os.WriteFile(path, test.body, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := tbl.Merge(t.Context(), march, []schema.Event{event(3, "a")})
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %v with the name", err, test.want)
			}
			if !bytes.Equal(fileOf(t, folder), test.body) {
				t.Error("the file was changed")
			}
		})
	}
}

// Wherever a file is damaged, a merge ends in an error, with the file as it was,
// or was not misled. It never panics.
func TestMergeFlippedBits(t *testing.T) {
	folder := t.TempDir()
	tbl := open(t, folder)
	merge(t, tbl, event(1, "a"), event(2, "a"), event(5, "a"))
	good := fileOf(t, folder)
	path := filepath.Join(folder, march, "events.parquet")
	for at := 0; at < len(good); at += 211 {
		bad := flip(good, at)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := tbl.Merge(t.Context(), march, []schema.Event{event(7, "a")})
		if err != nil && (!errors.Is(err, table.ErrDamaged) || !bytes.Equal(fileOf(t, folder), bad)) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
}

func flip(body []byte, at int) []byte {
	body = bytes.Clone(body)
	body[at] ^= 0xff
	return body
}

// A store whose puts are refused a few times, as if others were faster.
type contended struct {
	store.Store
	refusals int
}

func (c *contended) Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error {
	if c.refusals--; c.refusals >= 0 {
		return store.ErrChanged
	}
	return c.Store.Put(ctx, key, body, size, etag)
}

func TestMergeRefusedPut(t *testing.T) {
	l := location(t, t.TempDir())
	c := &contended{Store: l.Store}
	l.Store = c
	tbl, err := table.Open(t.Context(), l, table.ByMonth, version)
	if err != nil {
		t.Fatal(err)
	}
	c.refusals = 3
	if change := merge(t, tbl, event(1, "a"), event(1, "b")); change != (table.Change{Added: 1, Duplicates: 1, Written: true}) {
		t.Errorf("after refusals: %+v", change)
	}
	c.refusals = 1 << 30
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := tbl.Merge(ctx, march, []schema.Event{event(2, "a")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("endless refusals: %v", err)
	}
}

func TestScheme(t *testing.T) {
	at := time.Date(2024, 3, 1, 1, 0, 0, 0, time.FixedZone("", 2*60*60)) // 29 February in UTC
	for text, want := range map[string]string{"day": "eventday=2024-02-29", "month": "eventmonth=2024-02", "year": "eventyear=2024"} {
		scheme, err := table.ParseScheme(text)
		if err != nil || scheme.Partition(at) != want {
			t.Errorf("%s: %s, error %v", text, scheme.Partition(at), err)
		}
	}
	if _, err := table.ParseScheme("week"); err == nil {
		t.Error("week is a scheme")
	}
}

func BenchmarkMergeSmall(b *testing.B) {
	tbl := open(b, b.TempDir())
	i := 0
	for b.Loop() {
		i++
		merge(b, tbl, event(i%50, fmt.Sprint("log-", 1_000_000-i)))
	}
}

// BenchmarkMergeLarge adds one row to 100,000.
func BenchmarkMergeLarge(b *testing.B) {
	tbl := open(b, b.TempDir())
	var events []schema.Event
	for i := range 100_000 {
		events = append(events, event(i, "a"))
	}
	merge(b, tbl, events...)
	b.ResetTimer()
	b.ReportAllocs()
	for i := range b.N {
		merge(b, tbl, event(100_000+i, "a"))
	}
}

// Ten thousand copies of one event are one row.
func TestMergeTenThousandCopies(t *testing.T) {
	folder := t.TempDir()
	var events []schema.Event
	for i := range 10_000 {
		events = append(events, event(1, fmt.Sprintf("log-%05d", 9999-i)))
	}
	change := merge(t, open(t, folder), events...)
	rows := rowsOf(t, folder)
	if change != (table.Change{Added: 1, Duplicates: 9999, Written: true}) || len(rows) != 1 || rows[0].LogFile != "log-00000" {
		t.Errorf("%+v, %d rows", change, len(rows))
	}
}

// FuzzMerge merges into whatever a table's file may hold: it never panics, and
// what it cannot read it leaves as it is.
func FuzzMerge(f *testing.F) {
	folder := f.TempDir()
	merge(f, open(f, folder), event(1, "a"), event(2, "a"), event(5, "a"))
	good := fileOf(f, folder)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		folder := t.TempDir()
		tbl := open(t, folder)
		path := filepath.Join(folder, march, "events.parquet")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := tbl.Merge(t.Context(), march, []schema.Event{event(3, "a")})
		if err != nil && !bytes.Equal(fileOf(t, folder), body) {
			t.Errorf("changed in spite of %v", err)
		}
		if err != nil && !errors.Is(err, table.ErrDamaged) && !errors.Is(err, table.ErrNewer) {
			t.Errorf("error %v", err)
		}
	})
}
