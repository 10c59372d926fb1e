package gunzip_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/pipeline/gunzip"

	"github.com/klauspost/compress/gzip"
)

// BenchmarkDecode decodes a big log file, a tiny one and, if PLANTRAIL_TRAIL
// names a directory, all the log files below it.
func BenchmarkDecode(b *testing.B) {
	benchmark(b, "big", stdPack(b, newTrail(1, 40).file(5<<20), 6))
	var tiny [][]byte
	for seed := range uint64(50) { // so that no branch predictor learns one by heart
		tiny = append(tiny, stdPack(b, newTrail(seed, 2).file(7<<10), 6))
	}
	benchmark(b, "tiny", tiny...)
	if dir := os.Getenv("PLANTRAIL_TRAIL"); dir != "" {
		benchmark(b, "trail", trailFiles(b, dir)...)
	}
}

// trailFiles returns the log files below dir.
func trailFiles(tb testing.TB, dir string) [][]byte {
	tb.Helper()
	var files [][]byte
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json.gz") {
			return err
		}
		b, err := os.ReadFile(path)
		files = append(files, b)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// benchmark decodes all files once per iteration, with each decoder.
func benchmark(b *testing.B, name string, files ...[]byte) {
	var d gunzip.Decoder
	var dst []byte
	packed, inflated := 0, 0
	for _, file := range files {
		out, err := d.Decode(dst, file, 1<<30)
		if err != nil {
			b.Fatal(err)
		}
		packed, inflated, dst = packed+len(file), inflated+len(out), out
	}

	b.Run(name+"/gunzip", func(b *testing.B) {
		b.SetBytes(int64(inflated))
		b.ReportAllocs()
		for b.Loop() {
			for _, file := range files {
				var err error
				if dst, err = d.Decode(dst, file, 1<<30); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(inflated)/float64(packed), "ratio")
	})
	b.Run(name+"/stream", func(b *testing.B) {
		var window []byte
		b.SetBytes(int64(inflated))
		b.ReportAllocs()
		for b.Loop() {
			for _, file := range files {
				var err error
				if window, err = d.Stream(window, file, 1<<30, func([]byte) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	type reader interface {
		io.Reader
		Reset(io.Reader) error
	}
	for _, other := range []struct {
		name string
		r    reader
	}{{"klauspost", new(gzip.Reader)}, {"stdlib", new(stdgzip.Reader)}} {
		b.Run(name+"/"+other.name, func(b *testing.B) {
			var src bytes.Reader
			dst := make([]byte, 16<<20)
			b.SetBytes(int64(inflated))
			b.ReportAllocs()
			for b.Loop() {
				for _, file := range files {
					src.Reset(file)
					if err := other.r.Reset(&src); err != nil {
						b.Fatal(err)
					}
					if _, err := io.ReadFull(other.r, dst); err != io.ErrUnexpectedEOF {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
