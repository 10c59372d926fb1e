package engines_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/table"
	"plantrail/schema"
)

// canonical returns a value of a row as testdata/rows.py prints it.
func canonical(value reflect.Value) any {
	switch v := value.Interface().(type) {
	case time.Time:
		return json.Number(strconv.FormatInt(v.UnixMicro(), 10))
	case bool:
		return v
	}
	switch value.Kind() {
	case reflect.Pointer:
		if value.IsNil() {
			return nil
		}
		return canonical(value.Elem())
	case reflect.Slice:
		if value.Len() == 0 {
			return nil
		}
		var list []any
		for i := range value.Len() {
			list = append(list, canonical(value.Index(i)))
		}
		return list
	case reflect.Struct:
		row := map[string]any{}
		for field, of := range value.Fields() {
			row[columnName(field)] = canonical(of)
		}
		return row
	default:
		s := value.String()
		if len(s) > 1000 {
			return fmt.Sprintf("%d bytes, SHA-256 %x", len(s), sha256.Sum256([]byte(s)))
		}
		return s
	}
}

// farTimes are around 1970, and where every reader's times begin and end.
var farTimes = []time.Time{
	time.UnixMilli(schema.FirstTime).UTC(), time.Date(1969, 12, 31, 23, 59, 59, 999e6, time.UTC), time.Unix(0, 0).UTC(), time.Date(2261, 12, 31, 23, 59, 59, 999e6, time.UTC),
}

// A stored event is one of a partition of a month.
type stored struct{ schema.Event }

// row returns its row, as testdata/rows.py prints it.
func (s stored) row() map[string]any {
	row := canonical(reflect.ValueOf(s.Event)).(map[string]any)
	row["eventmonth"] = s.EventTime.Format("2006-01")
	return row
}

// hardText returns texts that readers have been known to change.
func hardText(random *rand.Rand) string {
	list := []string{
		"", " ", "null", "NULL", "None", "NaN", "true", "1", "2024-01-01", "a", "it's", `back\slash \n`, `"quoted"`, "a,b;c|d", "{}", `{"a":1}`,
		"\x00", "a\x00b", "\x01\x1e\x1f", "line\nfeed\r\n\ttab", "\u0085\u2028\u2029", "\ufeffmark", "é", "e\u0301", "日本語", "\u202eright to left", "\U0001F600", "\U0010FFFF", "\uFFFD",
		"arn:aws:iam::111122223333:user/" + strings.Repeat("ü", 100), strings.Repeat("x", 255), strings.Repeat("x", 257), strings.Repeat("ÿ", 5000),
	}
	if random.IntN(3) == 0 {
		return fmt.Sprintf("w%04d", random.IntN(10000))
	}
	return list[random.IntN(len(list))]
}

// widelyHardTable makes a table of hard values, and returns its rows: partitions of an
// earlier schema version, some whose columns are nearly null or nearly full, clocks put
// forward and back, and one of several row groups whose dictionaries overflow.
func widelyHardTable(t *testing.T, folder string) (rows []stored) {
	t.Helper()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("..", "..", "pipeline", "table", "testdata", "version1"))); err != nil {
		t.Fatal(err)
	}
	for _, e := range readAll(t, folder) {
		rows = append(rows, stored{e})
	}
	tbl := openTable(t, folder, table.ByMonth)
	random := rand.New(rand.NewPCG(2, 7))
	write := func(first time.Time, step time.Duration, n int, change func(int, *schema.Event)) {
		var events []schema.Event
		for i := range n {
			e := schema.Event{EventSource: schema.EventSources()[i%2]}
			fill(random, reflect.ValueOf(&e).Elem(), []float64{0, 0.02, 0.5, 0.98, 1}[i/200%5], hardText)
			e.EventTime = first.Add(time.Duration(i) * step)
			e.LogFile = fmt.Sprintf("s3://trail/%06d", i)
			e.RawEvent = schema.JSON(`{"n":` + text(t, hardText(random)) + `}`)
			change(i, &e)
			events = append(events, e)
			rows = append(rows, stored{e})
		}
		if _, err := tbl.Merge(t.Context(), table.ByMonth.Partition(first), events); err != nil {
			t.Fatal(err)
		}
	}
	write(time.Date(2024, 3, 10, 6, 59, 58, 1e6, time.UTC), 333*time.Millisecond, 1000, func(int, *schema.Event) {})
	write(time.Date(2024, 11, 3, 5, 0, 0, 0, time.UTC), 7201*time.Millisecond, 2000, func(i int, e *schema.Event) {
		at := farTimes[i%len(farTimes)]
		e.Schedule = &schema.Schedule{StartTimestamp: &at}
	})
	write(time.Date(2024, 12, 31, 23, 59, 59, 999e6, time.UTC), time.Second, 1, func(_ int, e *schema.Event) {
		e.RawEvent = schema.JSON(`{"long":"` + strings.Repeat("é", 10<<20) + `"}`)
	})
	write(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Second, 1500, func(i int, e *schema.Event) {
		agent := fmt.Sprintf("%d %s", i, strings.Repeat(string(rune('a'+i%26)), 64<<10))
		e.UserAgent = &agent
	})
	return rows
}
