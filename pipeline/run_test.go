package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// record returns a wanted record.
func record(id string, at string) string {
	return fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","eventTime":%q,"eventID":%q,"recipientAccountId":"111122223333"}`, at, id)
}

const (
	other = `{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","eventTime":"2024-03-01T10:00:00Z"}`
	noon  = "2024-03-01T12:00:00Z"
)

func logFile(records ...string) []byte {
	return []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
}

func zip(t testing.TB, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func key(account, region, day, name string) string {
	return "AWSLogs/" + account + "/CloudTrail/" + region + "/" + day + "/" + name
}

// tree writes files into a new folder.
func tree(t testing.TB, files map[string][]byte) string {
	t.Helper()
	folder := t.TempDir()
	for name, body := range files {
		name = filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func place(t testing.TB, folder string) store.URL {
	t.Helper()
	u, err := store.ParseURL(folder)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func config(t testing.TB, source, tableFolder string) pipeline.Config {
	t.Helper()
	c := pipeline.DefaultConfig()
	c.Sources = []store.URL{place(t, source)}
	c.Table = place(t, tableFolder)
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	return c
}

func run(t testing.TB, c pipeline.Config) *pipeline.Report {
	t.Helper()
	report, err := pipeline.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// partitions returns the bytes of a table's files by name.
func partitions(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(name, "_plantrail") {
			return err
		}
		body, err := os.ReadFile(name)
		rel, _ := filepath.Rel(folder, name)
		files[rel] = body
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// rows returns a table's rows, partition by partition.
func rows(t testing.TB, folder string) []schema.Event {
	t.Helper()
	files := partitions(t, folder)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var all []schema.Event
	for _, name := range names {
		part, err := parquet.Read[schema.Event](bytes.NewReader(files[name]), int64(len(files[name])))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, part...)
	}
	return all
}

func ids(events []schema.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, *e.EventID)
	}
	return strings.Join(all, " ")
}

// Every way in which a log file can be broken is named, and stops nothing.
func TestRunQuarantine(t *testing.T) {
	whole := zip(t, logFile(other, record("broken", noon)))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	crc := bytes.Clone(whole)
	crc[len(crc)-8] ^= 1
	broken := map[string]struct {
		body []byte
		want string
	}{
		"truncated.json.gz":   {whole[:len(whole)/2], "inflate"},
		"no-trailer.json.gz":  {whole[:len(whole)-3], "inflate"},
		"flipped.json.gz":     {flipped, "inflate"},
		"crc.json.gz":         {crc, "inflate"},
		"empty.json.gz":       {nil, "empty file"},
		"empty-gzip.json.gz":  {zip(t, nil), "parse JSON"},
		"html.json.gz":        {[]byte("<html></html>"), "neither gzip"},
		"no-records.json.gz":  {zip(t, []byte(`{"digest":{}}`)), "Records"},
		"not-json.json.gz":    {zip(t, []byte(`supportplans`)), "parse JSON"},
		"cut-json.json.gz":    {zip(t, logFile(record("x", noon))[:60]), "parse JSON"},
		"cut-other.json":      {logFile(other)[:60], "parse JSON"},
		"bomb.json.gz":        {zip(t, bytes.Repeat([]byte(" "), 3<<20)), "limit"},
		"bomb.json.zst":       {zst(t, bytes.Repeat([]byte(" "), 3<<20)), "limit"},
		"truncated.json.zst":  {zst(t, logFile(other))[:20], "inflate"},
		"no-time.json.gz":     {zip(t, logFile(record("kept too", noon), `{"eventSource":"supportplans.amazonaws.com"}`)), "record 1: no usable eventTime"},
		"large-plain.json.gz": {zip(t, append(logFile(), make([]byte, 2<<20)...)), "limit"},
	}
	files := map[string][]byte{
		key("111122223333", "us-west-2", "2024/03/01", "a.json.gz"): zip(t, logFile(record("kept", noon))),
	}
	for name, b := range broken {
		files[key("111122223333", "us-east-1", "2024/03/01", name)] = b.body
	}
	source := tree(t, files)
	tableFolder := t.TempDir()
	c := config(t, source, tableFolder)
	c.MaxInflated = 1 << 20
	report := run(t, c)
	if len(report.Quarantined) != len(broken) || report.Complete() {
		t.Errorf("%d quarantined, want %d", len(report.Quarantined), len(broken))
	}
	for _, q := range report.Quarantined {
		b, ok := broken[filepath.Base(q.Key)]
		if !ok || !strings.Contains(q.Error, b.want) || !strings.HasPrefix(q.Key, "file:///") || strings.Contains(q.Error, "\n") {
			t.Errorf("%s: %s; want %s", q.Key, q.Error, b.want)
		}
	}
	if got := ids(rows(t, tableFolder)); got != "kept kept too" {
		t.Errorf("rows %s", got)
	}
}

func zst(t testing.TB, text []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(text, nil)
}

// A log file is what its bytes say, whatever its name.
func TestRunFormats(t *testing.T) {
	text := logFile(other, record("x", noon))
	multi := append(zip(t, text[:30]), zip(t, text[30:])...)
	for name, body := range map[string][]byte{
		"gzip.json.gz": zip(t, text), "plain.json": text, "zstd.json.zst": zst(t, text),
		"plain-as.json.gz": text, "gzip-as.json": zip(t, text), "members.json.gz": multi,
		"space.json": append([]byte(" \n"), text...),
	} {
		t.Run(name, func(t *testing.T) {
			tableFolder := t.TempDir()
			report := run(t, config(t, tree(t, map[string][]byte{key("111122223333", "us-west-2", "2024/03/01", name): body}), tableFolder))
			if report.Events != 1 || report.Matched != 1 || !report.Complete() || ids(rows(t, tableFolder)) != "x" {
				t.Errorf("%+v", report)
			}
		})
	}
}

// many returns log files with events spread over days, a tenth of them twice.
func many(t testing.TB, count int) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for i := range count {
		day := fmt.Sprintf("2024/%02d/%02d", 1+i%4, 1+i%28)
		at := fmt.Sprintf("2024-%02d-%02dT12:00:%02dZ", 1+i%4, 1+i%28, i%60)
		body := zip(t, logFile(other, record(fmt.Sprint("id-", i), at), other))
		account := []string{"111122223333", "444455556666"}[i%2]
		files[key(account, "us-west-2", day, fmt.Sprintf("%04d.json.gz", i))] = body
		if i%10 == 0 {
			files[key(account, "us-east-1", day, fmt.Sprintf("%04d.json.gz", i))] = body
		}
	}
	return files
}

func same(t *testing.T, want, got map[string][]byte) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name, body := range want {
		if !bytes.Equal(got[name], body) {
			t.Errorf("%s differs", name)
		}
	}
}

// One worker and many, early commits and late ones, all history or piece by
// piece: the same bytes.
func TestRunDeterministic(t *testing.T) {
	source := tree(t, many(t, 200))
	once := t.TempDir()
	first := run(t, config(t, source, once))
	if first.Events != 220 || first.RowsAdded != 200 || first.Duplicates != 20 || first.Listed != 220 {
		t.Errorf("%+v", first)
	}
	want := partitions(t, once)
	for name, change := range map[string]func(*pipeline.Config){
		"one of each":      func(c *pipeline.Config) { c.Workers, c.Concurrency = 1, 1 },
		"many":             func(c *pipeline.Config) { c.Workers, c.Concurrency = 16, 300 },
		"early commits":    func(c *pipeline.Config) { c.MaxRows = 61 },
		"many checkpoints": func(c *pipeline.Config) { c.Checkpoint = 50 * time.Millisecond },
		"two sources":      func(c *pipeline.Config) { c.Sources = append(c.Sources, c.Sources[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			c := config(t, source, folder)
			change(&c)
			run(t, c)
			same(t, want, partitions(t, folder))
		})
	}
	t.Run("month by month", func(t *testing.T) {
		folder := t.TempDir()
		for _, month := range []int{3, 1, 4, 2} {
			c := config(t, source, folder)
			c.Selection.From = trail.DayOf(time.Date(2024, time.Month(month), 1, 0, 0, 0, 0, time.UTC))
			c.Selection.To = trail.DayOf(time.Date(2024, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC))
			run(t, c)
		}
		same(t, want, partitions(t, folder))
	})
	t.Run("again", func(t *testing.T) {
		again := run(t, config(t, source, once))
		if again.RowsAdded != 0 || again.PartitionsWritten != 0 || again.Read != 0 || again.Requests.Put != 1 { // which tries the store
			t.Errorf("%+v", again)
		}
		same(t, want, partitions(t, once))
	})
}

func TestRunSelection(t *testing.T) {
	source := tree(t, map[string][]byte{
		key("111122223333", "us-west-2", "2024/03/01", "a.json.gz"):                      zip(t, logFile(record("a", noon))),
		key("111122223333", "us-east-1", "2024/03/02", "b.json.gz"):                      zip(t, logFile(record("b", noon))),
		key("444455556666", "us-west-2", "2024/03/03", "c.json.gz"):                      zip(t, logFile(record("c", "2024-03-01T13:00:00Z"))),
		key("444455556666", "us-west-2", "2024/03/03", "_SUCCESS"):                       nil,
		"AWSLogs/111122223333/CloudTrail-Digest/us-west-2/2024/03/01/d.json.gz":          zip(t, []byte(`{}`)),
		"flat/111122223333_CloudTrail_us-west-2_20240304T0005Z_aB3dE5fG7hI9jK1l.json.gz": zip(t, logFile(record("e", "2024-03-01T14:00:00Z"))),
		"flat/notes.txt": nil,
	})
	on := func(s string) trail.Day {
		d, err := trail.ParseDay(s, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, test := range []struct {
		name            string
		change          func(*trail.Selection)
		want            string
		listed, skipped int64
	}{
		{"all", func(*trail.Selection) {}, "a b c e", 4, 3},
		{"an account", func(s *trail.Selection) { s.Accounts = []string{"111122223333"} }, "a b e", 3, 2},
		{"a region", func(s *trail.Selection) { s.Regions = []string{"us-east-1"} }, "b", 1, 2},
		{"days", func(s *trail.Selection) { s.From, s.To = on("2024-03-02"), on("2024-03-03") }, "b c", 2, 3},
		{"days by delivery, not by event", func(s *trail.Selection) { s.From, s.To = on("2024-03-04"), on("2024-03-04") }, "e", 1, 2},
		{"nothing", func(s *trail.Selection) { s.To = on("2023-01-01") }, "", 0, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			c := config(t, source, folder)
			test.change(&c.Selection)
			report := run(t, c)
			if got := ids(rows(t, folder)); got != test.want {
				t.Errorf("rows %q, want %q", got, test.want)
			}
			if report.Listed != test.listed || report.Skipped != test.skipped || report.Read != test.listed {
				t.Errorf("listed %d, skipped %d, read %d; want %d and %d", report.Listed, report.Skipped, report.Read, test.listed, test.skipped)
			}
		})
	}
}

// What the store does not give is named, and the rest is read.
func TestRunUnreachable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything; the S3 tests have this case too")
	}
	source := tree(t, map[string][]byte{
		key("111122223333", "us-west-2", "2024/03/01", "a.json.gz"): zip(t, logFile(record("a", noon))),
		key("111122223333", "us-west-2", "2024/03/01", "b.json.gz"): zip(t, logFile(record("b", noon))),
		key("444455556666", "us-west-2", "2024/03/01", "c.json.gz"): zip(t, logFile(record("c", noon))),
	})
	if err := os.Chmod(filepath.Join(source, key("111122223333", "us-west-2", "2024/03/01", "b.json.gz")), 0); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(source, "AWSLogs/444455556666/CloudTrail")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(closed, 0o755) })
	folder := t.TempDir()
	report := run(t, config(t, source, folder))
	if len(report.Unreachable) != 2 || report.Complete() || ids(rows(t, folder)) != "a" {
		t.Errorf("%+v", report.Unreachable)
	}
}

func TestRunRefuses(t *testing.T) {
	source := tree(t, many(t, 1))
	for name, test := range map[string]struct {
		change func(*pipeline.Config)
		want   string
	}{
		"no source":      {func(c *pipeline.Config) { c.Sources = nil }, "no source given"},
		"missing source": {func(c *pipeline.Config) { c.Sources[0].Prefix += "/none" }, "no such directory"},
		"no requests":    {func(c *pipeline.Config) { c.Concurrency = 0 }, "concurrency 0"},
		"no workers":     {func(c *pipeline.Config) { c.Workers = -1 }, "workers -1"},
		"little memory":  {func(c *pipeline.Config) { c.Memory = 1 << 20 }, "64 MiB"},
		"no checkpoint":  {func(c *pipeline.Config) { c.Checkpoint = 0 }, "checkpoint"},
		"days backwards": {func(c *pipeline.Config) { c.Selection.From = c.Selection.To + 1 }, "is after"},
		"table in a file": {func(c *pipeline.Config) {
			c.Table.Prefix += "/file"
			if err := os.WriteFile("/"+c.Table.Prefix, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t, source, t.TempDir())
			test.change(&c)
			report, err := pipeline.Run(t.Context(), c)
			if err == nil || !strings.Contains(err.Error(), test.want) || report.Read > 0 {
				t.Errorf("error %v, want %s; read %d", err, test.want, report.Read)
			}
		})
	}
	t.Run("another scheme", func(t *testing.T) {
		folder := t.TempDir()
		run(t, config(t, source, folder))
		c := config(t, source, folder)
		c.Partition = table.ByDay
		if _, err := pipeline.Run(t.Context(), c); !errors.Is(err, table.ErrScheme) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("no trail", func(t *testing.T) {
		report := run(t, config(t, t.TempDir(), t.TempDir()))
		if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, "AWSLogs") {
			t.Errorf("%+v", report.Unreachable)
		}
	})
}

// An interrupted run keeps what it has found, and the next one adds the rest.
func TestRunInterrupted(t *testing.T) {
	source := tree(t, many(t, 200))
	want := t.TempDir()
	run(t, config(t, source, want))
	folder := t.TempDir()
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 0))
		ctx, cancel := context.WithCancel(t.Context())
		c := config(t, source, folder)
		c.Concurrency, c.Workers = 2, 1
		c.Log = slog.New(countdown{cancel: cancel})
		c.MaxRows = 1 + random.IntN(100)
		_, err := pipeline.Run(ctx, c)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	run(t, config(t, source, folder))
	same(t, partitions(t, want), partitions(t, folder))
}

// A countdown cancels a run at its first commit.
type countdown struct {
	slog.Handler
	cancel context.CancelFunc
}

func (c countdown) Enabled(context.Context, slog.Level) bool { return true }

func (c countdown) WithAttrs([]slog.Attr) slog.Handler { return c }

func (c countdown) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "committed" {
		c.cancel()
	}
	return nil
}

// A real trail's log files.
func TestRunRealTrail(t *testing.T) {
	folder := os.Getenv("PLANTRAIL_TRAIL")
	if folder == "" {
		t.Skip("PLANTRAIL_TRAIL names no folder with a real trail")
	}
	tableFolder := t.TempDir()
	report := run(t, config(t, folder, tableFolder))
	if report.Read == 0 || !report.Complete() {
		t.Errorf("read %d, quarantined %v, unreachable %v", report.Read, report.Quarantined, report.Unreachable)
	}
}

// A table that refuses rows ends the run at once, with the reason; partitions
// that can be written are.
func TestRunCommitFails(t *testing.T) {
	source := tree(t, many(t, 200))
	folder := t.TempDir()
	run(t, config(t, source, folder))
	want := partitions(t, folder)
	damaged := filepath.Join(folder, "eventmonth=2024-02", "events.parquet")
	if err := os.WriteFile(damaged, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"eventmonth=2024-03", "_plantrail"} {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	report, err := pipeline.Run(t.Context(), config(t, source, folder))
	if !errors.Is(err, table.ErrDamaged) || !strings.Contains(err.Error(), damaged) || report.PartitionsWritten != 1 {
		t.Errorf("error %v, %d partitions written", err, report.PartitionsWritten)
	}
	want["eventmonth=2024-02/events.parquet"] = []byte("damaged")
	same(t, want, partitions(t, folder))

	c := config(t, source, folder)
	c.MaxRows, c.Concurrency, c.Workers = 1, 1, 1
	report, err = pipeline.Run(t.Context(), c)
	if err == nil || report.Requests.Get > 150 {
		t.Errorf("error %v after %d requests", err, report.Requests.Get)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c = config(t, source, folder)
	c.Log = slog.New(countdown{cancel: cancel})
	if _, err := pipeline.Run(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before the start: %v", err)
	}
}

// A file that is far too large to be a log file is named, not read.
func TestRunHuge(t *testing.T) {
	source := tree(t, map[string][]byte{key("111122223333", "us-west-2", "2024/03/01", "a.json.gz"): zip(t, logFile(record("a", noon)))})
	huge := filepath.Join(source, key("111122223333", "us-west-2", "2024/03/01", "b.json.gz"))
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 1<<40); err != nil {
		t.Skip("the file system holds no sparse file of 1 TiB")
	}
	folder := t.TempDir()
	report := run(t, config(t, source, folder))
	if len(report.Quarantined) != 1 || !strings.Contains(report.Quarantined[0].Error, "limit") || ids(rows(t, folder)) != "a" {
		t.Errorf("%+v", report.Quarantined)
	}
}

// Names of any bytes are read, and told in UTF-8.
func TestRunOddNames(t *testing.T) {
	source := tree(t, map[string][]byte{
		key("111122223333", "us-west-2", "2024/03/01", "\xff\u00e9 %.json.gz"): zip(t, logFile(record("a", noon))),
	})
	if err := os.Symlink("loop.json", filepath.Join(source, key("111122223333", "us-west-2", "2024/03/01", "loop.json"))); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	report := run(t, config(t, source, folder))
	all := rows(t, folder)
	if len(all) != 1 || !strings.HasSuffix(all[0].LogFile, "/%ff\u00e9 %25.json.gz") {
		t.Fatalf("%+v", all)
	}
	if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, "loop.json") {
		t.Errorf("%+v", report.Unreachable)
	}
}

// A unit of many pages is listed in parts, none of them twice, and a sparse one
// in a page.
func TestRunBusyUnit(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	files := map[string][]byte{}
	empty := zip(t, logFile())
	for day := range 240 {
		folder := time.Date(2024, 1, 1+day, 0, 0, 0, 0, time.UTC).Format("2006/01/02")
		for i := range 60 {
			files[key("111122223333", "us-west-2", folder, fmt.Sprintf("%02d.json.gz", i))] = empty
		}
		if day%40 == 0 {
			files[key("444455556666", "us-west-2", folder, "a.json.gz")] = zip(t, logFile(record(fmt.Sprint(day), noon)))
		}
	}
	c := config(t, tree(t, files), t.TempDir())
	report := run(t, c)
	if report.Listed != 240*60+6 || report.Events != 6 || report.Skipped != 0 {
		t.Errorf("listed %d, %d events", report.Listed, report.Events)
	}
	// 15 pages, at most 16 parts, 4 folders, the table's own.
	if report.Requests.List > 40 {
		t.Errorf("%d list requests", report.Requests.List)
	}
}

// A Config that nobody began with DefaultConfig is refused, not followed into a
// panic.
func TestZeroConfig(t *testing.T) {
	for name, change := range map[string]func(*pipeline.Config){
		"zero":        func(c *pipeline.Config) { *c = pipeline.Config{} },
		"Now":         func(c *pipeline.Config) { c.Now = nil },
		"OpenStore":   func(c *pipeline.Config) { c.OpenStore = nil },
		"Gunzip":      func(c *pipeline.Config) { c.Gunzip = nil },
		"Log":         func(c *pipeline.Config) { c.Log = nil },
		"MaxInflated": func(c *pipeline.Config) { c.MaxInflated = 0 },
		"MaxClaims":   func(c *pipeline.Config) { c.MaxClaims = 0 },
		"MaxRows":     func(c *pipeline.Config) { c.MaxRows = -1 },
	} {
		c := config(t, t.TempDir(), t.TempDir())
		change(&c)
		for what, do := range map[string]func() error{
			"Run":      func() error { _, err := pipeline.Run(t.Context(), c); return err },
			"MakePlan": func() error { _, err := pipeline.MakePlan(t.Context(), c); return err },
		} {
			if err := do(); err == nil || name != "zero" && !strings.Contains(err.Error(), name) {
				t.Errorf("%s of %s: %v", what, name, err)
			}
		}
	}
}

// Claims are written as they come together, without replacing a partition each
// time: those of accounts whose rows wait, wait too.
func TestClaimsReplaceNoPartition(t *testing.T) {
	files := map[string][]byte{}
	const days = 28
	for day := range days {
		path := fmt.Sprintf("2024/03/%02d", day+1)
		for _, account := range []string{"111122223333", "222233334444", "444455556666"} {
			body := logFile(other)
			if account == "111122223333" && day%7 == 0 {
				body = logFile(record(path, noon))
			}
			files[key(account, "us-west-2", path, account+".json")] = body
		}
	}
	source, folder := tree(t, files), t.TempDir()
	c := config(t, source, folder)
	c.MaxClaims, c.Concurrency, c.Workers = days+1, 1, 1 // one account's claims are fewer
	report := run(t, c)
	if report.RowsAdded != days/7 || report.PartitionsWritten != 1 {
		t.Errorf("%d rows added, %d partitions written, want %d and 1", report.RowsAdded, report.PartitionsWritten, days/7)
	}
	if again := run(t, config(t, source, folder)); again.Read != 0 {
		t.Errorf("%d log files read again", again.Read)
	}
	// Where even the accounts that wait have too many, all is committed.
	c = config(t, source, t.TempDir())
	c.MaxClaims, c.Concurrency, c.Workers = 1, 1, 1
	if report := run(t, c); report.RowsAdded != days/7 || report.PartitionsWritten < 2 {
		t.Errorf("%d rows added, %d partitions written", report.RowsAdded, report.PartitionsWritten)
	}
}
