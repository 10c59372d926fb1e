package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// nested wraps records at random, so deep.
func nested(t testing.TB, r *rand.Rand, depth int, records []string) string {
	if depth == 0 {
		return strings.Join(records, []string{"\n", "", ",\n", " \r\n\n"}[r.IntN(4)])
	}
	if len(records) > 1 && r.IntN(3) == 0 {
		cut := 1 + r.IntN(len(records)-1)
		return nested(t, r, depth, records[:cut]) + "\n" + nested(t, r, depth-1, records[cut:])
	}
	texts := func(wrap func(string) string) string {
		return strings.Join(each(records, func(s string) string { return wrap(nested(t, r, depth-1, []string{s})) }), "\n")
	}
	switch r.IntN(8) {
	case 0:
		return `{"Records":[` + strings.Join(records, ",") + `]}`
	case 1:
		return lookupEvents(each(records, func(s string) string { return nested(t, r, depth-1, []string{s}) }))
	case 2:
		return subscription(each(records, func(s string) string { return nested(t, r, depth-1, []string{s}) }))
	case 3:
		return texts(sns)
	case 4:
		return texts(func(s string) string { return sqs(sns(s)) })
	case 5:
		return `{"awslogs":{"data":"` + base64.StdEncoding.EncodeToString(zip(t, []byte(nested(t, r, depth-1, records)))) + `"}}`
	case 6:
		return strings.Join(each(records, func(s string) string { return "2024-03-01T00:00:00.000Z " + eventBridge(s) }), "\n")
	}
	return `{"body":` + quoted(nested(t, r, depth-1, records)) + `}`
}

// slowRecords finds records in the plainest way: it decodes whatever begins with a
// brace or bracket, and whatever text it finds, with the standard library.
func slowRecords(text string) (ids []string) {
	for {
		at := strings.IndexAny(text, "{[")
		if at < 0 {
			return ids
		}
		var document any
		d := json.NewDecoder(strings.NewReader(text[at:]))
		if d.Decode(&document) != nil {
			text = text[at+1:]
			continue
		}
		ids = append(ids, slowIDs(document)...)
		text = text[at+int(d.InputOffset()):]
	}
}

func slowIDs(value any) (ids []string) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			ids = append(ids, slowIDs(element)...)
		}
	case map[string]any:
		if _, ok := v["eventSource"].(string); ok && v["eventName"] != nil && v["eventTime"] != nil {
			return []string{v["eventID"].(string)}
		}
		for _, member := range v {
			ids = append(ids, slowIDs(member)...)
		}
	case string:
		if strings.Contains(v, "{") {
			return slowRecords(v)
		}
		if binary, err := base64.StdEncoding.DecodeString(v); err == nil {
			if r, err := gzip.NewReader(bytes.NewReader(binary)); err == nil {
				text, _ := io.ReadAll(r)
				return slowRecords(string(text))
			}
		}
	}
	return ids
}

// 200 random nestings, a run over all: what a slow parser that is obviously right
// finds in each is what the table has, no matter how little memory there is.
func TestExportNestings(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	var want []string
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		var records []string
		for i := range 1 + r.IntN(8) {
			records = append(records, record(fmt.Sprintf("%03d-%d", seed, i), noon))
		}
		text := nested(t, r, 1+r.IntN(4), records)
		found := slowRecords(text)
		if len(found) != len(records) {
			t.Fatalf("seed %d: the slow parser finds %d of %d records in\n%s", seed, len(found), len(records), text)
		}
		want = append(want, found...)
		body := []byte(text)
		if r.IntN(2) == 0 {
			body = zip(t, body)
		}
		files[fmt.Sprint(seed)] = body
	}
	slices.Sort(want)
	folder := tree(t, files)
	for _, workers := range []int{2, 16} {
		tableFolder := t.TempDir()
		c := exports(t, folder, tableFolder)
		c.Memory, c.Workers = 64<<20, workers
		report := run(t, c)
		if !report.Complete() || report.Foreign != 0 {
			t.Errorf("%+v", report)
		}
		got := strings.Fields(ids(rows(t, tableFolder)))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%d rows, want %d", len(got), len(want))
		}
	}
}
