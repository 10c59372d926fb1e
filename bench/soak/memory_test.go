package soak_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/bench/soak"
)

// The containers in deploy/ have 512 MiB, and these settings.
const (
	container  = 512 << 20
	memoryFlag = "256MiB"
	heapLimit  = "GOMEMLIMIT=450MiB"
)

// A hostile input is a log file, or several of the same.
type hostile struct {
	name     string
	files    int // of it
	write    func(w io.Writer)
	events   int64 // that are good
	rejected int64 // records
	named    int   // entries in the report; 0: none, and the run is complete
	long     bool  // takes minutes: only with PLANTRAIL_LONG
}

func wanted(id int, fields string) string {
	return fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventTime":"2024-03-01T10:00:00Z","eventName":"GetSupportPlan","eventID":"e-%d","recipientAccountId":"111122223333"%s}`, id, fields)
}

// records writes a log file with one good event and n more records.
func records(n int, record func(i int) string) func(io.Writer) {
	return func(w io.Writer) {
		io.WriteString(w, `{"Records":[`+wanted(0, ""))
		for i := range n {
			io.WriteString(w, ","+record(i))
		}
		io.WriteString(w, `]}`)
	}
}

func same(record string) func(int) string { return func(int) string { return record } }

// large is an event of 250 KB, most of which compresses.
func large(i int) string {
	random := rand.New(rand.NewPCG(uint64(i), 7))
	var text strings.Builder
	for text.Len() < 60_000 {
		fmt.Fprintf(&text, "%016x", random.Uint64())
	}
	return wanted(i+1, `,"requestParameters":{"a":"`+text.String()+strings.Repeat("x", 190_000)+`"}`)
}

func hostiles() []hostile {
	zero := same(strings.Repeat("0,", 9_999) + "0")
	spaces := func(w io.Writer) {
		for range 1000 {
			io.WriteString(w, strings.Repeat(" ", 1_000_000))
		}
	}
	ordinary := fmt.Sprintf(`{"eventVersion":"1.08","eventSource":"kms.amazonaws.com","eventName":"Decrypt","requestParameters":{"k":"%s"}}`, strings.Repeat("0123456789", 90))
	return []hostile{
		{name: "40 MB of numbers", files: 1, write: records(2000, zero), events: 1},
		{name: "1 GiB of numbers", files: 1, write: records(53_000, zero), events: 1, long: true},
		{name: "1 GB of spaces", files: 1, write: spaces, named: 1, long: true},
		{name: "16 of 1 GB of spaces", files: 16, write: spaces, named: 16, long: true},
		{name: "ordinary, 150 MiB", files: 2, write: records(150_000, same(ordinary)), events: 2},
		{name: "400 events of 250 KB", files: 1, write: records(400, large), events: 401},
		{name: "1,000 events of 250 KB", files: 1, write: records(1000, large), events: 1001, long: true},
		{name: "one event of 100 MB", files: 1, write: records(1, same(wanted(1, `,"requestParameters":{"a":"`+strings.Repeat("x", 100_000_000)+`"}`))), events: 1, rejected: 1, named: 1},
		{name: "1,000,000 without a time", files: 1, write: records(1_000_000, same(`{"eventSource":"supportplans.amazonaws.com"}`)), events: 1, rejected: 1_000_000, named: 100, long: true},
		{name: "50,000 events", files: 1, write: records(50_000, func(i int) string { return wanted(i+1, "") }), events: 50_001},
		{name: "2,000,000 events", files: 1, write: records(2_000_000, func(i int) string { return wanted(i+1, "") }), events: 2_000_001, long: true},
	}
}

// No log file takes more memory than the containers have, all good events beside it
// and in it are committed, and what cannot be read is named.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("inflates gigabytes")
	}
	if unbuilt != nil {
		t.Fatal(unbuilt)
	}
	for _, h := range hostiles() {
		t.Run(h.name, func(t *testing.T) {
			if h.long && os.Getenv("PLANTRAIL_LONG") == "" {
				t.Skip("takes minutes: set PLANTRAIL_LONG")
			}
			own, err := program.In(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			source := t.TempDir()
			for i := range h.files {
				writeLogFile(t, source, i, h.write)
			}
			const good = 20
			for i := range good {
				writeLogFile(t, source, 30+i, records(0, nil))
			}
			outcome, err := own.Run(t.Context(), soak.Job{
				Source: source, Table: t.TempDir(), Flags: []string{"--memory", memoryFlag}, Env: []string{heapLimit},
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("peak memory %d MiB, %.1f s", outcome.Usage.Peak>>20, outcome.Elapsed.Seconds())
			report := outcome.Report
			if outcome.Usage.Peak >= container || report.Events != h.events+good || report.Rejected != h.rejected || len(report.Quarantined) != h.named {
				t.Errorf("peak %d MiB, exit %d, %d events, %d rejected, %d named; want %d, %d, %d", outcome.Usage.Peak>>20, outcome.Exit,
					report.Events, report.Rejected, len(report.Quarantined), h.events+good, h.rejected, h.named)
			}
			if h.named > 0 && outcome.Exit != 3 || h.named == 0 && outcome.Exit != 0 {
				t.Errorf("exit code %d", outcome.Exit)
			}
		})
	}
}

func writeLogFile(t *testing.T, source string, minute int, write func(io.Writer)) {
	t.Helper()
	name := filepath.Join(source, "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01",
		fmt.Sprintf("111122223333_CloudTrail_us-west-2_20240301T10%02dZ_aaaaaaaaaaaaaaaa.json.gz", minute))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(file)
	write(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
