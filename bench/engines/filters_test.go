package engines_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
	"plantrail/schema/ddl"
)

// A filter is a condition on a column, and whether a value meets it.
type filter struct {
	path   []string
	sql    func(e *engine, column string) string
	passes func(any) bool
}

// TestFilters compares what each engine finds, with its own use of statistics and
// the page index, with a plain scan of the rows. PLANTRAIL_TABLE names another table
// to look at: one of before, for the table of failures.
func TestFilters(t *testing.T) {
	folder := os.Getenv("PLANTRAIL_TABLE")
	if folder == "" {
		folder = filepath.Join(t.TempDir(), "t")
		hardTable(t, folder)
	}
	events := readAll(t, folder)
	filters := allFilters(events)
	want := make([]int, len(filters))
	for i := range events {
		for j, f := range filters {
			if value := valueAt(reflect.ValueOf(events[i]), f.path); value != nil && f.passes(value) {
				want[j]++
			}
		}
	}
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			conditions := make([]string, len(filters))
			for i, f := range filters {
				conditions[i] = f.sql(&e, e.path(f.path))
			}
			wrong := map[string]int{}
			for i, got := range counts(t, &e, folder, conditions) {
				if got != fmt.Sprint(want[i]) {
					if column := strings.Join(filters[i].path, "."); wrong[column] < 2 {
						t.Errorf("%.300s: got %.300s, want %d", conditions[i], got, want[i])
					}
					wrong[strings.Join(filters[i].path, ".")]++
				}
			}
			t.Logf("%d filters on %d rows, wrong by column: %v", len(filters), len(events), wrong)
		})
	}
}

// batch is how many conditions are asked about in one statement, each in a scan of
// its own: to start a query takes Trino and Spark most of their time.
const batch = 25

// counts returns how many rows meet each condition.
func counts(t *testing.T, e *engine, folder string, conditions []string) []string {
	t.Helper()
	var statements []string
	for from := 0; from < len(conditions); from += batch {
		var scans []string
		for i, condition := range conditions[from:min(from+batch, len(conditions))] {
			scans = append(scans, fmt.Sprintf("SELECT %d AS i, count(*) AS n FROM t WHERE %s", from+i, condition))
		}
		statements = append(statements, strings.Join(scans, " UNION ALL "))
	}
	found := make([]string, len(conditions))
	for i, a := range e.ask(t, folder, statements) {
		if a.err != "" {
			t.Errorf("%.300s: %.300s", statements[i], a.err)
		}
		for _, row := range a.rows {
			at, err := strconv.Atoi(row[0])
			if err != nil {
				t.Fatal(err)
			}
			found[at] = row[1]
		}
	}
	return found
}

// hardTable makes a table whose texts are hard to bound, with many pages: of nulls,
// of values, and of both.
func hardTable(t *testing.T, folder string) {
	t.Helper()
	tbl := openTable(t, folder, table.ByMonth)
	random := rand.New(rand.NewPCG(3, 5))
	for month, rows := range map[int]int{1: 8, 2: 300, 3: 4000} {
		first := time.Date(2024, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
		var events []schema.Event
		for i := range rows {
			e := schema.Event{EventSource: "supportplans.amazonaws.com"}
			fill(random, reflect.ValueOf(&e).Elem(), []float64{0, 0.5, 1}[i/500%3], word)
			if i%5 == 0 {
				chain(random, &e)
			}
			e.EventTime = first.Add(time.Duration(i) * 500 * time.Second)
			e.LogFile = "s3://trail/" + word(random)
			e.RawEvent = schema.JSON(`{"eventVersion":"1.08","n":"` + strings.Repeat(word(random), 1+random.IntN(20)) + `"}`)
			events = append(events, e)
		}
		if _, err := tbl.Merge(t.Context(), table.ByMonth.Partition(first), events); err != nil {
			t.Fatal(err)
		}
	}
}

// chain makes an event one of calls with addenda, of which some amend each other, in a
// circle too.
func chain(random *rand.Rand, e *schema.Event) {
	account, id, original, reason, changes := "111122223333", fmt.Sprint("c", random.IntN(400)), fmt.Sprint("c", random.IntN(400)), schema.AddendumUpdated, false
	e.RecipientAccountID, e.EventID, e.ReadOnly, e.Addendum = &account, &id, &changes, nil
	if name, of := "AcceptSupportAgreement", "AssumedRole"; random.IntN(3) == 0 {
		e.EventName, e.ErrorCode, e.ErrorMessage = &name, nil, nil
	} else {
		arn := "arn:aws:sts::111122223333:assumed-role/" + schema.ServiceRolePrefix + "SupportPlans/s"
		e.UserIdentity = &schema.UserIdentity{Type: &of, ARN: &arn}
	}
	request := schema.JSON(fmt.Sprintf(`{"agreementId":"x-%d","accountId":"y","of":{"arns":["arn:z/%[1]d","arn:aws:iam::111122223333"]}}`, random.IntN(900)))
	e.RequestParameters, e.ResponseElements = &request, nil
	if random.IntN(3) > 0 {
		e.Addendum = &schema.Addendum{Reason: &reason, OriginalEventID: &original}
	}
}

func openTable(t *testing.T, folder string, scheme table.Scheme) *table.Table {
	t.Helper()
	u, err := store.ParseURL(folder)
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, false, &store.Shared{Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), l, scheme, "v0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	return tbl
}

// word returns a text that can stand in a statement of every engine.
func word(random *rand.Rand) string {
	words := []string{
		"", "a", "arn:aws:iam::111122223333:user/jane", "arn:aws:iam::111122223333:user/joe", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaa\uFFFF",
		strings.Repeat("é", 20), strings.Repeat("ÿ", 300), strings.Repeat("\U0001F600", 9), "\U0010FFFF\U0010FFFF\U0010FFFF\U0010FFFF\U0010FFFF\U0010FFFF\U0010FFFF",
		"it's", `back\slash`, "{}", `{"a":1}`, "Zebra", "zebra", "~~~~~~~~~~~~~~~~~~~~",
	}
	if random.IntN(3) == 0 {
		return fmt.Sprintf("w%04d", random.IntN(10000))
	}
	return words[random.IntN(len(words))]
}

// fill sets what may be null of a row, each with a probability.
func fill(random *rand.Rand, row reflect.Value, filled float64, text func(*rand.Rand) string) {
	for i := range row.NumField() {
		field := row.Field(i)
		if field.Kind() == reflect.Pointer && random.Float64() >= filled {
			continue
		}
		switch to := field.Addr().Interface().(type) {
		case **string:
			s := text(random)
			*to = &s
		case **schema.JSON:
			s := schema.JSON(text(random))
			*to = &s
		case **bool:
			b := random.IntN(2) == 0
			*to = &b
		case **time.Time:
			at := time.Date(2020+random.IntN(6), 1, 1, 0, 0, random.IntN(1<<24), random.IntN(1000)*1e6, time.UTC)
			*to = &at
		case *[]schema.Resource:
			for range random.IntN(4) {
				var r schema.Resource
				fill(random, reflect.ValueOf(&r).Elem(), filled, text)
				*to = append(*to, r)
			}
		case *string, *time.Time, *schema.JSON:
		default:
			field.Set(reflect.New(field.Type().Elem()))
			fill(random, field.Elem(), filled, text)
		}
	}
}

func readAll(t *testing.T, folder string) []schema.Event {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "event*", "*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	var all []schema.Event
	for _, file := range files {
		events, err := parquet.ReadFile[schema.Event](file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, events...)
	}
	return all
}

// leaves returns the paths of the columns that are no lists.
func leaves(row reflect.Type, path []string) (all [][]string) {
	for i := range row.NumField() {
		name, _, _ := strings.Cut(row.Field(i).Tag.Get("parquet"), ",")
		at := append(slices.Clone(path), name)
		of := row.Field(i).Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		switch {
		case of.Kind() == reflect.Slice:
		case of.Kind() == reflect.Struct && of != reflect.TypeFor[time.Time]():
			all = append(all, leaves(of, at)...)
		default:
			all = append(all, at)
		}
	}
	return all
}

// valueAt returns the string, bool or time at a path, nil for null.
func valueAt(row reflect.Value, path []string) any {
	for i := range row.NumField() {
		if name, _, _ := strings.Cut(row.Type().Field(i).Tag.Get("parquet"), ","); name != path[0] {
			continue
		}
		field := row.Field(i)
		if field.Kind() == reflect.Pointer {
			if field.IsNil() {
				return nil
			}
			field = field.Elem()
		}
		if len(path) > 1 {
			return valueAt(field, path[1:])
		}
		if field.Kind() == reflect.String {
			return field.String()
		}
		return field.Interface()
	}
	return nil
}

// allFilters returns filters on every column, by values that it has and others.
func allFilters(events []schema.Event) (all []filter) {
	for _, path := range leaves(reflect.TypeFor[schema.Event](), nil) {
		seen := map[any]int{}
		for i := range events {
			if value := valueAt(reflect.ValueOf(events[i]), path); value != nil {
				seen[value]++
			}
		}
		add := func(sql func(e *engine, column string) string, passes func(any) bool) {
			all = append(all, filter{path, sql, passes})
		}
		switch first(seen).(type) {
		case nil:
			add(func(_ *engine, c string) string { return c + " IS NOT NULL" }, func(any) bool { return true })
		case bool:
			for _, want := range []bool{true, false} {
				add(func(_ *engine, c string) string { return fmt.Sprintf("%s = %t", c, want) }, func(v any) bool { return v == want })
			}
		case time.Time:
			timeFilters(seen, add)
		case string:
			textFilters(seen, add)
		}
	}
	return all
}

type adder func(sql func(e *engine, column string) string, passes func(any) bool)

func first(seen map[any]int) any {
	for value := range seen {
		return value
	}
	return nil
}

func timeFilters(seen map[any]int, add adder) {
	var times []time.Time
	for value := range seen {
		times = append(times, value.(time.Time))
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, at := range []time.Time{times[0], times[len(times)/2], times[len(times)-1], times[0].Add(-time.Hour)} {
		literal := at.UTC().Format("2006-01-02 15:04:05.000")
		for sign, passes := range map[string]func(int) bool{
			"=": func(c int) bool { return c == 0 }, "<>": func(c int) bool { return c != 0 },
			">=": func(c int) bool { return c >= 0 }, "<": func(c int) bool { return c < 0 },
		} {
			add(func(e *engine, c string) string { return c + " " + sign + " " + e.instant(literal) },
				func(v any) bool { return passes(v.(time.Time).Compare(at)) })
		}
	}
}

func textFilters(seen map[any]int, add adder) {
	var texts []string
	for value := range seen {
		texts = append(texts, value.(string))
	}
	slices.Sort(texts)
	add(func(_ *engine, c string) string { return c + " <> ''" }, func(v any) bool { return v != "" })
	for _, want := range []string{texts[0], texts[len(texts)/3], texts[len(texts)/2], texts[len(texts)-1], "nothing is called so"} {
		for sign, passes := range map[string]func(int) bool{
			"=": func(c int) bool { return c == 0 }, "<>": func(c int) bool { return c != 0 },
			">=": func(c int) bool { return c >= 0 }, "<": func(c int) bool { return c < 0 },
		} {
			add(func(e *engine, c string) string { return c + " " + sign + " " + e.quote(want) },
				func(v any) bool { return passes(strings.Compare(v.(string), want)) })
		}
		other := texts[len(texts)*2/3]
		add(func(e *engine, c string) string { return c + " IN (" + e.quote(want) + ", " + e.quote(other) + ")" },
			func(v any) bool { return v == want || v == other })
		prefix := strings.ToValidUTF8(want[:min(len(want), 18)], "")
		if !strings.ContainsAny(prefix, `\%_`) {
			add(func(e *engine, c string) string { return c + " LIKE " + e.quote(prefix+"%") },
				func(v any) bool { return strings.HasPrefix(v.(string), prefix) })
		}
	}
}

func askTrino(t *testing.T, folder string, statements []string) []answer {
	t.Helper()
	parent, name := filepath.Split(folder)
	text, err := ddl.Table{Location: "local:///" + name, Partition: strings.TrimPrefix(partitionColumn(t, folder), "event"), Database: "default", Name: "t"}.Trino()
	if err != nil {
		t.Fatal(err)
	}
	create := strings.Split(strings.TrimSuffix(text, ";\n"), ";\n")
	return ask(t, trino(t.Context(), t, parent, "false"), append(create, statements...))[len(create):]
}
