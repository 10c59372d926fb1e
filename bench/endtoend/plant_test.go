package endtoend_test

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// documented returns the eight documented events by name.
func documented(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	names, err := filepath.Glob("../../schema/testdata/events/*.json")
	if err != nil || len(names) != 8 {
		t.Fatalf("found %d events, error %v", len(names), err)
	}
	events := map[string]json.RawMessage{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		events[strings.TrimSuffix(filepath.Base(name), ".json")] = text
	}
	return events
}

// plant copies a trail and puts the documented events among the records of its
// log files, three of them twice. Without a trail in PLANTRAIL_TRAIL the sample
// trail's ordinary log files serve.
func plant(t *testing.T) string {
	t.Helper()
	source := os.Getenv("PLANTRAIL_TRAIL")
	if source == "" {
		t.Skip("PLANTRAIL_TRAIL names no folder with a real trail")
	}
	folder := t.TempDir()
	var logFiles []string
	err := filepath.WalkDir(source, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".json.gz") {
			return err
		}
		rel, err := filepath.Rel(source, name)
		if err != nil {
			return err
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		copied := filepath.Join(folder, rel)
		logFiles = append(logFiles, copied)
		if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
			return err
		}
		return os.WriteFile(copied, body, 0o600)
	})
	if err != nil || len(logFiles) < 20 {
		t.Fatalf("%d log files, error %v", len(logFiles), err)
	}
	i := 0
	for name, event := range documented(t) {
		add(t, logFiles[i], event)
		if slices.Contains([]string{"StartSupportPlanUpdate", "UpdateSupportLevel", "GetSupportPlan"}, name) {
			add(t, logFiles[i+8], event)
		}
		i++
	}
	return folder
}

// add puts a record among those of a log file.
func add(t *testing.T, name string, record json.RawMessage) {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Records []json.RawMessage }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	file.Records = slices.Insert(file.Records, len(file.Records)/2, record)
	if text, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
