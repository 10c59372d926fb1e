package table_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"plantrail/schema"
)

// noise returns n characters that hardly compress.
func noise(n int, seed uint64) string {
	rnd := rand.New(rand.NewPCG(seed, 1))
	text := make([]byte, n)
	for i := range text {
		text[i] = ' ' + byte(rnd.IntN(95))
	}
	return string(text)
}

// Rows that are long end a row group early, by what the writer would have to hold.
// Where they end depends on the rows alone, and so do the bytes.
func TestMergeLongRows(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 300 MB")
	}
	long := func(n int, fill func(*schema.Event, string)) []schema.Event {
		var events []schema.Event
		for i := range n {
			e := event(i, "a")
			fill(&e, noise(400_000, uint64(i)))
			events = append(events, e, event(n+i, "a"))
		}
		return events
	}
	for name, events := range map[string][]schema.Event{
		"records": long(200, func(e *schema.Event, text string) { e.RawEvent = schema.JSON(fmt.Sprintf("%q", text)) }),
		"terms":   long(250, func(e *schema.Event, text string) { e.UserAgent = &text }),
	} {
		t.Run(name, func(t *testing.T) {
			whole, parts := t.TempDir(), t.TempDir()
			merge(t, open(t, whole), events...)
			into := open(t, parts)
			for part := range slices.Chunk(events, len(events)/3) {
				slices.Reverse(part)
				merge(t, into, part...)
			}
			if !bytes.Equal(fileOf(t, whole), fileOf(t, parts)) {
				t.Error("the bytes depend on how the rows came together")
			}
			body := fileOf(t, whole)
			file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
			if err != nil {
				t.Fatal(err)
			}
			if groups := file.RowGroups(); len(groups) < 2 || len(groups) > 4 || file.NumRows() != int64(len(events)) {
				t.Errorf("%d row groups of %d rows", len(groups), file.NumRows())
			}
		})
	}
}
