package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"plantrail/schema"
)

// pieces plays a text in pieces of the given sizes, again and again, each in memory
// that is overwritten when the next comes.
func pieces(text []byte, sizes []byte) schema.Text {
	return func(each func([]byte) error) error {
		var borrowed []byte
		for i, rest := 0, text; len(rest) > 0; i++ {
			n := len(rest)
			if len(sizes) > 0 {
				n = min(n, 1+int(sizes[i%len(sizes)]))
			}
			for j := range borrowed {
				borrowed[j] = '"'
			}
			borrowed = append(borrowed[:0], rest[:n]...)
			rest = rest[n:]
			if err := each(borrowed); err != nil {
				return err
			}
		}
		return nil
	}
}

// An outcome is what decoding came to, in a form to compare.
type outcome struct{ events, rejected, err string }

func outcomeOf(events []schema.Event, rejected []*schema.RecordError, err error) outcome {
	o := outcome{events: fmt.Sprint(len(events)), rejected: fmt.Sprint(rejected), err: fmt.Sprint(err)}
	for i := range events {
		text, err := json.Marshal(&events[i])
		o.events += fmt.Sprint(string(text), err)
	}
	return o
}

// agree fails the test unless a text that comes in pieces is decoded, and
// dismissed, as it is whole, whatever the batch.
func agree(tb testing.TB, text, sizes []byte) {
	tb.Helper()
	want := outcomeOf(schema.Decode(text, logFile))
	for _, batch := range []int64{1, 5000, 1 << 40} {
		var events []schema.Event
		rejected, err := schema.DecodeText(pieces(text, sizes), logFile, batch, nil, func(more []schema.Event) error {
			if len(more) == 0 {
				tb.Error("an empty batch")
			}
			events = append(events, more...)
			return nil
		})
		if got := outcomeOf(events, rejected.First, err); got != want {
			tb.Fatalf("in pieces %v, batch %d: %+v\nwhole: %+v\nof %q", sizes, batch, got, want, text)
		}
	}
	var s schema.Search
	if err := pieces(text, sizes)(func(piece []byte) error { s.Write(piece); return nil }); err != nil {
		tb.Fatal(err)
	}
	if got, want := s.Dismissed(), schema.Dismiss(text); got != want {
		tb.Fatalf("in pieces %v dismissed: %t, whole: %t\nof %q", sizes, got, want, text)
	}
}

// grammar compares what is taken for JSON with encoding/json, but in strings, where
// more is taken.
func grammar(tb testing.TB, text []byte) {
	tb.Helper()
	for _, c := range text {
		if c == '\\' || c < ' ' {
			return
		}
	}
	_, _, err := schema.Decode(text, logFile)
	if taken := err == nil || errors.Is(err, schema.ErrNoRecords); taken != json.Valid(text) {
		tb.Fatalf("Decode: %v, but valid: %t\nof %q", err, json.Valid(text), text)
	}
	if !bytes.Contains(bytes.ToLower(text), []byte("records")) && err == nil {
		tb.Fatalf("a log file without Records: %q", text)
	}
}

func textSeeds() [][]byte {
	seeds := [][]byte{
		file(with(``), `{"a":[1,-0.5e+7,true,false,null,"\\\"",{}],"b":{"c":[]}}`, with(`"eventID":"two","userAgent":"\\"`)),
		[]byte(" {\n\"Records\" : [ 0 , " + with(``) + " ,1.5] }\r\n"),
		[]byte(`{"x":{"Records":[1]},"\u0052ecords":[` + with(``) + `],"Records":null}`),
		[]byte(`{"Records":5}`), []byte(`{"Records":[1,]}`), []byte(`[{"a":1}]`), []byte(`5`), []byte(`1.`), []byte(``),
		[]byte(`{"Records":[` + with(``) + `],"records":[` + with(`"eventID":"b"`) + `]}`),
		file(`{"eventSource":"supportplans.amazonaws.com"}`, `{"eventSource":"support\u0070lans.amazonaws.com","eventTime":1700000000}`),
		file("{\"a\":\"\x01\t\\q\\u12\"}", with("\"userAgent\":\"\xff\\ud800\"")),
	}
	for _, cut := range []int{1, 20, 60} {
		seeds = append(seeds, seeds[0][:len(seeds[0])-cut])
	}
	return seeds
}

func TestDecodeTextPieces(t *testing.T) {
	for _, text := range textSeeds() {
		for size := range byte(100) {
			agree(t, text, []byte{size})
		}
		for at := range text { // every place to cut it in two
			if at < 255 {
				agree(t, text, []byte{byte(at), 255})
			}
		}
		grammar(t, text)
	}
}

func FuzzDecodeText(f *testing.F) {
	for _, text := range textSeeds() {
		f.Add(text, []byte{3, 0, 200})
	}
	f.Fuzz(func(t *testing.T, text, sizes []byte) {
		agree(t, text, sizes)
		grammar(t, text)
	})
}

// Records are cut as encoding/json cuts them.
func FuzzRecords(f *testing.F) {
	f.Add(`{"a":[1,2]}`, `"x"`, ` 5 `)
	f.Add(`{}`, `[[]]`, `-1e9`)
	f.Fuzz(func(t *testing.T, a, b, c string) {
		text := file(a, b, c)
		var want struct{ Records []json.RawMessage }
		if json.Unmarshal(text, &want) != nil || bytes.Contains(bytes.ToLower(text[12:]), []byte("records")) {
			return
		}
		for _, sizes := range [][]byte{nil, {0}, {4, 1}} {
			got, err := schema.Split(pieces(text, sizes))
			if err != nil || len(got) != len(want.Records) {
				t.Fatalf("%d records of %d, error %v\nof %s", len(got), len(want.Records), err, text)
			}
			for i, raw := range want.Records {
				if got[i] != string(raw) {
					t.Fatalf("record %d is %q, want %q", i, got[i], raw)
				}
			}
		}
	})
}

// A file that has Records twice loses neither.
func TestDecodeTwoRecords(t *testing.T) {
	events, _, err := schema.Decode([]byte(`{"Records":[`+with(`"eventID":"a"`)+`],"Records":[`+with(`"eventID":"b"`)+`]}`), logFile)
	if err != nil || len(events) != 2 {
		t.Errorf("%d events, error %v", len(events), err)
	}
}

// A record that is too long is named if it may be wanted, and passed over if not;
// its neighbours are kept.
func TestDecodeTooLong(t *testing.T) {
	long := strings.Repeat("x", 13<<20)
	for _, test := range []struct {
		name, record string
		rejected     int
	}{
		{"wanted", with(`"userAgent":"` + long + `"`), 1},
		{"wanted, as its end tells", `{"a":"` + long + `","eventSource":"supportplans.amazonaws.com"}`, 1},
		{"of another service", `{"eventSource":"s3.amazonaws.com","a":"` + long + `"}`, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := file(with(``), test.record, with(``))
			for _, sizes := range [][]byte{nil, bytes.Repeat([]byte{255}, 9)} {
				events := 0
				rejected, err := schema.DecodeText(pieces(text, sizes), logFile, 1, nil, func(more []schema.Event) error {
					events += len(more)
					return nil
				})
				if err != nil || events != 2 || rejected.Count != test.rejected {
					t.Fatalf("%d events, rejected %+v, error %v", events, rejected, err)
				}
				if test.rejected > 0 && (!errors.Is(rejected.Err(), schema.ErrTooLong) || rejected.First[0].Record != 1) {
					t.Errorf("rejected: %v", rejected.Err())
				}
			}
		})
	}
}

// Rejected records are counted, and the first hundred named.
func TestDecodeRejectedBound(t *testing.T) {
	records := strings.Repeat(`{"eventSource":"supportplans.amazonaws.com"},`, 1000) + with(``)
	rejected, err := schema.DecodeText(pieces(file(records), nil), logFile, 1, nil, func([]schema.Event) error { return nil })
	if err != nil || rejected.Count != 1000 || len(rejected.First) != 100 || rejected.First[99].Record != 99 {
		t.Errorf("%d, %d named, error %v", rejected.Count, len(rejected.First), err)
	}
}

// Nothing is emitted of what turns out to be no log file, and emit's error ends it.
func TestDecodeTextEnds(t *testing.T) {
	text := file(with(``), with(``), with(``))
	emitted := 0
	emit := func(events []schema.Event) error { emitted += len(events); return io.ErrShortWrite }
	if _, err := schema.DecodeText(pieces(text[:len(text)-1], []byte{7}), logFile, 1, nil, emit); err == nil || emitted > 0 {
		t.Errorf("cut off: %d events, error %v", emitted, err)
	}
	if _, err := schema.DecodeText(pieces(text, nil), logFile, 1, nil, emit); !errors.Is(err, io.ErrShortWrite) || emitted != 1 {
		t.Errorf("%d events, error %v", emitted, err)
	}
}

// allocated returns how many bytes a second call of f allocates.
func allocated(f func()) int64 {
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// A million records that are nothing take no memory each.
func TestDecodeTextMemory(t *testing.T) {
	text := []byte(`{"Records":[` + strings.Repeat("0,", 1_000_000) + with(``) + `]}`)
	used := allocated(func() {
		if events, _, err := schema.Decode(text, logFile); err != nil || len(events) != 1 {
			t.Error(len(events), err)
		}
	})
	if used > 1<<20 {
		t.Errorf("%d bytes", used)
	}
}

// An event's size is what it keeps alive, not less, and not twice as much.
func TestEventSize(t *testing.T) {
	for _, record := range []string{
		with(``), sample(t, "CreateSupportPlanSchedule"), sample(t, "StartSupportPlanUpdate"),
		with(`"requestParameters":"` + strings.Repeat("x", 100_000) + `"`),
		with(`"resources":[` + strings.Repeat("{},", 1000) + `{}]`),
	} {
		var events []schema.Event
		used := allocated(func() { events, _, _ = schema.Decode(file(record), logFile) })
		if size := events[0].Size(); size < int64(len(events[0].RawEvent)) || size > used {
			t.Errorf("size %d of %d allocated, record of %d bytes", size, used, len(record))
		}
	}
}

// A text that is no identifier leaves the identifier null; the record keeps it.
func TestDecodeLongID(t *testing.T) {
	long := strings.Repeat("x", 1025)
	e := decodeOne(t, with(`"requestID":"short","eventID":"`+long+`","addendum":{"originalEventID":"`+long+`"}`))
	if e.EventID != nil || e.Addendum.OriginalEventID != nil || show(e.RequestID) != "short" || !strings.Contains(string(e.RawEvent), long) {
		t.Errorf("got %s, %s, %s", show(e.EventID), show(e.Addendum.OriginalEventID), show(e.RequestID))
	}
}
