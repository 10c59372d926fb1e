package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"plantrail/bench/corpus"
	"plantrail/bench/measure"
)

// exports measures exports, one record a line, beside DuckDB's read_json on the same
// files: gzipped, and as they are.
func (b *bench) exports(ctx context.Context, config corpus.Config) error {
	for _, zipped := range []bool{true, false} {
		name := "export, plain"
		if zipped {
			name = "export, gzip"
		}
		row := Row{Corpus: name, Peer: "duckdb", Value: Value{Unit: Times}, Missing: b.programs.noDuck}
		if !b.config.selects(name + "/duckdb") {
			continue
		}
		if row.Missing != nil {
			b.add(row)
			continue
		}
		b.logf("making the corpus %s", name)
		t, err := makeExports(name, filepath.Join(b.dir, name), config, zipped)
		if err != nil {
			return err
		}
		b.logf("%s/duckdb", name)
		comparison, err := measure.Pairs(b.config.Pairs,
			func() (measure.Usage, error) { return b.find(ctx, t, t.dir+"?layout=export", nil) },
			func() (measure.Usage, error) { return b.duckdb("--lines")(ctx, t) })
		if err != nil {
			return err
		}
		row.compare(t, comparison)
		row.Value.Number = comparison.Wall()
		b.add(row)
	}
	return nil
}

// makeExports makes files of one record a line of a corpus.
func makeExports(name, dir string, config corpus.Config, zipped bool) (trail, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return trail{}, fmt.Errorf("make exports: %w", err)
	}
	n := 0
	stats, err := corpus.Generate(config, func(_ string, body []byte) error {
		n++
		return writeLines(filepath.Join(dir, fmt.Sprintf("%06d.jsonl", n)), body, zipped)
	})
	if err != nil {
		return trail{}, fmt.Errorf("make exports: %w", err)
	}
	return trail{name: name, dir: dir, stats: stats}, nil
}

// writeLines writes the records of a log file, one a line.
func writeLines(name string, body []byte, zipped bool) error {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var log struct{ Records []json.RawMessage }
	if err := json.Unmarshal(text, &log); err != nil {
		return err
	}
	var lines bytes.Buffer
	for _, record := range log.Records {
		lines.Write(record)
		lines.WriteByte('\n')
	}
	if !zipped {
		return os.WriteFile(name, lines.Bytes(), 0o644)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := lines.WriteTo(w); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name+".gz", out.Bytes(), 0o644)
}
