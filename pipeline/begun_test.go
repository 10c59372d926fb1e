package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/pipeline"
)

// largeLogFile is too long to be held by a worker of poisoned's, and has n events.
func largeLogFile(n int) []byte {
	records := []string{record("large", noon)}
	for i := 1; i < n; i++ {
		records = append(records, record("large"+strings.Repeat("x", i), noon))
	}
	for range 50_000 {
		records = append(records, other)
	}
	return logFile(records...)
}

// poisoned returns a run over a small log file and a large one. If it dies, that is
// when it has noted that it begins the large one, and before anything else.
func poisoned(t *testing.T, source, folder string, dies bool) (report *pipeline.Report, err error) {
	t.Helper()
	c := config(t, source, folder)
	c.Memory, c.Workers, c.Concurrency = 64<<20, 4, 1
	noted, dead := false, false
	var mutex sync.Mutex
	crashing(&c, func(step, name string) error {
		mutex.Lock()
		defer mutex.Unlock()
		if dead {
			return errCrash
		}
		noted = noted || step == "rename" && strings.HasSuffix(name, "begun.json")
		dead = dies && noted && step == "unlock"
		return nil
	})
	return pipeline.Run(t.Context(), c)
}

// A log file that ends the program costs itself: what is beside it is committed the
// first night, it is tried last and alone the second, and named from the third on,
// until there is more memory.
func TestPoisonPill(t *testing.T) {
	source := tree(t, map[string][]byte{
		key("111122223333", "us-west-2", "2024/03/01", "a.json.gz"): zip(t, largeLogFile(3)),
		key("111122223333", "us-west-2", "2024/03/01", "b.json.gz"): zip(t, logFile(record("b", noon))),
		key("111122223333", "us-west-2", "2024/03/02", "c.json.gz"): zip(t, logFile(record("c", noon))),
	})
	folder := t.TempDir()
	note := func() string {
		text, err := os.ReadFile(filepath.Join(folder, "_plantrail", "begun.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	rows := func() int { return len(rows(t, folder)) }

	if _, err := poisoned(t, source, folder, true); err == nil {
		t.Fatal("the first run did not die")
	}
	if !strings.Contains(note(), "a.json.gz") || !strings.Contains(note(), `"alone": false`) {
		t.Fatalf("noted: %s", note())
	}
	if _, err := poisoned(t, source, folder, true); err == nil {
		t.Fatal("the second run did not die")
	}
	if !strings.Contains(note(), `"alone": true`) || rows() != 2 {
		t.Fatalf("%d rows, noted: %s", rows(), note())
	}
	for range 2 {
		report, err := poisoned(t, source, folder, false)
		if err != nil || len(report.Quarantined) != 1 || !strings.Contains(report.Quarantined[0].Error, "twice") || rows() != 2 {
			t.Fatalf("%d rows, error %v, quarantined %v", rows(), err, report.Quarantined)
		}
	}
	c := config(t, source, folder)
	c.Memory, c.Workers = 96<<20, 8
	if report := run(t, c); !report.Complete() || rows() != 5 {
		t.Errorf("with more memory: %d rows, quarantined %v", rows(), report.Quarantined)
	}
	if strings.Contains(note(), "a.json.gz") {
		t.Errorf("still noted: %s", note())
	}
}

// A run that ends leaves no note, and a large log file that holds nothing costs none.
func TestLargeLogFileNoted(t *testing.T) {
	for name, test := range map[string]struct {
		body  []byte
		noted bool
	}{
		"with events": {largeLogFile(500), true},
		"with none":   {logFile(strings.Split(strings.Repeat(other+"\n", 50_000), "\n")[:50_000]...), false},
	} {
		t.Run(name, func(t *testing.T) {
			source := tree(t, map[string][]byte{key("111122223333", "us-west-2", "2024/03/01", "a.json.gz"): zip(t, test.body)})
			folder := t.TempDir()
			report, err := poisoned(t, source, folder, false)
			if err != nil || !report.Complete() {
				t.Fatalf("%v, %v", err, report.Quarantined)
			}
			text, err := os.ReadFile(filepath.Join(folder, "_plantrail", "begun.json"))
			if (err == nil) != test.noted || strings.Contains(string(text), "a.json.gz") {
				t.Errorf("noted: %s, %v", text, err)
			}
		})
	}
}

// Events of one log file come in batches, and count once.
func TestManyEventsInOneLogFile(t *testing.T) {
	var records []string
	for i := range 3000 {
		records = append(records, record(strings.Repeat("y", i%40)+string(rune('a'+i%26))+strings.Repeat("z", i/1000), noon))
	}
	source := tree(t, map[string][]byte{key("111122223333", "us-west-2", "2024/03/01", "a.json"): logFile(records...)})
	c := config(t, source, t.TempDir())
	c.Memory, c.Workers = 64<<20, 64 // batches of 64 KiB
	report := run(t, c)
	if report.Events != 3000 || report.Matched != 1 || report.Read != 1 || report.RowsAdded+report.Duplicates != 3000 {
		t.Errorf("%d events, %d matched, %d read, %d added, %d duplicates", report.Events, report.Matched, report.Read, report.RowsAdded, report.Duplicates)
	}
}

// A log file with an event on each of 2,000 days has 400 of them kept; the others are
// counted, and the first hundred of them named.
func TestHostileTimes(t *testing.T) {
	var records []string
	for i := range 2000 {
		records = append(records, record("far", time.Date(2014, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)))
	}
	source := tree(t, map[string][]byte{key("111122223333", "us-west-2", "2024/03/01", "a.json"): logFile(records...)})
	folder := t.TempDir()
	c := config(t, source, folder)
	c.Partition = "year"
	report := run(t, c)
	if report.Events != 400 || report.Rejected != 1600 || len(report.Quarantined) != 100 || report.Complete() {
		t.Errorf("%d events, %d rejected, %d named", report.Events, report.Rejected, len(report.Quarantined))
	}
}
