package bench_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"plantrail/bench"
	"plantrail/bench/measure"
)

// The whole way, on a few log files. That programs find what was planted, Run
// checks itself.
func TestRun(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds programs")
	}
	c := bench.DefaultConfig()
	c.Pairs, c.BusyFiles, c.TinyFiles, c.RemoteFiles, c.MemoryFiles, c.ListedKeys, c.Delay = 1, 16, 200, 200, 200, 5000, time.Millisecond
	c.Only = regexp.MustCompile(`^(busy/plain|tiny/(klauspost|isal)|s3/.*|memory/(least|get-tls|list|delay))$`)
	result, err := bench.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range result.Rows {
		names = append(names, row.Corpus+"/"+row.Peer)
		if row.Missing == nil && row.Value.Number <= 0 {
			t.Errorf("%s/%s is %s", row.Corpus, row.Peer, row.Value)
		}
	}
	const want = "busy/plain busy/peak memory, of all runs tiny/klauspost tiny/isal tiny/peak memory, of all runs s3/get s3, 1ms/get s3/list requests memory/least memory/get-tls memory/listed key to least memory, 1ms/no delay"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("rows are %s\nwant     %s", got, want)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*bench.Config){
		"no pairs":    func(c *bench.Config) { c.Pairs = 0 },
		"no delay":    func(c *bench.Config) { c.Delay = 0 },
		"no requests": func(c *bench.Config) { c.Concurrency = 0 },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := bench.DefaultConfig()
			change(&c)
			if _, err := bench.Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestBound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		bound bench.Bound
		value float64
		met   bool
	}{
		{"none", bench.AtLeast(0), 0, true},
		{"at least, below", bench.AtLeast(2), 1.9, false},
		{"at least, equal", bench.AtLeast(2), 2, true},
		{"at most, above", bench.AtMost(2), 2.1, false},
		{"at most, below", bench.AtMost(2), 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.bound.Met(bench.Value{Number: test.value}); got != test.met {
				t.Errorf("met: %t, want %t", got, test.met)
			}
		})
	}
}

func result() *bench.Result {
	ours := measure.Usage{Wall: 500 * time.Millisecond, CPU: time.Second, Peak: 100e6}
	theirs := measure.Usage{Wall: time.Second, CPU: 2 * time.Second, Peak: 50e6}
	return &bench.Result{Machine: "a machine", Rows: []bench.Row{
		{
			Corpus: "busy", Peer: "other", Ours: &ours, Theirs: &theirs, Objects: 10, Inflated: 200e6,
			Value: bench.Value{Number: 2}, Bound: bench.AtLeast(3), Note: "why",
		},
		{Corpus: "busy", Peer: "absent", Bound: bench.AtLeast(0.7), Missing: errors.New("no | compiler\nmore")},
		{Corpus: "s3", Peer: "requests", Value: bench.Value{Number: 13, Unit: bench.Count}, Bound: bench.AtMost(24)},
	}}
}

func TestWriteText(t *testing.T) {
	t.Parallel()
	const want = `a machine

corpus  peer      wall s  CPU s  peak MB  objects/s  MB/s  its wall s  its CPU s  its peak MB  ratio   target  note
busy    other       0.50   1.00      100         20   400        1.00       2.00           50  2.00×  ≥ 3.00×  missed; why
busy    absent                                                                                        ≥ 0.70×  not measured: no | compiler
s3      requests                                                                                  13     ≤ 24
`
	var got strings.Builder
	if err := result().WriteText(&got); err != nil || got.String() != want {
		t.Errorf("got\n%s\nwant\n%s\n%v", got.String(), want, err)
	}
}

func TestWriteMarkdown(t *testing.T) {
	t.Parallel()
	const want = `a machine

| corpus | peer | wall s | CPU s | peak MB | objects/s | MB/s | its wall s | its CPU s | its peak MB | ratio | target | note |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
| busy | other | 0.50 | 1.00 | 100 | 20 | 400 | 1.00 | 2.00 | 50 | 2.00× | ≥ 3.00× | missed; why |
| busy | absent |  |  |  |  |  |  |  |  |  | ≥ 0.70× | not measured: no \| compiler |
| s3 | requests |  |  |  |  |  |  |  |  | 13 | ≤ 24 |  |
`
	var got strings.Builder
	if err := result().WriteMarkdown(&got); err != nil || got.String() != want {
		t.Errorf("got\n%s\nwant\n%s\n%v", got.String(), want, err)
	}
}
