package proof_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/pipeline"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/store"
)

// busy writes a signed trail of large log files into a directory, and returns how many
// there are and what they inflate to.
func busy(b *testing.B, dir string) (logFiles int, inflated int64) {
	b.Helper()
	first, _ := digesttest.Signers()
	t := &digesttest.Trail{
		Signer: first, Bucket: bucket, Root: "AWSLogs/", Account: "111122223333", Region: "us-west-2",
		Name: "busy", Home: "us-east-1", Objects: digesttest.Bucket{}, Now: from,
	}
	c := corpus.DefaultConfig()
	c.Accounts, c.Regions, c.Days, c.FilesPerDay, c.Mode = 1, c.Regions[:1], 1, 80, corpus.Busy
	c.Planted, c.Duplicates, c.Decoys = 1, 0, 0
	if _, err := corpus.Generate(c, func(_ string, body []byte) error {
		raw := inflate(body)
		logFiles++
		inflated += int64(len(raw))
		t.Digest(nil, t.LogFile(raw))
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	t.Digest(nil) // the newest of a copy is not proven, and what it names
	for key, object := range t.Objects {
		name := filepath.Join(dir, key)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, object.Body, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return logFiles, inflated
}

// What verify costs beside a plain run over the same large log files, in pairs that follow
// each other: the median of their ratios of CPU time. It is at most 1.9; what it costs at
// the least is inflating, as in a run, and SHA-256. From bench:
//
//	go test -run '^$' -bench Cost -benchtime 9x ./proof
func BenchmarkCostOverRun(b *testing.B) {
	dir := b.TempDir()
	logFiles, inflated := busy(b, dir)
	source, err := store.ParseURL(dir)
	if err != nil {
		b.Fatal(err)
	}
	first, second := digesttest.Signers()
	c := pipeline.DefaultConfig()
	c.Sources, c.Log = []store.URL{source}, slog.New(slog.DiscardHandler)
	c.Now = func() time.Time { return from.AddDate(0, 1, 0) }
	run := func() {
		c := c
		if c.Table, err = store.ParseURL(b.TempDir()); err != nil {
			b.Fatal(err)
		}
		if r, err := pipeline.Run(b.Context(), c); err != nil || int(r.Read) != logFiles {
			b.Fatalf("%+v, %v", r, err)
		}
	}
	verify := func() {
		r, err := pipeline.Verify(b.Context(), pipeline.VerifyConfig{Config: c, PublicKeys: []digest.Key{first.Key(), second.Key()}})
		if err != nil || r.LogFiles.Verified != logFiles {
			b.Fatalf("%+v, %v", r, err)
		}
	}
	run()
	verify()
	var ratios []float64
	var runs, verifies time.Duration
	for b.Loop() {
		runtime.GC()
		plain := measure(run)
		runtime.GC()
		proof := measure(verify)
		runs, verifies = runs+plain.own, verifies+proof.own
		ratios = append(ratios, proof.own.Seconds()/plain.own.Seconds())
	}
	slices.Sort(ratios)
	perGB := func(d time.Duration) float64 { return d.Seconds() / float64(len(ratios)) / (float64(inflated) / 1e9) }
	b.ReportMetric(ratios[len(ratios)/2], "verify/run")
	b.ReportMetric(perGB(runs), "run-s/GB")
	b.ReportMetric(perGB(verifies), "verify-s/GB")
}
