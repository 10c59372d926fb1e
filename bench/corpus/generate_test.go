package corpus_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/pipeline/trail"
)

// An event is what the tests look at of a record.
type event struct {
	ID        string          `json:"eventID"`
	Time      time.Time       `json:"eventTime"`
	Source    string          `json:"eventSource"`
	Name      string          `json:"eventName"`
	Region    string          `json:"awsRegion"`
	Recipient string          `json:"recipientAccountId"`
	Request   json.RawMessage `json:"requestParameters"`
}

func (e event) planted() bool {
	return e.Source == "supportplans.amazonaws.com" || e.Source == "support-subscription.amazonaws.com"
}

// read returns the events of a log file and the bytes they were read from.
func read(t *testing.T, body []byte) ([]event, []byte) {
	t.Helper()
	text := inflate(t, body)
	var file struct{ Records []event }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.Records, text
}

func inflate(t *testing.T, body []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	digest := func(change func(*corpus.Config)) string {
		cfg := corpus.DefaultConfig()
		cfg.FilesPerDay = 5
		change(&cfg)
		sum := sha256.New()
		if _, err := corpus.Generate(cfg, func(key string, body []byte) error {
			sum.Write([]byte(key))
			sum.Write(body)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(sum.Sum(nil))
	}
	want := digest(func(*corpus.Config) {})
	if got := digest(func(c *corpus.Config) { c.Workers = 7 }); got != want {
		t.Error("seven workers make another corpus")
	}
	if got := digest(func(c *corpus.Config) { c.Workers = 1 }); got != want {
		t.Error("one worker makes another corpus")
	}
	if got := digest(func(c *corpus.Config) { c.Seed = 2 }); got == want {
		t.Error("another seed makes the same corpus")
	}
}

func TestPlanted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*corpus.Config)
	}{
		{"default", func(*corpus.Config) {}},
		{"none", func(c *corpus.Config) { c.Planted, c.Duplicates, c.Decoys = 0, 0, 0 }},
		{"every one twice", func(c *corpus.Config) { c.Duplicates = c.Planted }},
		{"more than log files", func(c *corpus.Config) { c.Planted, c.Duplicates, c.FilesPerDay = 500, 400, 1 }},
		{"two log files", func(c *corpus.Config) { c.Accounts, c.Regions, c.Days, c.FilesPerDay = 1, c.Regions[:1], 1, 2 }},
		{"before the source was renamed", func(c *corpus.Config) { c.FirstDay = time.Date(2021, 1, 1, 23, 0, 0, 0, time.UTC) }},
		{"in an organization", func(c *corpus.Config) { c.Org = "o-abcdefghij" }},
		{"busy", func(c *corpus.Config) {
			c.Mode, c.Accounts, c.Regions, c.Days, c.FilesPerDay = corpus.Busy, 1, c.Regions[:1], 1, 2
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := corpus.DefaultConfig()
			cfg.FilesPerDay = 5
			test.change(&cfg)
			checkPlanted(t, cfg)
		})
	}
}

// checkPlanted makes a corpus and compares what is in it with what its
// statistics say.
func checkPlanted(t *testing.T, cfg corpus.Config) {
	t.Helper()
	found := make(map[string]event)
	var got corpus.Stats
	stats, err := corpus.Generate(cfg, func(key string, body []byte) error {
		events, text := read(t, body)
		checkKey(t, cfg, key, events)
		got.LogFiles++
		got.Records += int64(len(events))
		got.Bytes += int64(len(body))
		got.Inflated += int64(len(text))
		got.Longest = max(got.Longest, int64(len(text)))
		if slices.ContainsFunc(events, event.planted) {
			got.PlantedLogFiles++
		}
		for _, e := range events {
			if !e.planted() {
				if strings.Contains(string(e.Request), "supportplans.amazonaws.com") || strings.Contains(string(e.Request), "support-subscription.amazonaws.com") {
					got.Decoys++
				}
				continue
			}
			first, twice := found[e.ID]
			if twice {
				got.Duplicates++
			}
			if twice && (first.Time != e.Time || first.Name != e.Name || first.Recipient != e.Recipient || !bytes.Equal(first.Request, e.Request)) {
				t.Errorf("copies of an event differ: %+v, %+v", first, e)
			}
			found[e.ID] = e
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got.Planted = len(found)
	got.EventIDs = slices.Sorted(maps.Keys(found))
	if !slices.Equal(got.EventIDs, stats.EventIDs) {
		t.Errorf("%d event ids found are not the %d planted", len(got.EventIDs), len(stats.EventIDs))
	}
	got.EventIDs, stats.EventIDs = nil, nil
	if got.Planted != cfg.Planted || got.Duplicates != cfg.Duplicates || got.Decoys != cfg.Decoys {
		t.Errorf("planted %d, %d twice, and %d decoys; asked for %d, %d, %d",
			got.Planted, got.Duplicates, got.Decoys, cfg.Planted, cfg.Duplicates, cfg.Decoys)
	}
	if got, want := asJSON(t, got), asJSON(t, stats); got != want {
		t.Errorf("the corpus is\n%s, its statistics say\n%s", got, want)
	}
}

// checkKey compares a key with the configuration and with the events behind it.
func checkKey(t *testing.T, cfg corpus.Config, key string, events []event) {
	t.Helper()
	// [AWSLogs … account CloudTrail region year month day name]
	parts := strings.Split(key, "/")
	n := len(parts)
	if n < 8 {
		t.Fatalf("key %s is not of a trail", key)
	}
	first := trail.DayOf(cfg.FirstDay)
	unit := trail.Unit{
		Account: parts[n-7], Region: parts[n-5], Folder: strings.Join(parts[:n-4], "/") + "/",
		Selection: trail.Selection{To: first + trail.Day(cfg.Days)},
	}
	file, _, ok := unit.LogFile(key)
	if !ok || !trail.Named(parts[n-1]) || !slices.Contains(cfg.Regions, file.Region) || file.Day < first || file.Day >= first+trail.Day(cfg.Days) {
		t.Errorf("key %s is not in the corpus", key)
	}
	if cfg.Org != "" && !strings.HasPrefix(key, "AWSLogs/"+cfg.Org+"/") {
		t.Errorf("key %s is not of the organization", key)
	}
	for _, e := range events {
		if e.Recipient != file.Account || e.Region != file.Region {
			t.Errorf("%s holds an event of account %s in %s", key, e.Recipient, e.Region)
		}
		if day := trail.DayOf(e.Time); day > file.Day || day < file.Day-31 {
			t.Errorf("%s holds an event of %s", key, day)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTinySizes(t *testing.T) {
	t.Parallel()
	cfg := corpus.DefaultConfig()
	var sizes, records []int
	stats, err := corpus.Generate(cfg, func(_ string, body []byte) error {
		sizes = append(sizes, len(body))
		records = append(records, bytes.Count(inflate(t, body), []byte(`"eventVersion"`)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	within(t, "median of gzipped bytes", quantile(sizes, 0.5), 1200, 1800)
	within(t, "99th percentile of gzipped bytes", quantile(sizes, 0.99), 5000, 8500)
	within(t, "median of records", quantile(records, 0.5), 5, 5)
	within(t, "99th percentile of records", quantile(records, 0.99), 30, 60)
	within(t, "bytes a record", int(stats.Inflated/stats.Records), 1000, 1600)
}

func TestBusySizes(t *testing.T) {
	t.Parallel()
	cfg := corpus.DefaultConfig()
	cfg.Mode, cfg.Accounts, cfg.FilesPerDay, cfg.Days = corpus.Busy, 1, 1, 3
	stats, err := corpus.Generate(cfg, func(_ string, body []byte) error {
		within(t, "inflated bytes", len(inflate(t, body)), 1<<20, 10<<20)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	within(t, "inflated bytes to gzipped bytes", int(stats.Inflated/stats.Bytes), 8, 13)
}

func quantile(of []int, q float64) int {
	of = slices.Sorted(slices.Values(of))
	return of[int(q*float64(len(of)))]
}

func within(t *testing.T, what string, got, from, to int) {
	t.Helper()
	if got < from || got > to {
		t.Errorf("%s: %d, want %d to %d", what, got, from, to)
	}
}

func TestKeysAreUnique(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	if _, err := corpus.Generate(corpus.DefaultConfig(), func(key string, _ []byte) error {
		if seen[key] {
			t.Errorf("key %s comes twice", key)
		}
		seen[key] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestEmitFails(t *testing.T) {
	t.Parallel()
	full, calls := errors.New("disk full"), 0
	_, err := corpus.Generate(corpus.DefaultConfig(), func(string, []byte) error {
		if calls++; calls == 100 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || calls != 100 {
		t.Errorf("after %d calls: %v", calls, err)
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*corpus.Config)
	}{
		{"no accounts", func(c *corpus.Config) { c.Accounts = 0 }},
		{"no regions", func(c *corpus.Config) { c.Regions = nil }},
		{"no workers", func(c *corpus.Config) { c.Workers = 0 }},
		{"negative", func(c *corpus.Config) { c.Decoys = -1 }},
		{"more duplicates than events", func(c *corpus.Config) { c.Duplicates = c.Planted + 1 }},
		{"no room for duplicates", func(c *corpus.Config) { c.Days, c.FilesPerDay = 1, 1 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := corpus.DefaultConfig()
			test.change(&cfg)
			if _, err := corpus.Generate(cfg, func(string, []byte) error { return nil }); err == nil {
				t.Error("made a corpus")
			}
		})
	}
}

func TestWriteDir(t *testing.T) {
	t.Parallel()
	cfg, dir := corpus.DefaultConfig(), t.TempDir()
	cfg.Days, cfg.FilesPerDay = 2, 3
	stats, err := corpus.WriteDir(cfg, dir)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	if _, err := corpus.Generate(cfg, func(key string, body []byte) error {
		keys = append(keys, key)
		written, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(key)))
		if !bytes.Equal(written, body) {
			t.Errorf("%s holds other bytes", key)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(keys) != stats.LogFiles {
		t.Errorf("wrote %d log files, want %d", stats.LogFiles, len(keys))
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, mode := range []corpus.Mode{corpus.Tiny, corpus.Busy} {
		b.Run(mode.String(), func(b *testing.B) {
			cfg := corpus.DefaultConfig()
			cfg.Mode = mode
			if mode == corpus.Busy {
				cfg.FilesPerDay = 1
			}
			b.ReportAllocs()
			var stats corpus.Stats
			for b.Loop() {
				var err error
				stats, err = corpus.Generate(cfg, func(string, []byte) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(stats.Inflated)
			b.ReportMetric(float64(b.N*stats.LogFiles)/b.Elapsed().Seconds(), "files/s")
			b.ReportMetric(float64(stats.Inflated)/float64(stats.Bytes), "ratio")
		})
	}
}
