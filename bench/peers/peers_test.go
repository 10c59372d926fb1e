package peers_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"plantrail/bench/corpus"
	"plantrail/bench/peers"
	"plantrail/bench/s3server"
)

// makeTrail returns a directory with log files and what they hold.
func makeTrail(t *testing.T) (string, corpus.Stats) {
	t.Helper()
	c := corpus.DefaultConfig()
	c.Days, c.FilesPerDay, c.Planted, c.Duplicates = 3, 10, 10, 0
	dir := t.TempDir()
	stats, err := corpus.WriteDir(c, dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, stats
}

func TestFind(t *testing.T) {
	t.Parallel()
	dir, stats := makeTrail(t)
	table := t.TempDir()
	tests := []struct {
		name string
		find func(context.Context) (int64, error)
	}{
		{"klauspost", func(ctx context.Context) (int64, error) { return peers.Klauspost(ctx, dir, table) }},
		{"plain", func(ctx context.Context) (int64, error) { return peers.Plain(ctx, dir) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if found, err := test.find(t.Context()); err != nil || found != int64(stats.Planted) {
				t.Errorf("found %d, want %d, %v", found, stats.Planted, err)
			}
		})
	}
	t.Cleanup(func() {
		if files, err := filepath.Glob(filepath.Join(table, "*", "*.parquet")); err != nil || len(files) == 0 {
			t.Errorf("no table was written: %v", err)
		}
	})
}

func TestBrokenLogFile(t *testing.T) {
	t.Parallel()
	dir, _ := makeTrail(t)
	if err := os.WriteFile(filepath.Join(dir, "AWSLogs", "111122223333_CloudTrail_us-east-1_20240301T0000Z_0123456789abcdef.json.gz"), []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	if found, err := peers.Plain(t.Context(), dir); err == nil {
		t.Errorf("plain: found %d, no error", found)
	}
}

func TestGet(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	dir, stats := makeTrail(t)
	server.CreateBucket(t, "trail")
	server.PutTree(t, "trail", "", dir)
	if got, err := peers.Get(t.Context(), server.URL("trail", ""), 4); err != nil || got != int64(stats.LogFiles) {
		t.Errorf("got %d objects, want %d, %v", got, stats.LogFiles, err)
	}
	if _, err := peers.Get(t.Context(), server.URL("missing", ""), 4); err == nil {
		t.Error("missing bucket: no error")
	}
}

func TestISAL(t *testing.T) {
	t.Parallel()
	program, err := peers.BuildISAL(t.Context(), t.TempDir())
	if err != nil {
		t.Skip(err)
	}
	dir, _ := makeTrail(t)
	var names strings.Builder
	planted := 0
	err = filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		names.WriteString(name + "\n")
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		text, err = new(peers.Gunzipper).Decode(nil, text, 1<<30)
		if bytes.Contains(text, []byte("supportplans.amazonaws.com")) || bytes.Contains(text, []byte("support-subscription.amazonaws.com")) {
			planted++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program)
	c.Stdin = strings.NewReader(names.String())
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	if found, err := peers.ParseISAL(string(out)); err != nil || found != int64(planted) || planted == 0 {
		t.Errorf("found %d log files, want %d, %v", found, planted, err)
	}
}

func TestParseISAL(t *testing.T) {
	t.Parallel()
	if _, err := peers.ParseISAL("nothing"); err == nil {
		t.Error("no error")
	}
}

func TestGunzipper(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		text string
		dst  []byte
	}{
		{"empty", "", nil},
		{"short", "text", nil},
		{"over longer", "text", []byte("something longer than that")},
		{"over shorter", strings.Repeat("text", 100_000), make([]byte, 3)},
	}
	var g peers.Gunzipper
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := g.Decode(test.dst, zip(t, test.text), len(test.text))
			if err != nil || string(got) != test.text {
				t.Errorf("got %d bytes, want %d, %v", len(got), len(test.text), err)
			}
		})
	}
	twice := append(zip(t, "one"), zip(t, strings.Repeat("two", 1000))...)
	if got, err := g.Decode(nil, twice, 1<<20); err != nil || len(got) != 3003 {
		t.Errorf("two members: got %d bytes, %v", len(got), err)
	}
	if _, err := g.Decode(nil, zip(t, "text"), 3); err == nil {
		t.Error("beyond the limit: no error")
	}
	if _, err := g.Decode(nil, []byte("no gzip at all"), 1<<20); !errors.Is(err, gzip.ErrHeader) {
		t.Errorf("no gzip: %v", err)
	}
	cut := zip(t, "text")
	if _, err := g.Decode(nil, cut[:len(cut)-2], 1<<20); err == nil {
		t.Error("truncated: no error")
	}
}

func zip(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
