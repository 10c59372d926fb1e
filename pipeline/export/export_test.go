package export_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/export"
)

// inflate is gzip by the standard library.
func inflate(zipped []byte, limit int) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(out) > limit {
		return nil, errors.New("too large")
	}
	return out, err
}

func config(limit int) export.Config {
	wanted := func(part []byte) bool { return bytes.Contains(part, []byte("supportplans.amazonaws.com")) }
	return export.Config{Inflate: inflate, Limit: limit, Wanted: wanted}
}

// whole plays a text in one piece.
func whole(text string) export.Text {
	return func(each func([]byte) error) error { return each([]byte(text)) }
}

// records returns the records of a file as texts, and what else it held.
func records(t testing.TB, text string) ([]string, export.Result) {
	t.Helper()
	var all []string
	result, err := export.Records(whole(text), config(1<<20), func(raw []byte) error {
		all = append(all, string(raw))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if result.Records != len(all) {
		t.Errorf("result says %d records, %d were passed on", result.Records, len(all))
	}
	return all, result
}

// record is a record that is told apart by n.
func record(n int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2024-03-01T00:00:00Z","eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","userAgent":"a \"{[\\ %d","requestParameters":{"x":[1,{"eventName":"no"}]},"eventID":"%d"}`, n, n)
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func zip(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, s)
	if err := errors.Join(err, w.Close()); err != nil {
		panic(err)
	}
	return b.String()
}

// cell is a text in a table of comma-separated values.
func cell(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func base(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// logEvents is what CloudWatch Logs sends to a subscription.
func logEvents(messages ...string) string {
	var events []string
	for i, m := range messages {
		events = append(events, fmt.Sprintf(`{"id":"%d","timestamp":1709251200000,"message":%s}`, i, quote(m)))
	}
	return `{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"trail","logStream":"s","subscriptionFilters":["f"],"logEvents":[` + strings.Join(events, ",") + `]}`
}

func eventBridge(r string) string {
	return `{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.supportplans","account":"111122223333","time":"2024-03-01T00:00:00Z","region":"us-west-2","resources":[],"detail":` + r + `}`
}

func TestRecords(t *testing.T) {
	t.Parallel()
	one, two := record(1), record(2)
	indented := func(s string) string {
		var b bytes.Buffer
		if err := json.Indent(&b, []byte(s), "", "    "); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	sns := `{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:us-west-2:111122223333:t","Message":` + quote(eventBridge(one)) + `}`
	for name, c := range map[string]struct {
		text   string
		want   []string
		others int // and broken ones in hundreds
	}{
		"log file":                       {`{"Records":[` + one + `,` + two + `]}`, []string{one, two}, 0},
		"one record":                     {one, []string{one}, 0},
		"pretty":                         {indented(`[` + one + `]`), []string{indented1(one)}, 0},
		"array":                          {"[" + one + ",\n" + two + "]\n", []string{one, two}, 0},
		"a line each":                    {one + "\n" + two + "\n", []string{one, two}, 0},
		"a line each, CRLF":              {one + "\r\n\r\n" + two, []string{one, two}, 0},
		"concatenated":                   {one + two, []string{one, two}, 0},
		"record separators":              {"\x1e" + one + "\n\x1e" + two + "\n", []string{one, two}, 0},
		"byte-order mark":                {"\xef\xbb\xbf" + one, []string{one}, 0},
		"zero padding":                   {one + strings.Repeat("\x00", 512), []string{one}, 0},
		"lookup-events":                  {`{"Events":[{"EventId":"1","EventName":"GetSupportPlan","ReadOnly":"true","EventTime":1709251200.0,"EventSource":"supportplans.amazonaws.com","Resources":[],"CloudTrailEvent":` + quote(one) + `}],"NextToken":"n"}`, []string{one}, 0},
		"EventBridge":                    {eventBridge(one) + "\n" + eventBridge(two), []string{one, two}, 0},
		"CloudWatch subscription":        {logEvents(one, two), []string{one, two}, 0},
		"CloudWatch control message":     {`{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination."}]}` + logEvents(one), []string{one}, 1},
		"CloudWatch export":              {"2024-03-01T00:00:00.000Z " + one + "\n2024-03-01T00:00:01.000Z " + two + "\n", []string{one, two}, 0},
		"CloudWatch to Lambda":           {`{"awslogs":{"data":"` + base(zip(logEvents(one))) + `"}}`, []string{one}, 0},
		"Kinesis":                        {`{"Records":[{"kinesis":{"data":"` + base(one) + `"}},{"kinesis":{"data":"` + strings.ReplaceAll(base(zip(two)), "/", `\/`) + `"}}]}`, []string{one, two}, 0},
		"SNS":                            {sns, []string{one}, 0},
		"SQS of SNS":                     {`{"Messages":[{"MessageId":"m","Body":` + quote(sns) + `}]}`, []string{one}, 0},
		"Splunk":                         {`{"preview":false,"result":{"_raw":` + quote(one) + `}}`, []string{one}, 0},
		"Elastic":                        {`{"_index":"i","_source":{"event":{"original":` + quote(one) + `}}}`, []string{one}, 0},
		"texts a line each":              {quote(one) + "\n" + quote(two), []string{one, two}, 0},
		"mixed":                          {one + "\n" + `{"Records":[` + two + `]}` + eventBridge(one), []string{one, two, one}, 0},
		"empty":                          {"", nil, 0},
		"empty envelopes":                {`{"Records":[]}` + "\n" + `{"Events":[]}`, nil, 0},
		"other documents":                {`{"a":1}` + "\n" + one + "\n[]\n3\n", []string{one}, 2},
		"other elements":                 {`{"Records":[1,` + one + `,{"eventName":"x"}]}`, []string{one}, 2},
		"text":                           {"hello\nworld\n", nil, 2},
		"a line cut off":                 {one[:40] + "\n" + two, []string{two}, 100},
		"a line cut off in a string":     {one[:20] + "\n" + two + "\n" + one[:len(one)-1], []string{two}, 200},
		"brackets that do not match":     {`{"a":[1}` + "\n" + one, []string{one}, 101},
		"a field is no text":             {`{"eventSource":"s","eventName":"n","eventTime":1}`, nil, 1},
		"a bomb":                         {`{"data":"` + base(zip(strings.Repeat(" ", 2<<20)+one)) + `"}`, nil, 100},
		"not quite base64":               {`{"data":"` + strings.Repeat("a", 41) + `"}`, nil, 1},
		"log file cut off":               {`{"Records":[` + one + `,` + two + `,` + one[:90], []string{one, two}, 100},
		"log file, a bracket off":        {`{"Records":[` + one + `,` + two + `]`, []string{one, two}, 100},
		"log file, begun late":           {(`{"Records":[` + one + `,` + two + `]}`)[100:], nil, 100},
		"a line begun late":              {one[50:] + "\n" + two, []string{two}, 100},
		"lines put together wrongly":     {one[:90] + two + "\n" + one, []string{one}, 100},
		"lookup-events cut off":          {`{"Events":[{"EventId":"1","CloudTrailEvent":` + quote(one) + `},{"EventId":"2","CloudTrailEvent":` + quote(two)[:200], []string{one}, 100},
		"a text cut off":                 {`[{"CloudTrailEvent":` + quote(one) + `},{"CloudTrailEvent":` + quote(two[:100]) + `}]`, []string{one}, 100},
		"no text but broken ones":        {`[{"CloudTrailEvent":` + quote(two[:100]) + `}]`, nil, 100},
		"a broken record is no wrapping": {`{"eventVersion":"1","requestParameters":{"detail":` + one + `},"x":` + "\n" + two, []string{two}, 100},
		"wanted, and no record":          {`{"service":"supportplans.amazonaws.com"}` + "\n" + one, []string{one}, 100},
		"words in brackets":              {"[INFO] started\n" + one + "\n{1} of {2}\n", []string{one}, 2},
		"marks between":                  {"\xef\xbb\xbf" + one + "\n\xef\xbb\xbf[" + two + "]", []string{one, two}, 0},
		"text output":                    {"EVENTS\tAKIA\t" + one + "\tid\tGetSupportPlan\t1709251200.0\nRESOURCES\tx\n", []string{one}, 1},
		"CSV of Insights":                {"@timestamp,@message\n2024-03-01 00:00:00.000," + cell(one) + "\n2024-03-01 00:00:00.000," + cell(two) + "\n", []string{one, two}, 0},
		"CSV of Athena":                  {"\"eventtime\",\"rawevent\"\n\"2024-03-01 00:00:00.000\"," + cell(one) + "\n\"2024\"," + cell(two), []string{one, two}, 0},
		"CSV of CloudTrail Lake":         {"eventJson\r\n" + cell(one) + "\r\n" + cell(two) + "\r\n", []string{one, two}, 0},
		"CSV of Splunk":                  {"\"_time\",source,\"_raw\",tag\n\"2024\",\"a, \"\"b\"\"\nc\"," + cell(one) + ",\n\"2024\",x," + cell(two) + ",y\n", []string{one, two}, 0},
		"CSV, semicolons":                {"a;b\n1;" + cell(one) + ";\"x\"\n", []string{one}, 0},
		"CSV files":                      {"a,b\n1," + cell(one) + "\na,b\n1," + cell(two), []string{one, two}, 0},
		"CSV with other rows":            {"a,b\n1," + cell(one) + "\n2," + cell(`{"x":1}`) + "\n3,\n", []string{one}, 2},
		"CSV cut off":                    {"a,b\n1," + cell(one) + "\n2," + cell(two)[:80], []string{one}, 100},
		"CSV of the console":             {"Event name,Event time,User name,Event source,Resources\nGetSupportPlan,\"May 09, 2023, 16:30:56 (UTC)\",janedoe,supportplans.amazonaws.com,[]\n", nil, 101},
		"Insights":                       {`{"results":[[{"field":"@timestamp","value":"t"},{"field":"@message","value":` + quote(one) + `},{"field":"@ptr","value":"p"}]],"status":"Complete"}`, []string{one}, 0},
		"CloudTrail Lake":                {`{"QueryStatus":"FINISHED","QueryResultRows":[[{"eventTime":"t"},{"eventSource":"supportplans.amazonaws.com"},{"eventJson":` + quote(one) + `}]]}`, []string{one}, 0},
		"a list, and no row":             {`[{"Message":` + quote(one) + `},{"Message":"x"}]`, []string{one}, 1},
		"Splunk, fields beside":          {`{"result":{"_raw":` + quote(one) + `,"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","eventTime":"2024-03-01T00:00:00Z"}}`, []string{one}, 0},
		"a record in a user agent":       {strings.Replace(one, `"a \"{[\\ 1"`, quote(two), 1), []string{strings.Replace(one, `"a \"{[\\ 1"`, quote(two), 1)}, 0},
		"Logstash":                       {`{"@timestamp":"t","@version":"1","message":` + quote(one) + `}`, []string{one}, 0},
		"OCSF":                           {`{"class_uid":6003,"metadata":{"product":{"name":"CloudTrail"}},"api":{"service":{"name":"supportplans.amazonaws.com"}}}`, nil, 100},
		"a text with braces":             {`{"Message":"took {1} of {2}"}` + one, []string{one}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, result := records(t, c.text)
			if !slices.Equal(got, c.want) {
				t.Errorf("records\n%q, want\n%q", got, c.want)
			}
			if got := result.Others + 100*result.Broken; got != c.others || (result.Noted() != nil) != (c.others > 0) {
				t.Errorf("%d others (%v), %d broken (%v), want %d", result.Others, result.First, result.Broken, result.FirstBroken, c.others)
			}
		})
	}
}

// indented1 is a record as the only element of an indented array.
func indented1(s string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(s), "    ", "    "); err != nil {
		panic(err)
	}
	return b.String()
}

func TestFirstOther(t *testing.T) {
	t.Parallel()
	_, result := records(t, record(1)+"\nwhat is this?\n[]")
	want := fmt.Sprintf("at byte %d: no JSON: %s", len(record(1))+1, "what is this?")
	if got := result.First.Error(); got != want {
		t.Errorf("first other %q, want %q", got, want)
	}
	_, result = records(t, `{"Records":[`+record(1)+`, {"a":1}]}`)
	want = fmt.Sprintf("at byte %d: no CloudTrail record: %s", len(record(1))+len(`{"Records":[`)+2, `{"a":1}`)
	if got := result.First.Error(); got != want {
		t.Errorf("first other %q, want %q", got, want)
	}
}

func TestRecordsStop(t *testing.T) {
	t.Parallel()
	stop, calls := errors.New("stop"), 0
	_, err := export.Records(whole(record(1)+record(2)), config(0), func([]byte) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%v after %d records, want the caller's error after the first", err, calls)
	}
}

// TestHostile has files that cost far more than their size if each of their
// lines, or each layer of wrapping, is looked at to the end.
func TestHostile(t *testing.T) {
	t.Parallel()
	lines := strings.Repeat("{\"a\":[\n", 400) + strings.Repeat("1,", 1<<20)
	_, err := export.Records(whole(lines), config(1<<20), nil)
	if !errors.Is(err, export.ErrTooBroken) {
		t.Errorf("broken lines: %v, want ErrTooBroken", err)
	}
	for name, text := range map[string]string{
		"quotes": strings.Repeat(`"`, 1<<20), "strings": strings.Repeat(`"a" `, 1<<18), "documents in a line": strings.Repeat(`{}|`, 1<<19),
		"open cells": strings.Repeat("x,\"\"\"\n", 1<<17), "a cell without end": `"a` + strings.Repeat("\n\"\"", 1<<18),
	} {
		began := time.Now()
		result, err := export.Records(whole(text), config(1<<20), nil)
		if took := time.Since(began); took > 20*time.Second || err != nil && !errors.Is(err, export.ErrTooBroken) {
			t.Errorf("%s: %s, %+v, %v", name, took, result, err)
		}
	}
	deep := strings.Repeat("[", 1<<20)
	result, err := export.Records(whole(deep), config(1<<20), nil)
	if err != nil || result.Broken != 1 {
		t.Errorf("deep: %+v, %v", result, err)
	}
	wrapped := record(1)
	for range 20 {
		wrapped = `{"m":"` + base(wrapped) + `"}`
	}
	if result, err = export.Records(whole(wrapped), config(1<<20), nil); err != nil || result.Others != 1 {
		t.Errorf("wrapped: %+v, %v", result, err)
	}
}

// nest wraps records at random.
func nest(r *rand.Rand, depth int, all []string) string {
	if depth == 0 || len(all) == 1 && r.IntN(3) == 0 {
		return strings.Join(all, []string{"", "\n", " \r\n ", "\n\n"}[r.IntN(4)])
	}
	if len(all) > 1 && r.IntN(2) == 0 {
		cut := 1 + r.IntN(len(all)-1)
		return nest(r, depth-1, all[:cut]) + []string{"", "\n"}[r.IntN(2)] + nest(r, depth-1, all[cut:])
	}
	inner := nest(r, depth-1, all)
	switch r.IntN(7) {
	case 0:
		return `{"Records":[` + strings.Join(all, " ,\n") + `]}`
	case 1:
		return "[" + strings.Join(all, ",") + "]"
	case 2:
		return `{"Type":"Notification","Message":` + quote(inner) + `}`
	case 3:
		return logEvents(inner)
	case 4:
		return `{"awslogs":{"data":"` + base(zip(inner)) + `"}}`
	case 5:
		return `{"kinesis":{"data":"` + base(inner) + `"}}`
	default:
		return "[" + quote(inner) + `,{"deeper":{"still":[` + quote("no braces") + `]}}]`
	}
}

// slow finds the records in a text with nothing but the standard library's
// decoder.
func slow(text string) (all []string) {
	d := json.NewDecoder(strings.NewReader(text))
	for {
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return all
		}
		all = append(all, slowValue(raw)...)
	}
}

func slowValue(raw json.RawMessage) (all []string) {
	raw = bytes.TrimSpace(raw)
	var s string
	var list []json.RawMessage
	switch {
	case json.Unmarshal(raw, &s) == nil:
		if all = slow(s); all != nil {
			return all
		}
		binary, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil
		}
		if text, err := inflate(binary, 1<<20); err == nil {
			return slow(string(text))
		}
		return slow(string(binary))
	case json.Unmarshal(raw, &list) == nil:
		for _, e := range list {
			all = append(all, slowValue(e)...)
		}
		return all
	case raw[0] != '{':
		return nil
	}
	var fields map[string]json.RawMessage
	isText := func(name string) bool { return bytes.HasPrefix(fields[name], []byte(`"`)) }
	if json.Unmarshal(raw, &fields) == nil && isText("eventSource") && isText("eventName") && isText("eventTime") {
		return []string{string(raw)}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	for d.Token(); d.More(); {
		d.Token()
		var member json.RawMessage
		if d.Decode(&member) != nil {
			return all
		}
		all = append(all, slowValue(member)...)
	}
	return all
}

func TestNestings(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var want []string
		for i := range 1 + r.IntN(6) {
			want = append(want, record(i))
		}
		text := nest(r, 1+r.IntN(5), want)
		got, _ := records(t, text)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: found %d of %d records in\n%s", seed, len(got), len(want), text)
		}
		if got := slow(text); !slices.Equal(got, want) {
			t.Fatalf("seed %d: the slow parser found %d of %d records in\n%s", seed, len(got), len(want), text)
		}
	}
}

// pieces plays a text in pieces of random lengths.
func pieces(r *rand.Rand, most int, text string) export.Text {
	return func(each func([]byte) error) error {
		for rest := []byte(text); len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(most))
			if err := each(slices.Clone(rest[:n])); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	}
}

// However a text is cut into pieces, and however little of it may be held, the
// records are the same, in the same order.
func TestPieces(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 2))
		var want []string
		for i := range 1 + r.IntN(30) {
			want = append(want, record(i))
		}
		text := nest(r, 1+r.IntN(4), want)
		var got []string
		result, err := export.Records(pieces(r, 1+r.IntN(500), text), config(1<<20), func(raw []byte) error {
			got = append(got, string(raw))
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("seed %d: found %d of %d records, %+v, %v in\n%s", seed, len(got), len(want), result, err, text)
		}
	}
}

// Lists that do not fit in memory are taken apart.
func TestLong(t *testing.T) {
	t.Parallel()
	var want []string
	for i := range 200 {
		want = append(want, record(i))
	}
	all := strings.Join(want, ",\n ")
	events := make([]string, 0, len(want))
	for _, one := range want {
		events = append(events, `{"EventId":"1","CloudTrailEvent":`+quote(one)+`}`)
	}
	for name, text := range map[string]string{
		"array":         "[" + all + "]",
		"log file":      `{"Records": [` + all + `] }`,
		"lookup-events": `{"Version":1,"Note":null,"Events":[` + strings.Join(events, ",") + `],"NextToken":"n","More":[1,2]}`,
		"nested":        `[{"a":{"b":[[` + all + `]]},"c":true}]`,
		"several":       `{"Records":[` + strings.Join(want[:100], ",") + "]}\n[" + strings.Join(want[100:], ",") + "]",
		"lines":         strings.Join(want, "\n"),
	} {
		r := rand.New(rand.NewPCG(1, 3))
		var got []string
		result, err := export.Records(pieces(r, 300, text), config(1000), func(raw []byte) error {
			got = append(got, string(raw))
			return nil
		})
		if err != nil || !slices.Equal(got, want) || result.Others > 0 {
			t.Errorf("%s: %d of %d records, %+v, %v", name, len(got), len(want), result, err)
		}
	}
	for name, text := range map[string]string{
		"does not end":    `{"Records":[` + all,
		"breaks":          `{"Records":[` + all + `}`,
		"a long text":     `"` + strings.Repeat("x", 2000) + `"`,
		"a long record":   strings.TrimSuffix(record(1), "}") + `,"x":[` + strings.Repeat("1,", 2000) + `1]}`,
		"a line of words": strings.Repeat("word ", 1000),
	} {
		r := rand.New(rand.NewPCG(1, 3))
		result, err := export.Records(pieces(r, 300, text), config(1000), func([]byte) error { return nil })
		if err != nil || result.Broken != 1 || result.FirstBroken == nil {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]export.Result{
		`{"Records":[]}`:                 {Empty: 1},
		`[ ]`:                            {Empty: 1},
		`{"Events":[ ],"NextToken":"x"}`: {Empty: 1},
		" \n":                            {},
		"":                               {},
	} {
		if _, got := records(t, text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

// FuzzRecords holds that nothing panics, that what is found does not depend on the pieces
// that a text comes in, and that a valid document gives what the slow parser finds.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{record(1), logEvents(record(1)), quote(record(1)), "[" + record(1) + ",1]", "x {\n\"", `{"a":"\`, "a,b\n1," + cell(record(1)) + "\n", record(1)[:50] + "\n" + record(2)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got []string
		result, err := export.Records(whole(text), config(1<<16), func(raw []byte) error {
			got = append(got, string(raw))
			return nil
		})
		if err != nil && !errors.Is(err, export.ErrTooBroken) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		var again []string
		r := rand.New(rand.NewPCG(uint64(len(text)), 8))
		other, err := export.Records(pieces(r, 1+r.IntN(50), text), config(1<<16), func(raw []byte) error {
			again = append(again, string(raw))
			return nil
		})
		if !errors.Is(err, export.ErrTooBroken) && (!slices.Equal(again, got) || other.Broken != result.Broken || other.Others != result.Others) {
			t.Errorf("%d records, %+v; in pieces %d, %+v", len(got), result, len(again), other)
		}
		if json.Valid([]byte(text)) {
			if want := slow(text); len(want) > len(got) {
				t.Errorf("%d records, the slow parser finds %d", len(got), len(want))
			}
		}
	})
}

func BenchmarkLines(b *testing.B) {
	line := `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:session","arn":"arn:aws:sts::111122223333:assumed-role/role/session",` +
		`"accountId":"111122223333","sessionContext":{"attributes":{"creationDate":"2024-03-01T00:00:00Z","mfaAuthenticated":"false"}}},` +
		`"eventTime":"2024-03-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-west-2","sourceIPAddress":"192.0.2.1",` +
		`"userAgent":"[Boto3/1.26.0 Python/3.11 Linux/5.10 Botocore/1.29.0]","requestParameters":{"bucketName":"bucket","Host":"bucket.s3.amazonaws.com","key":"a/b/c"},` +
		`"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","bytesTransferredOut":1234},"eventID":"00000000-0000-4000-8000-000000000000",` +
		`"readOnly":true,"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333"}` + "\n"
	text := []byte(strings.Repeat(line, 3_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		play := func(each func([]byte) error) error { return each(text) }
		if _, err := export.Records(play, config(1<<20), func([]byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
