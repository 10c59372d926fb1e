package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"plantrail/pipeline"
)

// A log file that is known to be broken does not make a run incomplete. It is tried
// all the same, and what becomes of it is said.
func TestKnownBad(t *testing.T) {
	n := newNightly(t)
	uri := func(day, name string) string {
		return place(t, n.source).String() + "/" + key("111122223333", "us-west-2", day, name+".json.gz")
	}
	bad, rejected, good := uri("2024/01/10", "bad"), uri("2024/01/10", "rejected"), uri("2024/01/11", "good")
	n.put("2024/01/10", "bad", []byte("broken"))
	n.put("2024/01/10", "rejected", zip(t, logFile(record("ok", noon), `{"eventSource":"supportplans.amazonaws.com","eventTime":7}`)))
	n.deliver("2024/01/11", "good")
	n.deliver("2024/01/12", "other")
	names := func(uris ...string) func(*pipeline.Config) { return func(c *pipeline.Config) { c.KnownBad = uris } }
	check := func(report *pipeline.Report, complete bool, bad, over string) {
		t.Helper()
		var gotBad, gotOver []string
		for _, k := range report.KnownBad {
			gotBad = append(gotBad, strings.TrimSuffix(filepath.Base(k.Key), ".json.gz")+" "+k.Outcome)
		}
		for _, k := range report.KnownBadOver {
			why, _, _ := strings.Cut(k.Why, ":")
			gotOver = append(gotOver, strings.TrimSuffix(filepath.Base(k.Key), ".json.gz")+" "+why)
		}
		if report.Complete() != complete || strings.Join(gotBad, ", ") != bad || strings.Join(gotOver, ", ") != over {
			t.Errorf("complete %t, known bad %q, over %q; quarantined %v, unreachable %v", report.Complete(), gotBad, gotOver, report.Quarantined, report.Unreachable)
		}
	}
	const both = "bad quarantined, rejected quarantined"
	check(n.run(4, names(bad)), false, "bad quarantined", "") // the other is not known
	check(n.run(2, names(bad, rejected)), true, both, "")
	check(n.run(2), false, "", "")
	check(n.run(2, names(bad, rejected, good)), true, both, "good no such log file was tried")
	check(n.run(2, names(bad, rejected, "s3://no-such/key")), true, both, "key no such log file was tried")
	// Of a part of it all nobody knows.
	check(n.run(2, names(bad, rejected, good), func(c *pipeline.Config) { c.Selection.Regions = []string{"us-west-2"} }), true, both, "")
	check(n.run(0, names(bad), func(c *pipeline.Config) { c.Selection.Regions = []string{"us-east-1"} }), true, "", "")

	// What is mended is read, and what is gone, is no more.
	n.deliver("2024/01/10", "bad")
	check(n.run(2, names(bad, rejected)), true, "rejected quarantined", "bad it was read whole")
	if got := ids(rows(t, n.table)); !strings.Contains(got, "2024/01/10bad") {
		t.Errorf("rows: %s", got)
	}
	if err := os.Remove(filepath.Join(n.source, key("111122223333", "us-west-2", "2024/01/10", "rejected.json.gz"))); err != nil {
		t.Fatal(err)
	}
	check(n.run(0, names(rejected)), true, "", "rejected it is not there any more")
	check(n.run(0, names(rejected)), true, "", "rejected no such log file was tried")
}

// A broken log file whose name is not UTF-8 is named every night.
func TestBrokenBytesInName(t *testing.T) {
	n := newNightly(t)
	n.deliver("2024/01/10", "a")
	n.put("2024/01/10", "b\xff\xfe", []byte("broken"))
	for i := range 3 {
		report, err := pipeline.Run(t.Context(), n.config())
		if err != nil || len(report.Quarantined) != 1 || !strings.Contains(report.Quarantined[0].Key, "b%ff%fe.json.gz") || report.Gone != 0 {
			t.Errorf("run %d: %v, gone %d, %v", i, report.Quarantined, report.Gone, err)
		}
	}
}

// What is named like a log file and is none is named, every night, in a directory too;
// what is named otherwise is counted. Unless it is known to be there.
func TestIrregularLogFiles(t *testing.T) {
	for name, test := range map[string]struct {
		make func(name string) error
		why  string
	}{
		"a pipe":           {func(name string) error { return syscall.Mkfifo(name, 0o600) }, "not a regular file"},
		"a dangling link":  {func(name string) error { return os.Symlink("none", name) }, "a link to a file that is not there"},
		"a link to a pipe": {func(name string) error { return os.Symlink("x.pipe", name) }, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNightly(t)
			n.deliver("2024/01/10", "b")
			folder := filepath.Join(n.source, key("111122223333", "us-west-2", "2024/01/10", ""))
			if err := syscall.Mkfifo(filepath.Join(folder, "x.pipe"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := test.make(filepath.Join(folder, "a.json.gz")); err != nil {
				t.Fatal(err)
			}
			bad := place(t, folder).String() + "/a.json.gz"
			for i, read := range []int64{1, 0, 0} {
				report := n.run(read)
				if len(report.Unreachable) != 1 || report.Unreachable[0].Unit != bad || !strings.Contains(report.Unreachable[0].Error, test.why) {
					t.Errorf("run %d: unreachable %v", i, report.Unreachable)
				}
				if i == 0 && report.Skipped != 1 {
					t.Errorf("skipped %d", report.Skipped)
				}
			}
			report := n.run(0, func(c *pipeline.Config) { c.KnownBad = []string{bad} })
			if !report.Complete() || len(report.KnownBad) != 1 || report.KnownBad[0].Outcome != pipeline.WasUnreachable {
				t.Errorf("%+v, unreachable %v", report.KnownBad, report.Unreachable)
			}
			if err := os.Remove(filepath.Join(folder, "a.json.gz")); err != nil {
				t.Fatal(err)
			}
			if report := n.run(0); !report.Complete() || report.Gone != 1 {
				t.Errorf("gone %d, unreachable %v", report.Gone, report.Unreachable)
			}
		})
	}
}
