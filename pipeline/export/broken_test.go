package export_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"plantrail/pipeline/export"
)

// damage spoils a text: it ends early, begins late, misses a part, or has a wrong byte.
// told is whether that shows: two records of which parts are missing may be one.
func damage(r *rand.Rand, text string) (damaged string, told bool) {
	at := r.IntN(len(text))
	switch r.IntN(4) {
	case 0:
		return text[:at], !sequence(text[:at])
	case 1:
		return text[at:], !sequence(text[at:])
	case 2:
		return text[:at] + text[min(len(text), at+1+r.IntN(200)):], false
	}
	// Of base64 that is wrong from its beginning nobody can tell what it was.
	return text[:at] + string(rune(33+r.IntN(90))) + text[at+1:], !strings.Contains(text[max(0, at-24):at], `data`)
}

// sequence reports whether a text is whole documents: what is missing does not show then.
func sequence(text string) bool {
	d := json.NewDecoder(strings.NewReader(text))
	for {
		var document json.RawMessage
		if err := d.Decode(&document); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// found searches a text and fails where its parts matter.
func found(t *testing.T, text export.Text, limit int) ([]string, export.Result) {
	t.Helper()
	var got []string
	result, err := export.Records(text, config(limit), func(raw []byte) error {
		got = append(got, string(raw))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, result
}

// Whatever is done to a text, each record of it is passed on, or the text is said to be
// broken; and what is found does not depend on the pieces that it comes in.
func TestDamaged(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 4))
		var want []string
		for i := range 1 + r.IntN(6) {
			want = append(want, record(i))
		}
		text, told := damage(r, nest(r, 1+r.IntN(4), want))
		got, result := found(t, whole(text), 1<<20)
		for _, one := range want {
			if told && !slices.Contains(got, one) && result.Broken == 0 && result.Records < len(want) {
				t.Fatalf("seed %d: %+v: a record vanishes in\n%s", seed, result, text)
			}
		}
		again, other := found(t, pieces(r, 1+r.IntN(300), text), 1<<20)
		if !slices.Equal(again, got) || other.Broken != result.Broken || other.Others != result.Others {
			t.Fatalf("seed %d: %d records, %+v; in pieces %d, %+v in\n%s", seed, len(got), result, len(again), other, text)
		}
	}
}

// Of lines, a broken one costs no other.
func TestDamagedLine(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		var lines, want []string
		broken := r.IntN(8)
		for i := range 8 {
			one := record(i)
			if wrapped := r.IntN(3); wrapped == 1 {
				lines = append(lines, eventBridge(one))
			} else {
				lines = append(lines, one)
			}
			if i == broken {
				lines[i] = lines[i][:1+r.IntN(len(lines[i])-2)]
			} else {
				want = append(want, one)
			}
		}
		got, result := found(t, pieces(r, 500, strings.Join(lines, []string{"\n", "\r\n", "\n\n"}[r.IntN(3)])), 1<<20)
		if !slices.Equal(got, want) || result.Broken != 1 || result.Others != 0 {
			t.Fatalf("seed %d: %d records, %+v in\n%s", seed, len(got), result, strings.Join(lines, "\n"))
		}
	}
}

func wide(order binary.AppendByteOrder, text string) string {
	var all []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		all = order.AppendUint16(all, unit)
	}
	return string(all)
}

// Text in UTF-16, with a mark and without, and half a character of it.
func TestWide(t *testing.T) {
	t.Parallel()
	one := strings.Replace(record(1), `"a `, "\"\ufeff\U0001f600 ", 1)
	for name, c := range map[string]struct {
		text   string
		broken int
	}{
		"little":           {wide(binary.LittleEndian, "\ufeff"+one+"\r\n"), 0},
		"big":              {wide(binary.BigEndian, "\ufeff["+one+"]"), 0},
		"little, no mark":  {wide(binary.LittleEndian, "["+one+"]"), 0},
		"big, no mark":     {wide(binary.BigEndian, one), 0},
		"files, each mark": {wide(binary.LittleEndian, "\ufeff"+one+"\r\n\ufeff"+one), 0},
		"half a character": {wide(binary.LittleEndian, "\ufeff"+one+"\n") + "x", 1},
		"cut off":          {wide(binary.LittleEndian, "\ufeff"+one+"\n"+one)[:700], 1},
		"appended in UTF8": {wide(binary.LittleEndian, "\ufeff"+one+"\n") + one + "\n", 1},
	} {
		got, result := found(t, pieces(rand.New(rand.NewPCG(1, 1)), 7, c.text), 1<<20)
		if len(got) == 0 || got[0] != one || result.Broken < c.broken || c.broken == 0 && result.Broken+result.Others > 0 {
			t.Errorf("%s: %d records, %+v", name, len(got), result)
		}
	}
}

// Other formats are told by their first bytes, and what to do about them.
func TestFormats(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"PK\x03\x04\x14": "zip archive: unpack it",
		"PAR1\x15":       "Parquet",
		"Obj\x01":        "Avro",
		"BZh91AY&SY":     "bzip2: unpack it",
		"\xfd7zXZ\x00":   "xz: unpack it",
		"a.json" + strings.Repeat("\x00", 251) + "ustar": "tar archive: unpack it",
	} {
		_, err := export.Records(whole(head+record(1)), config(1<<20), func([]byte) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", head, err, want)
		}
	}
	for text, want := range map[string]string{
		`{"class_uid":6003,"metadata":{"version":"1.1.0"}}`:            "OCSF",
		"Event name,Event time,User name,Event source\nx,y,z,a\n":      "download JSON",
		`"eventtime","eventsource","eventname"` + "\n" + `"a","b","c"`: "columns",
		`{"Events":[{"EventId":"1","EventName":"x"}]}`:                 "CloudTrailEvent",
		`{"digestS3Bucket":"b","logFiles":[]}`:                         "digest",
		"just\nwords\n":                                                "no JSON",
	} {
		if _, result := found(t, whole(text), 1<<20); result.Noted() == nil || !strings.Contains(result.Noted().Error(), want) {
			t.Errorf("%s: %v, want %s", text, result.Noted(), want)
		}
	}
}

// Rows in columns, in any pieces, give the records that are in a cell.
func TestRows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 6))
		var text bytes.Buffer
		var want []string
		end := []string{"\n", "\r\n"}[r.IntN(2)]
		fmt.Fprintf(&text, "%s,b,c%s", []string{"a", `"a"`, "@timestamp"}[r.IntN(3)], end)
		for i := range 1 + r.IntN(9) {
			want = append(want, record(i))
			cells := []string{[]string{"", "x", `"2024-03-01 00:00:00"`, `"say ""hi"", you"`, "\"two\nlines\""}[r.IntN(5)], cell(record(i))}
			if r.IntN(2) == 0 {
				slices.Reverse(cells)
			}
			fmt.Fprintf(&text, "%s,%d%s", strings.Join(cells, ","), i, end)
		}
		got, result := found(t, pieces(r, 1+r.IntN(400), text.String()), 1<<20)
		if !slices.Equal(got, want) || result.Others+result.Broken > 0 {
			t.Fatalf("seed %d: %d of %d records, %+v in\n%s", seed, len(got), len(want), result, text.String())
		}
	}
}
