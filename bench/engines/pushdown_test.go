package engines_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/schema"
)

// A comparison is a filter that a library takes: a column, one of == >= and <, and a
// value. A time is the microseconds since 1970.
type comparison struct {
	Path  []string `json:"path"`
	Sign  string   `json:"sign"`
	Kind  string   `json:"kind"` // text, bool or time
	Value any      `json:"value"`

	want int // rows
}

// TestPushdown compares how many rows libraries find that leave out what statistics and
// the page index say cannot match, with a plain scan of the rows.
func TestPushdown(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "t")
	hardTable(t, folder)
	comparisons := allComparisons(readAll(t, folder))
	text, err := json.Marshal(comparisons)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readers() {
		if !r.filters {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			command := r.run(t, folder)
			command.Args = append(command.Args, "filters")
			command.Stdin = bytes.NewReader(text)
			found := run(t, command).counts
			if len(found) != len(comparisons) {
				t.Fatalf("%d answers to %d filters", len(found), len(comparisons))
			}
			for i, c := range comparisons {
				if found[i] != c.want {
					t.Errorf("%s %s %.100q: got %d, want %d", strings.Join(c.Path, "."), c.Sign, c.Value, found[i], c.want)
				}
			}
			t.Logf("%d filters", len(comparisons))
		})
	}
}

// allComparisons returns comparisons of every column with values that it has and others.
func allComparisons(events []schema.Event) (all []comparison) {
	for _, path := range leaves(reflect.TypeFor[schema.Event](), nil) {
		var values []any
		for i := range events {
			if value := valueAt(reflect.ValueOf(events[i]), path); value != nil {
				values = append(values, value)
			}
		}
		slices.SortFunc(values, compareValues)
		for _, with := range []any{values[0], values[len(values)/3], values[len(values)*2/3], values[len(values)-1]} {
			for sign, passes := range map[string]func(int) bool{
				"==": func(order int) bool { return order == 0 },
				">=": func(order int) bool { return order >= 0 },
				"<":  func(order int) bool { return order < 0 },
			} {
				c := comparison{Path: path, Sign: sign, Kind: "text", Value: with}
				switch v := with.(type) {
				case bool:
					c.Kind = "bool"
				case time.Time:
					c.Kind, c.Value = "time", json.Number(fmt.Sprint(v.UnixMicro()))
				}
				if c.Kind == "bool" && sign != "==" {
					continue
				}
				for _, value := range values {
					if passes(compareValues(value, with)) {
						c.want++
					}
				}
				all = append(all, c)
			}
		}
	}
	return all
}
