package pipeline_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/schema"
)

const sampleTrail = "../cmd/plantrail/testdata/trail"

// documented returns the documented events, which the sample trail delivers, one
// record each, and the rows of the trail.
func documented(t testing.TB) (records []string, want []schema.Event) {
	t.Helper()
	err := filepath.WalkDir(sampleTrail, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return nil //nolint:nilerr // it is there to be quarantined
		}
		var file struct{ Records []json.RawMessage }
		if err := json.Unmarshal(text, &file); err != nil {
			return err
		}
		for _, record := range file.Records {
			records = append(records, string(record))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	tableFolder := t.TempDir()
	run(t, config(t, sampleTrail, tableFolder))
	if want = rows(t, tableFolder); len(want) < 8 {
		t.Fatalf("%d events", len(want))
	}
	return records, want
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// each wraps every record on its own.
func each(records []string, wrap func(string) string) []string {
	var all []string
	for _, r := range records {
		all = append(all, wrap(r))
	}
	return all
}

func lookupEvents(records []string) string {
	return `{"Events":[` + strings.Join(each(records, func(r string) string {
		return `{"EventId":"e","EventName":"n","ReadOnly":"true","EventTime":1709251200.0,"EventSource":"supportplans.amazonaws.com","Resources":[],"CloudTrailEvent":` + quoted(r) + `}`
	}), ",") + `],"NextToken":"n"}`
}

func eventBridge(r string) string {
	return `{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.supportplans","account":"111122223333","time":"2024-03-01T00:00:00Z","region":"us-west-2","resources":[],"detail":` + r + `}`
}

func sns(message string) string {
	return `{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:us-west-2:111122223333:t","Message":` + quoted(message) + `}`
}

func sqs(body string) string {
	return `{"Messages":[{"MessageId":"m","ReceiptHandle":"r","MD5OfBody":"b","Body":` + quoted(body) + `}]}`
}

func subscription(records []string) string {
	return `{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[` +
		strings.Join(each(records, func(r string) string { return `{"id":"1","timestamp":1709251200000,"message":` + quoted(r) + `}` }), ",") + `]}`
}

// cell is a text in comma-separated values.
func cell(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func utf16le(s string) []byte {
	text := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(s)) {
		text = binary.LittleEndian.AppendUint16(text, unit)
	}
	return text
}

// wrappings are all wrappings of some records.
func wrappings(t testing.TB, records []string) map[string][]byte {
	lines := strings.Join(records, "\n") + "\n"
	pretty := func(s string) string {
		var out bytes.Buffer
		if err := json.Indent(&out, []byte(s), "", "    "); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	list := "[" + strings.Join(records, ",") + "]"
	events := each(records, eventBridge)
	files := map[string]string{
		"log file.json":             `{"Records":` + list + `}`,
		"array.json":                list,
		"pretty.json":               pretty(list),
		"lines.jsonl":               lines,
		"lines, CRLF.ndjson":        strings.ReplaceAll(lines, "\n", "\r\n"),
		"mark.json":                 "\xef\xbb\xbf" + list,
		"console event_history":     pretty(`{"Records":` + list + `}`),
		"lookup-events":             pretty(lookupEvents(records)),
		"lookup-events pages":       lookupEvents(records[:3]) + "\n" + lookupEvents(records[3:]) + "\n" + lookupEvents(nil),
		"eventbridge.json":          strings.Join(events, "\n"),
		"firehose-1-2024":           strings.Join(events, ""),
		"subscription":              subscription(records),
		"subscriptions by firehose": subscription(records[:4]) + subscription(records[4:]),
		"log group export":          strings.Join(each(records, func(r string) string { return "2024-03-01T00:00:00.000Z " + r }), "\n"),
		"lambda event":              `{"awslogs":{"data":"` + base64.StdEncoding.EncodeToString(zip(t, []byte(subscription(records)))) + `"}}`,
		"sns.json":                  strings.Join(each(events, sns), "\n"),
		"sqs.json":                  strings.Join(each(each(events, sns), sqs), "\n"),
		"siem.log":                  strings.Join(each(records, func(r string) string { return `{"preview":false,"result":{"_time":"t","_raw":` + quoted(r) + `}}` }), "\n"),
		"insights.csv":              "@timestamp,@message\n" + strings.Join(each(records, func(r string) string { return "2024-03-01 00:00:00.000," + cell(r) }), "\n"),
		"athena.csv":                "\"eventtime\",\"rawevent\"\n" + strings.Join(each(records, func(r string) string { return `"2024-03-01 00:00:00.000",` + cell(r) }), "\n"),
		"lake.csv":                  "eventJson\r\n" + strings.Join(each(records, cell), "\r\n"),
		"lake.json":                 `{"QueryStatus":"FINISHED","QueryResultRows":[` + strings.Join(each(records, func(r string) string { return `[{"eventTime":"t"},{"eventJson":` + quoted(r) + "}]" }), ",") + "]}",
		"insights.json": `{"results":[` + strings.Join(each(records, func(r string) string {
			return `[{"field":"@timestamp","value":"t"},{"field":"@message","value":` + quoted(r) + "}]"
		}), ",") + `],"status":"Complete"}`,
		"elastic.ndjson": strings.Join(each(records, func(r string) string {
			return `{"_index":"i","_id":"1","_source":{"event":{"original":` + quoted(r) + "}}}"
		}), "\n"),
		"logstash":    strings.Join(each(records, func(r string) string { return `{"@timestamp":"t","@version":"1","message":` + quoted(r) + "}" }), "\n"),
		"text output": strings.Join(each(records, func(r string) string { return "EVENTS\tAKIA\t" + r + "\tid\tname\t1709251200.0" }), "\n"),
		"mixed":       records[0] + sns(events[1]) + "\n[" + records[2] + "]\n" + lookupEvents(records[3:5]) + subscription(records[5:]),
	}
	all := map[string][]byte{}
	for name, text := range files {
		all[name] = []byte(text)
	}
	all["utf-16.json"] = utf16le(list)
	all["gzip"] = zip(t, []byte(lines))
	all["zstd"] = zst(t, []byte(lines))
	all["gzip in gzip.gz"] = zip(t, zip(t, []byte(lines)))
	all["zstd in gzip"] = zip(t, zst(t, []byte(lines)))
	all["members.gz"] = append(zip(t, []byte(lines[:1000])), zip(t, []byte(lines[1000:]))...)
	all["padded.gz"] = append(zip(t, []byte(lines)), make([]byte, 512)...)
	return all
}

func exports(t testing.TB, source, tableFolder string) pipeline.Config {
	t.Helper()
	return config(t, source+"?layout=export", tableFolder)
}

// wantRows compares a table's rows with the trail's, in every column but logfile.
func wantRows(t *testing.T, tableFolder string, want []schema.Event, logFile string) {
	t.Helper()
	got := rows(t, tableFolder)
	if len(got) != len(want) {
		t.Fatalf("%d rows, the trail has %d", len(got), len(want))
	}
	for i := range got {
		if logFile != "" && got[i].LogFile != logFile {
			t.Errorf("logfile %s, want %s", got[i].LogFile, logFile)
		}
		one, other := got[i], want[i]
		one.LogFile, other.LogFile = "", ""
		if !reflect.DeepEqual(one, other) {
			t.Errorf("row %d:\n%+v, the trail's is\n%+v", i, one, other)
		}
	}
}

// The documented events in any wrapping make the rows that the trail makes, and the
// next run reads nothing.
func TestExportWrappings(t *testing.T) {
	t.Parallel()
	records, want := documented(t)
	for name, body := range wrappings(t, records) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, tableFolder := tree(t, map[string][]byte{name: body}), t.TempDir()
			c := exports(t, folder, tableFolder)
			report := run(t, c)
			if !report.Complete() || report.Read != 1 || report.Foreign != 0 {
				t.Fatalf("%+v", report)
			}
			wantRows(t, tableFolder, want, c.Sources[0].String()+"/"+name)
			if again := run(t, c); again.Read != 0 || again.AlreadyDone != 1 || again.PartitionsWritten != 0 || !again.Complete() {
				t.Errorf("the second run: %+v", again)
			}
		})
	}
}

// narrowZstd compresses with a window that fits in little memory.
func narrowZstd(t testing.TB, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithWindowSize(256<<10))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The same where nothing may be held whole.
func TestExportWrappingsInPieces(t *testing.T) {
	t.Parallel()
	records, want := documented(t)
	padding := strings.Repeat(other+"\n", 40_000)
	list := strings.Repeat(other+",", 40_000)
	for name, body := range map[string][]byte{
		"lines":         []byte(padding + strings.Join(records, "\n") + "\n" + padding),
		"lines.gz":      zip(t, []byte(padding+strings.Join(records, "\n")+"\n"+padding)),
		"lines.zst":     narrowZstd(t, []byte(padding+strings.Join(records, "\n")+"\n"+padding)),
		"lines.gz.gz":   zip(t, zip(t, []byte(padding+strings.Join(records, "\n")+"\n"+padding))),
		"array":         []byte("[" + list + strings.Join(records, ",") + "]"),
		"log file":      zip(t, []byte(`{"Records":[`+list+strings.Join(records, ",")+"]}")),
		"subscription":  []byte(padding + subscription(records) + padding),
		"utf-16":        utf16le(padding + strings.Join(records, "\n")),
		"lookup-events": []byte(padding + lookupEvents(records)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, tableFolder := tree(t, map[string][]byte{name: body}), t.TempDir()
			c := exports(t, folder, tableFolder)
			c.Memory, c.Workers = 64<<20, 16 // 1 MiB for a text
			report := run(t, c)
			if !report.Complete() || report.Read != 1 || report.Foreign != 0 || report.BytesInflated < 3<<20 {
				t.Fatalf("%+v", report)
			}
			wantRows(t, tableFolder, want, "")
		})
	}
}

// All of them in folders of one source, in any number of runs, some killed.
func TestExportFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	records, want := documented(t)
	files := map[string][]byte{}
	for name, body := range wrappings(t, records) {
		files[fmt.Sprintf("a%d/b/%s", len(name)%3, name)] = body
	}
	folder, tableFolder := tree(t, files), t.TempDir()
	c := exports(t, folder, tableFolder)
	report := run(t, c)
	if !report.Complete() || report.Read != int64(len(files)) || report.RowsAdded != int64(len(want)) || report.Matched != report.Read {
		t.Fatalf("%+v", report)
	}
	wantRows(t, tableFolder, want, "")
	whole := partitions(t, tableFolder)

	// A new file, and one that has changed, are read, and no other.
	names := slices.Sorted(maps.Keys(files))
	for _, name := range []string{"0 new", names[2]} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(records[0]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if report = run(t, c); report.Read != 2 || report.AlreadyDone != int64(len(files)-1) || report.RowsAdded != 0 {
		t.Errorf("%+v", report)
	}

	random := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		tableFolder := t.TempDir()
		source := tree(t, files)
		for done := false; !done; {
			c, left := exports(t, source, tableFolder), random.IntN(60)
			crashing(&c, func(string, string) error {
				if left--; left < 0 {
					return errCrash
				}
				return nil
			})
			c.MaxRows = 1 + random.IntN(40)
			_, err := pipeline.Run(t.Context(), c)
			done = err == nil
		}
		got := partitions(t, tableFolder)
		if len(got) != len(whole) {
			t.Fatalf("%d partitions, want %d", len(got), len(whole))
		}
		wantRows(t, tableFolder, want, "")
		if again := run(t, exports(t, source, tableFolder)); again.Read != 0 {
			t.Errorf("read %d again", again.Read)
		}
	}
}

// What is no record is counted and named, and a file of nothing else quarantined.
func TestExportForeign(t *testing.T) {
	t.Parallel()
	tableFolder := t.TempDir()
	folder := tree(t, map[string][]byte{
		"beside": []byte(record("x", noon) + "\n{\"a\":1}\nwords\n" + other), "only": []byte(`{"a":1}` + "\n" + `{"a":2}`), "words": []byte("some words\n"),
		"nothing": nil, "none.json": []byte(`{"Events":[]}`), "blank.gz": zip(t, []byte("\n\n")),
		"broken.gz": zip(t, []byte(record("y", noon)))[:40], "behind.gz": append(zip(t, []byte(record("z", noon))), "garbage, and more of it"...),
	})
	report := run(t, exports(t, folder, tableFolder))
	if report.Foreign != 2 || len(report.ForeignFirst) != 1 || !strings.HasSuffix(report.ForeignFirst[0].Key, "/beside") ||
		!strings.Contains(report.ForeignFirst[0].Error, `at byte 159: no CloudTrail record: {"a":1}`) {
		t.Errorf("%d foreign, %+v", report.Foreign, report.ForeignFirst)
	}
	if report.Empty != 2 || report.Skipped != 1 || len(report.SkippedKinds) != 1 || report.SkippedKinds[0].Kind != "empty file" {
		t.Errorf("%d without records, skipped %+v", report.Empty, report.SkippedKinds)
	}
	var named []string
	for _, q := range report.Quarantined {
		named = append(named, filepath.Base(q.Key)+": "+q.Error)
	}
	got := strings.Join(named, "\n")
	for _, want := range []string{"only: no CloudTrail record in it: at byte 0", "words: no CloudTrail record in it: at byte 0: no JSON", "broken.gz: ", "behind.gz: "} {
		if !strings.Contains(got, want) || len(named) != 4 {
			t.Errorf("quarantined\n%s, want %s", got, want)
		}
	}
	if got := ids(rows(t, tableFolder)); got != "x" {
		t.Errorf("rows %s", got)
	}
	// What failed is tried again, and no other.
	if report = run(t, exports(t, folder, tableFolder)); report.Read != 4 || len(report.Quarantined) != 4 {
		t.Errorf("%+v", report)
	}
}

// Of an export that is broken in part, the records are kept and the rest is named; it is
// tried again until it is whole.
func TestExportBroken(t *testing.T) {
	t.Parallel()
	x, y := record("x", noon), record("y", noon)
	for name, c := range map[string]struct {
		body, want, rows string
	}{
		"a line cut off":      {x + "\n" + y[:60] + "\n", "at byte 159: not valid JSON: {", "x"},
		"a log file cut off":  {`{"Records":[` + x + "," + y[:60], "the document does not end", "x"},
		"a document too many": {x + "\n" + x[:9] + "\n" + y + "\n{\"a\":\n", "broken parts: 2, records read: 2", "x y"},
		"a text cut off":      {lookupEvents([]string{x, y[:60]}), "broken parts: 1, records read: 1", "x"},
		"no text":             {`{"Events":[{"EventId":"1","EventName":"n","EventSource":"supportplans.amazonaws.com"},{"CloudTrailEvent":` + quoted(x) + "}]}", "no whole CloudTrail record", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tableFolder, folder := t.TempDir(), tree(t, map[string][]byte{"e.json": []byte(c.body), "good.json": []byte(record("z", noon))})
			cfg := exports(t, folder, tableFolder)
			for i, read := range []int64{2, 1} {
				report := run(t, cfg)
				if report.Complete() || report.Read != read || len(report.Quarantined) != 1 || !strings.Contains(report.Quarantined[0].Error, c.want) {
					t.Errorf("run %d: %+v", i, report)
				}
				if got := ids(rows(t, tableFolder)); got != c.rows+" z" {
					t.Errorf("rows %s, want %s z", got, c.rows)
				}
			}
			if err := os.WriteFile(filepath.Join(folder, "e.json"), []byte(x+"\n"+y), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, read := range []int64{1, 0} {
				if report := run(t, cfg); !report.Complete() || report.Read != read || ids(rows(t, tableFolder)) != "x y z" {
					t.Errorf("whole: %+v", report)
				}
			}
		})
	}
	broken := tree(t, map[string][]byte{"e.json": []byte(x + "\n" + y[:60])})
	cfg := exports(t, broken, t.TempDir())
	cfg.KnownBad = []string{"file://" + filepath.Join(broken, "e.json")}
	if report := run(t, cfg); !report.Complete() || len(report.KnownBad) != 1 || len(report.KnownBadOver) != 0 {
		t.Errorf("known bad: %+v", report)
	}
}

// What other formats an export may come in is said, also inside of gzip.
func TestExportFormats(t *testing.T) {
	t.Parallel()
	folder := tree(t, map[string][]byte{
		"a": []byte("PK\x03\x04 and so on"), "b": []byte("PAR1 and so on"), "c": zip(t, []byte("a.json"+strings.Repeat("\x00", 251)+"ustar"+strings.Repeat("\x00", 600))),
		"d": []byte("Event name,Event time,User name,Event source\nGetSupportPlan,now,me,supportplans.amazonaws.com\n"),
		"e": []byte(`{"class_uid":6003,"metadata":{"product":{"name":"CloudTrail"}},"api":{"operation":"GetSupportPlan"}}`),
	})
	report := run(t, exports(t, folder, t.TempDir()))
	wants := []string{"zip archive: unpack it", "Parquet", "tar archive: unpack it", "download JSON from the console", "OCSF"}
	if len(report.Quarantined) != len(wants) {
		t.Fatalf("%+v", report.Quarantined)
	}
	for i, want := range wants {
		if got := report.Quarantined[i].Error; !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A selection is of the records, since an export is of no account, region and day.
// Nothing is remembered of what was read in part.
func TestExportSelection(t *testing.T) {
	t.Parallel()
	of := func(id, account, region, at string) string {
		return fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","eventTime":%q,"eventID":%q,"recipientAccountId":%q,"awsRegion":%q}`, at, id, account, region)
	}
	folder := tree(t, map[string][]byte{"x": []byte(of("a", "111122223333", "us-west-2", noon) + of("b", "444455556666", "us-west-2", noon) +
		of("c", "111122223333", "us-east-1", noon) + of("d", "111122223333", "us-west-2", "2020-01-01T00:00:00Z"))})
	for name, c := range map[string]struct {
		choose func(*pipeline.Config)
		want   string
	}{
		"account": {func(c *pipeline.Config) { c.Selection.Accounts = []string{"111122223333"} }, "d a c"},
		"region":  {func(c *pipeline.Config) { c.Selection.Regions = []string{"us-west-2"} }, "d a b"},
		"from":    {func(c *pipeline.Config) { c.Selection.From = 19000 }, "a c b"},
		"to":      {func(c *pipeline.Config) { c.Selection.To = 19000 }, "d"},
	} {
		tableFolder := t.TempDir()
		cfg := exports(t, folder, tableFolder)
		c.choose(&cfg)
		if report := run(t, cfg); report.Read != 1 || !report.Complete() {
			t.Errorf("%s: %+v", name, report)
		}
		if got := strings.Fields(ids(rows(t, tableFolder))); len(got) != len(strings.Fields(c.want)) || !sameWords(got, c.want) {
			t.Errorf("%s: rows %s, want %s", name, got, c.want)
		}
		if report := run(t, exports(t, folder, tableFolder)); report.Read != 1 || len(rows(t, tableFolder)) != 4 {
			t.Errorf("%s: then all: %+v", name, report)
		}
		if report := run(t, exports(t, folder, tableFolder)); report.Read != 0 {
			t.Errorf("%s: again: %+v", name, report)
		}
	}
}

func sameWords(got []string, want string) bool {
	words := strings.Fields(want)
	slices.Sort(words)
	slices.Sort(got)
	return slices.Equal(got, words)
}

// A file as a source is read alone, and known.
func TestSingleFile(t *testing.T) {
	t.Parallel()
	const name = "111122223333_CloudTrail_us-west-2_20240301T1205Z_abc.json.gz"
	folder := tree(t, map[string][]byte{
		name: zip(t, logFile(record("log", noon))), "some.jsonl": []byte(record("export", noon)), "some.jsonl.gz": []byte(record("other", noon)),
		"archive.zip": nil,
	})
	for source, want := range map[string]string{name: "log", "some.jsonl?layout=export": "export", name + "?layout=export": "log"} {
		tableFolder := t.TempDir()
		c := config(t, filepath.Join(folder, source), tableFolder)
		report := run(t, c)
		if got := ids(rows(t, tableFolder)); report.Read != 1 || !report.Complete() || got != want {
			t.Errorf("%s: rows %s, %+v", source, got, report)
		}
		if report = run(t, c); report.Read != 0 || report.AlreadyDone != 1 || !report.Complete() {
			t.Errorf("%s, again: %+v", source, report)
		}
	}
	report := run(t, config(t, filepath.Join(folder, "some.jsonl"), t.TempDir()))
	if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, "layout=export") {
		t.Errorf("%+v", report.Unreachable)
	}
	if _, err := pipeline.Run(t.Context(), config(t, filepath.Join(folder, "archive.zip"), t.TempDir())); err == nil || !strings.Contains(err.Error(), "unpack it") {
		t.Errorf("archive: %v", err)
	}
}

// Files that are no log files by name are refused with the parameter that reads them.
func TestUnnamedFiles(t *testing.T) {
	t.Parallel()
	folder := tree(t, map[string][]byte{"a.json": []byte(record("x", noon)), "b/c.jsonl": []byte(record("y", noon))})
	report := run(t, config(t, folder, t.TempDir()))
	if len(report.Unreachable) != 1 || report.Skipped != 2 {
		t.Fatalf("%+v", report)
	}
	for _, want := range []string{"not named as a log file (2)", "layout=export"} {
		if got := report.Unreachable[0].Error; !strings.Contains(got, want) {
			t.Errorf("%q, want %s", got, want)
		}
	}
	empty := run(t, exports(t, t.TempDir(), t.TempDir()))
	if len(empty.Unreachable) != 1 || !strings.Contains(empty.Unreachable[0].Error, "no files are there") {
		t.Errorf("%+v", empty.Unreachable)
	}
}

// The table's own files are no exports, nor is what another source reads.
func TestExportsAround(t *testing.T) {
	t.Parallel()
	folder := tree(t, map[string][]byte{
		"a.json": []byte(record("a", noon)),
		"trail/" + key("111122223333", "us-west-2", "2024/03/01", "b.json.gz"): zip(t, logFile(record("b", noon))),
	})
	c := exports(t, folder, filepath.Join(folder, "table"))
	c.Sources = append(c.Sources, place(t, filepath.Join(folder, "trail")))
	for _, read := range []int64{2, 0} {
		if report := run(t, c); !report.Complete() || report.Read != read {
			t.Errorf("%+v", report)
		}
	}
	if got := ids(rows(t, filepath.Join(folder, "table"))); got != "a b" {
		t.Errorf("rows %s", got)
	}
}

// An export that is too large to be held is read from its file.
func TestExportStreamed(t *testing.T) {
	t.Parallel()
	line := []byte(`{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","eventTime":"2024-03-01T10:00:00Z","x":"` + strings.Repeat("x", 2000) + "\"}\n")
	var text bytes.Buffer
	for i := range 20_000 { // 42 MB, more than a quarter of the memory
		if text.Write(line); i%5000 == 0 {
			text.WriteString(record(fmt.Sprint("e", i/5000), noon) + "\n")
		}
	}
	tableFolder := t.TempDir()
	c := exports(t, tree(t, map[string][]byte{"large.jsonl": text.Bytes()}), tableFolder)
	c.Memory, c.MaxInflated = 64<<20, 1<<20 // which is a log file's bound
	opened := 0
	c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
		l, err := store.Open(ctx, u, mustExist, shared)
		if mustExist {
			l.Store = openCounter{l.Store, &opened}
		}
		return l, err
	}
	report := run(t, c)
	if got := ids(rows(t, tableFolder)); got != "e0 e1 e2 e3" || !report.Complete() || opened != 1 {
		t.Errorf("rows %s, opened %d times, %+v", got, opened, report)
	}
}

type openCounter struct {
	store.Store
	opened *int
}

func (o openCounter) Open(ctx context.Context, key string) (*store.File, error) {
	*o.opened++
	return o.Store.Open(ctx, key)
}

// Log files have envelopes too: a mark, gzip twice, padding, several documents. What
// follows and is no padding is not read.
func TestLogFileEnvelopes(t *testing.T) {
	t.Parallel()
	text := logFile(other, record("x", noon))
	large := logFile(append(slices.Repeat([]string{other}, 40_000), record("x", noon))...)
	for name, c := range map[string]struct {
		body []byte
		want string // what is quarantined
	}{
		"mark":            {append([]byte("\xef\xbb\xbf"), text...), ""},
		"mark, gzipped":   {zip(t, append([]byte("\xef\xbb\xbf"), text...)), ""},
		"gzip twice":      {zip(t, zip(t, text)), ""},
		"gzip thrice":     {zip(t, zip(t, zip(t, text))), ""},
		"gzip in zstd":    {zst(t, zip(t, text)), ""},
		"padding":         {append(zip(t, text), make([]byte, 1000)...), ""},
		"one zero":        {append(zip(t, text), 0), ""},
		"documents":       {append(logFile(other), text...), ""},
		"documents, gzip": {zip(t, append(append(logFile(other), '\n'), text...)), ""},
		"large, mark":     {zip(t, append([]byte("\xef\xbb\xbf"), large...)), ""},
		"large, twice":    {zip(t, zip(t, large)), ""},
		"large, padding":  {append(zip(t, large), make([]byte, 1000)...), ""},
		"large documents": {zip(t, append(logFile(other), large...)), ""},
		"garbage":         {append(zip(t, text), "garbage, and more of it"...), "invalid gzip header"},
		"zeros, garbage":  {append(zip(t, text), "\x00\x00\x00garbage, and more of it"...), "invalid gzip header"},
		"other document":  {append(slices.Clone(text), "[]"...), "parse JSON"},
		"no log file":     {append(slices.Clone(text), `{"x":1}`...), `no "Records" array`},
		"gzip for ever":   {zip(t, zip(t, zip(t, zip(t, zip(t, zip(t, zip(t, text))))))), "compressed more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tableFolder := t.TempDir()
			cfg := config(t, tree(t, map[string][]byte{key("111122223333", "us-west-2", "2024/03/01", "a.json.gz"): c.body}), tableFolder)
			cfg.Memory, cfg.Workers = 64<<20, 16
			report := run(t, cfg)
			switch {
			case c.want == "" && (!report.Complete() || ids(rows(t, tableFolder)) != "x"):
				t.Errorf("%+v", report)
			case c.want != "" && (len(report.Quarantined) != 1 || !strings.Contains(report.Quarantined[0].Error, c.want)):
				t.Errorf("%+v", report.Quarantined)
			}
		})
	}
}

// Nothing signs exports: verify says so of each, and goes on.
func TestVerifyExports(t *testing.T) {
	t.Parallel()
	folder := tree(t, map[string][]byte{"x.json": []byte(record("x", noon))})
	c := pipeline.VerifyConfig{Config: exports(t, folder, t.TempDir())}
	c.Table = store.URL{}
	report, err := pipeline.Verify(t.Context(), c)
	if err != nil || len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, "carry no signatures") {
		t.Errorf("%v, %+v", err, report)
	}
}
