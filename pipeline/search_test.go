package pipeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

const properName = "111122223333_CloudTrail_us-west-2_20240301T0005Z_aB3dE5fG7hI9jK1l.json.gz"

// A source without a log file is unreachable, and the message says what is there,
// also when another run has looked.
func TestRunNoTrail(t *testing.T) {
	for name, test := range map[string]struct {
		keys []string
		want string
	}{
		"nothing":        {nil, "no AWSLogs folder and no log files"},
		"load balancers": {[]string{"AWSLogs/111122223333/elasticloadbalancing/us-east-1/2024/03/01/a.log.gz"}, "but elasticloadbalancing"},
		"digests": {
			[]string{"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2024/03/01/" + properName, "AWSLogs/111122223333/Config/x"},
			"but CloudTrail-Digest",
		},
		"Lake":   {[]string{"AWSLogs/111122223333/CloudTrail-Lake/Query/2024/03/01/0f/result_1.csv.gz"}, "but CloudTrail-Lake"},
		"others": {[]string{"photos/2024/a.jpg", "111122223333_Config_us-east-1_x.json.gz"}, "but Config (1), not named as a log file (1)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string][]byte{}
			for _, key := range test.keys {
				files[key] = []byte("x")
			}
			c := config(t, tree(t, files), t.TempDir())
			for range 2 {
				p := plan(t, c)
				report := run(t, c)
				if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, test.want) || report.Complete() {
					t.Errorf("unreachable: %v", report.Unreachable)
				}
				if len(p.Unreachable) != 1 || p.Unreachable[0] != report.Unreachable[0] {
					t.Errorf("planned: %v", p.Unreachable)
				}
			}
		})
	}
}

// A search that is not finished is named, and goes on in what follows.
func TestRunUnsearched(t *testing.T) {
	files := map[string][]byte{
		"z/AWSLogs/" + key("111122223333", "us-west-2", "2024/03/01", "a.json.gz")[len("AWSLogs/"):]: zip(t, logFile(record("a", noon))),
		"b/" + properName: zip(t, logFile(record("b", noon))),
	}
	for i := range 2500 {
		files[fmt.Sprintf("access-logs/%04d", i)] = nil
	}
	c := config(t, tree(t, files), t.TempDir())
	report := run(t, c)
	if !report.Complete() || report.Read != 2 || report.Skipped != 2500 {
		t.Errorf("read %d, skipped %d, unreachable %v", report.Read, report.Skipped, report.Unreachable)
	}
	c.Table = place(t, t.TempDir())
	c.MaxSearch = 1000
	report = run(t, c)
	if report.Read != 2 || len(report.Unreachable) != 1 || !strings.HasSuffix(report.Unreachable[0].Unit, "/access-logs/") ||
		!strings.Contains(report.Unreachable[0].Error, "more than 1000 objects in a row") {
		t.Errorf("read %d, unreachable %v", report.Read, report.Unreachable)
	}
}

// What was searched without finding anything is not searched again until all is
// checked; where something was found, it is looked at every time.
func TestRunSearchedOnce(t *testing.T) {
	regular := func(account string) string { return key(account, "us-west-2", "2024/03/01", "a.json.gz") }
	files := map[string][]byte{
		regular("111122223333"):                      zip(t, logFile(record("a", noon))),
		regular("444455556666"):                      zip(t, logFile(record("b", noon))),
		"AWSLogs/444455556666/archive/" + properName: zip(t, logFile(record("c", noon))),
		"AWSLogs/444455556666/CloudTrail/us-west-2/year=2024/0" + properName[1:]: zip(t, logFile(record("d", noon))),
	}
	source, table := tree(t, files), t.TempDir()
	add := func(folder, id string) {
		t.Helper()
		name := filepath.Join(source, folder, strings.ReplaceAll(properName, "aB3d", id))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, zip(t, logFile(record(id, noon))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := config(t, source, table)
	first := run(t, c)
	if first.Read != 4 {
		t.Errorf("read %d", first.Read)
	}
	add("AWSLogs/111122223333/archive", "e")
	add("AWSLogs/444455556666/archive", "f")
	add("AWSLogs/444455556666/CloudTrail/us-west-2/2024/3/1", "g")
	add("AWSLogs/444455556666/CloudTrail/archive", "h")
	add("AWSLogs/copies", "i")
	if night := run(t, c); night.Read != 4 || night.Requests.List >= first.Requests.List+10 {
		t.Errorf("night: read %d, %d list requests after %d", night.Read, night.Requests.List, first.Requests.List)
	}
	c.RecheckAll = true
	if all := run(t, c); all.Read != 1 || all.Listed != 9 {
		t.Errorf("all: read %d of %d", all.Read, all.Listed)
	}
	c.RecheckAll = false
	add("AWSLogs/111122223333/archive", "j")
	if night := run(t, c); night.Read != 1 {
		t.Errorf("after that: read %d", night.Read)
	}
	if got := ids(rows(t, table)); got != "a b c d e f g h i j" {
		t.Errorf("rows %s", got)
	}
}

// Two keys that are one path are two folders, and what is known of one says
// nothing of the other.
func TestRunKeysAreNoPaths(t *testing.T) {
	bucket := newBucket()
	want := ""
	for i, prefix := range []string{"logs/", "logs//", "logs/./", "logs/x/../", "/logs/", "logs/\n/"} {
		name := string(rune('a' + i))
		bucket.put(prefix+key("111122223333", "us-west-2", "2024/01/10", name+".json"), logFile(record(name, noon)), "1")
		bucket.put(prefix+"copies/"+strings.ReplaceAll(properName, ".gz", ""), logFile(record(name+"2", noon)), "1")
		table := t.TempDir()
		c := config(t, t.TempDir(), table)
		openBucket(&c, bucket)
		c.Sources = []store.URL{{Bucket: "trail", Prefix: strings.TrimSuffix(prefix, "/")}}
		if report := run(t, c); report.Read < 2 || !report.Complete() {
			t.Errorf("%q: read %d, unreachable %v", prefix, report.Read, report.Unreachable)
		}
		want += " " + name + " " + name + "2"
	}
	table := t.TempDir()
	c := config(t, t.TempDir(), table)
	openBucket(&c, bucket)
	for _, prefix := range []string{"logs", "logs/", "logs/.", "logs/x/..", "/logs", "logs/\n", ""} {
		c.Sources = []store.URL{{Bucket: "trail", Prefix: prefix}}
		run(t, c)
	}
	if got := ids(rows(t, table)); got != strings.TrimSpace(want) {
		t.Errorf("rows %s, want%s", got, want)
	}
	c.Sources = []store.URL{{Bucket: "trail", Prefix: ""}}
	if report := run(t, c); report.Read != 0 || report.Listed+report.Skipped < 6 {
		t.Errorf("again: read %d, listed %d", report.Read, report.Listed)
	}
}

// A run under a clock that was years ahead settles days that are not over. They
// are not believed, and are read once more, with a warning.
func TestRunClockWasAhead(t *testing.T) {
	n := newNightly(t)
	n.deliver("2024/02/10", "a")
	n.deliver("2024/03/01", "a")
	right := n.now
	open := func(c *pipeline.Config) { c.Selection.To = trail.LastDay }
	n.now = right.AddDate(7, 0, 0)
	n.run(2, open)
	n.now = right
	n.deliver("2024/02/28", "b")
	n.deliver("2024/03/01", "b")
	report := n.run(4, open) // February is not over, and months are taken back whole
	if !strings.Contains(n.logs.String(), "state not believed") {
		t.Errorf("no warning: %s", n.logs.String())
	}
	if report.RowsAdded != 2 {
		t.Errorf("%d rows added", report.RowsAdded)
	}
	n.logs.Reset()
	n.run(0, open)
	n.now = right.Add(24 * time.Hour)
	n.deliver("2024/03/02", "c")
	n.run(1, open)
	if strings.Contains(n.logs.String(), "not believed") {
		t.Errorf("warned again: %s", n.logs.String())
	}
}

// What two sources hold is accounted for once, also outside the layout.
func TestSourcesOverlapOutside(t *testing.T) {
	keys := []string{
		key("111122223333", "us-west-2", "2024/03/01", "a.json.gz"),
		"AWSLogs/111122223333/archive/x/" + properName,
		"AWSLogs/copies/deep/" + properName,
		"AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/" + properName,
		"AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/_SUCCESS",
		"AWSLogs/copies/notes.txt", "AWSLogs/111122223333/Config/x",
	}
	files := map[string][]byte{}
	for i, key := range keys {
		files[key] = zip(t, logFile(record(fmt.Sprint(i), noon)))
	}
	source := tree(t, files)
	for _, order := range [][]string{
		{"", "AWSLogs/copies", "AWSLogs/111122223333"},
		{"AWSLogs/111122223333/CloudTrail/us-west-2/2024/03", "AWSLogs/copies/deep", "AWSLogs"},
		{"AWSLogs/111122223333/archive", "", "AWSLogs/111122223333/CloudTrail"},
	} {
		c := config(t, source, t.TempDir())
		c.Sources = nil
		for _, name := range order {
			c.Sources = append(c.Sources, place(t, filepath.Join(source, name)))
		}
		report := run(t, c)
		if report.Listed != 4 || report.Read != 4 || report.Skipped != 3 || !report.Complete() {
			t.Errorf("%q: listed %d, read %d, skipped %v, unreachable %v", order, report.Listed, report.Read, report.SkippedKinds, report.Unreachable)
		}
	}
}

// A link to a directory is not followed. If it leads out of all sources, what is
// there may be log files, so it is named; else they are read where they are.
func TestSourcesLinks(t *testing.T) {
	source := tree(t, map[string][]byte{
		key("111122223333", "us-west-2", "2024/03/01", "a.json.gz"): zip(t, logFile(record("a", noon))),
	})
	outside := tree(t, map[string][]byte{properName: zip(t, logFile(record("b", noon)))})
	region := filepath.Join(source, "AWSLogs/111122223333/CloudTrail/us-west-2")
	for link, to := range map[string]string{
		filepath.Join(source, "again"):        source,
		filepath.Join(region, "latest"):       "2024/03/01",
		filepath.Join(region, "2023"):         outside,
		filepath.Join(source, "AWSLogs/more"): outside,
	} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	c := config(t, source, t.TempDir())
	report := run(t, c)
	for _, u := range report.Unreachable {
		if !strings.Contains(u.Error, "is a link to the directory "+outside) {
			t.Errorf("unreachable: %v", u)
		}
	}
	if report.Read != 1 || len(report.Unreachable) < 2 {
		t.Errorf("read %d, unreachable: %v", report.Read, report.Unreachable)
	}
	c.Sources = append(c.Sources, place(t, outside))
	if report = run(t, c); report.Read != 1 || !report.Complete() {
		t.Errorf("with both: read %d, unreachable: %v", report.Read, report.Unreachable)
	}
}
