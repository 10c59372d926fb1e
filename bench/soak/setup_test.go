package soak_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/s3server"
	"plantrail/bench/soak"
)

var (
	program soak.Program
	unbuilt error
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "soak-*")
	if unbuilt = err; err == nil {
		defer os.RemoveAll(dir)
		program, unbuilt = soak.Build(context.Background(), dir)
	}
	m.Run()
}

// A trial is a trail, the tables that runs make of it, and a seed for what
// happens to them.
type trial struct {
	*testing.T
	program soak.Program
	server  *s3server.Server // nil: everything is in directories
	env     []string
	rng     *rand.Rand
	dir     string   // of trails and tables without a server
	want    []string // the events' IDs
	began   string   // the day
}

type logFile struct {
	key  string
	body []byte
}

const bucket = "soak"

func newTrial(t *testing.T, onS3 bool) *trial {
	t.Helper()
	if unbuilt != nil {
		t.Fatal(unbuilt)
	}
	own, err := program.In(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{T: t, program: own, dir: t.TempDir(), rng: seeded(t), began: day()}
	if onS3 {
		tr.server = s3server.Start(t)
		tr.env = tr.server.Env()
		tr.server.CreateBucket(t, bucket)
	}
	return tr
}

func day() string { return time.Now().UTC().Format(time.DateOnly) }

// seeded returns the test's randomness and logs its seed.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("PLANTRAIL_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PLANTRAIL_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// number returns the number in a variable of the environment.
func number(t *testing.T, variable string, or int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return or
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// generate makes log files and returns them, and the IDs of their events are
// wanted from now on.
func (tr *trial) generate(change func(*corpus.Config)) []logFile {
	tr.Helper()
	config := corpus.DefaultConfig()
	config.Seed = tr.rng.Uint64()
	change(&config)
	var logs []logFile
	stats, err := corpus.Generate(config, func(key string, body []byte) error {
		logs = append(logs, logFile{key, body})
		return nil
	})
	if err != nil {
		tr.Fatal(err)
	}
	tr.want = append(tr.want, stats.EventIDs...)
	return logs
}

// deliver puts log files where they belong.
func (tr *trial) deliver(logs ...logFile) {
	tr.Helper()
	for _, file := range logs {
		name := filepath.Join(tr.dir, "trail", file.key)
		if tr.server == nil {
			name += ".new" // renamed, so that no run sees half of it
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			tr.Fatal(err)
		}
		if err := os.WriteFile(name, file.body, 0o600); err != nil {
			tr.Fatal(err)
		}
		if tr.server != nil {
			continue
		}
		if err := os.Rename(name, strings.TrimSuffix(name, ".new")); err != nil {
			tr.Fatal(err)
		}
	}
	if tr.server != nil && len(logs) > 0 {
		trail := filepath.Join(tr.dir, "trail")
		tr.server.PutTree(tr.T, bucket, "trail", trail)
		if err := os.RemoveAll(trail); err != nil {
			tr.Fatal(err)
		}
	}
}

// job is a run from the trail into a table. An endpoint leads to the server in
// another way.
func (tr *trial) job(table, endpoint string, flags ...string) soak.Job {
	job := soak.Job{Source: filepath.Join(tr.dir, "trail"), Table: filepath.Join(tr.dir, table), Flags: flags, Env: tr.env}
	if tr.server != nil {
		job.Source, job.Table = tr.server.URL(bucket, "trail"), tr.server.URL(bucket, table)
		if endpoint != "" {
			job.Source = strings.ReplaceAll(job.Source, tr.server.Endpoint(), endpoint)
			job.Table = strings.ReplaceAll(job.Table, tr.server.Endpoint(), endpoint)
		}
	}
	return job
}

// run runs the program.
func (tr *trial) run(job soak.Job) soak.Outcome {
	tr.Helper()
	o, err := tr.program.Run(tr.Context(), job)
	if err != nil {
		tr.Fatalf("%v: %s", err, o.Said)
	}
	return o
}

// clean runs the program without disturbance, and everything must go well.
func (tr *trial) clean(table string, flags ...string) soak.Outcome {
	tr.Helper()
	o := tr.run(tr.job(table, "", flags...))
	if o.Exit != 0 {
		tr.Fatalf("clean run into %s: exit code %d: %s", table, o.Exit, o.Said)
	}
	return o
}

// files reads a table.
func (tr *trial) files(table string) soak.Files {
	tr.Helper()
	files, err := soak.DirFiles(filepath.Join(tr.dir, table))
	if tr.server != nil {
		files, err = soak.BucketFiles(tr.Context(), tr.server.Client(), bucket, table)
	}
	if err != nil {
		tr.Fatal(err)
	}
	return files
}

// equal holds a table against one that was made in a clean run: the same bytes,
// no stray file, every event once. It returns how many were lost and doubled.
func (tr *trial) equal(table, reference string) (lost, doubled int) {
	tr.Helper()
	got, want := tr.files(table), tr.files(reference)
	if day() != tr.began {
		tr.Skip("a day has begun meanwhile: states may differ")
	}
	for _, line := range got.Diff(want) {
		tr.Errorf("%s and %s: %s", table, reference, line)
	}
	if strays := got.Strays(); len(strays) > 0 {
		tr.Errorf("%s: stray files %q", table, strays)
	}
	rows, err := got.EventIDs(tr.Context())
	if err != nil {
		tr.Errorf("%s: %v", table, err)
	}
	gone, twice := soak.Compare(rows, tr.want)
	if len(gone)+len(twice) > 0 || len(rows) != len(tr.want) {
		tr.Errorf("%s: lost %q, doubled %q, %d events of %d", table, gone, twice, len(rows), len(tr.want))
	}
	return len(gone), len(twice)
}

// discard removes a table.
func (tr *trial) discard(table string) {
	tr.Helper()
	if tr.server == nil {
		if err := os.RemoveAll(filepath.Join(tr.dir, table)); err != nil {
			tr.Fatal(err)
		}
		return
	}
	if err := soak.RemoveBelow(tr.Context(), tr.server.Client(), bucket, table); err != nil {
		tr.Fatal(err)
	}
}

// temporary returns how many temporary files were left behind, and their bytes.
func (tr *trial) temporary() (count int, bytes int64) {
	tr.Helper()
	entries, err := os.ReadDir(tr.program.TempDir())
	if err != nil {
		tr.Fatal(err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			bytes += info.Size()
		}
	}
	return len(entries), bytes
}

func (tr *trial) shuffle(logs []logFile) []logFile {
	logs = slices.Clone(logs)
	tr.rng.Shuffle(len(logs), func(i, j int) { logs[i], logs[j] = logs[j], logs[i] })
	return logs
}
