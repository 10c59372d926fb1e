package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A nightly is a trail and a table that are run on again and again.
type nightly struct {
	t      testing.TB
	source string
	table  string
	now    time.Time
	logs   bytes.Buffer
}

func newNightly(t testing.TB) *nightly {
	t.Helper()
	return &nightly{t: t, source: t.TempDir(), table: t.TempDir(), now: time.Date(2024, 3, 1, 3, 0, 0, 0, time.UTC)}
}

// deliver puts a log file with one event, named by its key's name.
func (n *nightly) deliver(day, name string) {
	n.t.Helper()
	n.put(day, name, zip(n.t, logFile(other, record(day+name, strings.ReplaceAll(day, "/", "-")+"T10:00:00Z"))))
}

func (n *nightly) put(day, name string, body []byte) {
	n.t.Helper()
	file := filepath.Join(n.source, key("111122223333", "us-west-2", day, name+".json.gz"))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		n.t.Fatal(err)
	}
	// A new file, so that it differs even if everything but its inode is alike.
	if err := os.WriteFile(file+".new", body, 0o600); err != nil {
		n.t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		n.t.Fatal(err)
	}
}

func (n *nightly) config() pipeline.Config {
	c := config(n.t, n.source, n.table)
	c.Now = func() time.Time { return n.now }
	c.Selection.To = trail.DayOf(n.now)
	c.Log = slog.New(slog.NewTextHandler(&n.logs, nil))
	return c
}

// run runs and checks how many log files were read.
func (n *nightly) run(read int64, change ...func(*pipeline.Config)) *pipeline.Report {
	n.t.Helper()
	c := n.config()
	for _, f := range change {
		f(&c)
	}
	report := run(n.t, c)
	if report.Read != read {
		n.t.Errorf("%s: read %d log files, want %d", n.now.Format(time.DateOnly), report.Read, read)
	}
	return report
}

func recheckAll(c *pipeline.Config) { c.RecheckAll = true }

// everything returns all files of a table, state included.
func everything(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := os.ReadFile(name)
		files[strings.TrimPrefix(name, folder)] = body
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestResume(t *testing.T) {
	n := newNightly(t)
	for _, day := range []string{"2024/01/10", "2024/01/20", "2024/02/05", "2024/02/28", "2024/03/01"} {
		for _, name := range []string{"b", "d", "f"} {
			n.deliver(day, name)
		}
	}
	n.run(15)
	before := everything(t, n.table)

	// A second run lists, reads nothing, writes nothing.
	again := n.run(0)
	if again.AlreadyDone != 6 || again.Listed != 6 {
		t.Errorf("listed %d, done %d: want the days that are not settled", again.Listed, again.AlreadyDone)
	}
	same(t, before, everything(t, n.table))

	// New log files: only they are read.
	n.deliver("2024/03/01", "g")
	n.deliver("2024/03/02", "a")
	n.now = n.now.AddDate(0, 0, 1)
	n.run(2)

	// A late one that sorts earlier: its day is read again.
	n.deliver("2024/02/28", "a")
	n.run(4)
	n.run(0)

	// A log file whose ETag changed: likewise.
	n.deliver("2024/02/28", "d")
	n.run(4)
	n.run(0)

	// A late one in settled history: nobody looks, until everything is checked
	// again; then its month is read again.
	n.deliver("2024/01/15", "x")
	n.run(0)
	n.run(7, recheckAll)
	n.run(0, recheckAll)
	n.run(0)

	// The table has it all, as if it had been read at once.
	once := newNightly(t)
	once.source, once.now = n.source, n.now
	once.run(19)
	same(t, partitions(t, once.table), partitions(t, n.table))

	// Everything settles, and then nothing is listed but the last days.
	n.now = n.now.AddDate(0, 1, 0)
	n.run(0)
	if settled := n.run(0); settled.Listed != 0 {
		t.Errorf("listed %d log files of settled days", settled.Listed)
	}
	n.run(0, recheckAll)
}

// A log file that failed is tried again, by itself, until it can be read.
func TestResumeFailed(t *testing.T) {
	n := newNightly(t)
	n.deliver("2024/02/28", "a")
	n.put("2024/02/28", "b", []byte("broken"))
	n.put("2024/01/28", "b", []byte("broken"))
	if report := n.run(3); len(report.Quarantined) != 2 {
		t.Errorf("%+v", report.Quarantined)
	}
	if report := n.run(2); len(report.Quarantined) != 2 {
		t.Errorf("%+v", report.Quarantined)
	}
	n.deliver("2024/01/28", "b") // in settled history
	if report := n.run(2); len(report.Quarantined) != 1 || report.RowsAdded != 1 {
		t.Errorf("%+v", report.Quarantined)
	}
	if err := os.Remove(filepath.Join(n.source, key("111122223333", "us-west-2", "2024/02/28", "b.json.gz"))); err != nil {
		t.Fatal(err)
	}
	n.run(1) // its day is read again
	if !strings.Contains(n.logs.String(), "gone") {
		t.Error("nothing said of it")
	}
	if report := n.run(0); !report.Complete() {
		t.Errorf("%+v", report)
	}
}

// A state that cannot be read, or is about something else, is set aside and its
// work done again.
func TestResumeDamagedState(t *testing.T) {
	for name, text := range map[string]string{
		"not JSON": "{", "empty": "", "another version": `{"version":99}`, "another place": `{"version":1,"folder":"s3://x/"}`,
		"odd regions": `{"version":1,"regions":{"us-west-2":null}}`, "odd digest": `{"version":1,"regions":{"a":{"months":{"2024-01":{"digest":"x"}}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			n := newNightly(t)
			n.deliver("2024/02/28", "a")
			n.run(1)
			want := everything(t, n.table)
			states, err := filepath.Glob(filepath.Join(n.table, "_plantrail", "state", "*.json"))
			if err != nil || len(states) != 1 {
				t.Fatal(states, err)
			}
			if err := os.WriteFile(states[0], []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			n.run(1)
			if !strings.Contains(n.logs.String(), "set aside") {
				t.Error("no warning")
			}
			got := everything(t, n.table)
			aside := strings.TrimPrefix(states[0], n.table) + ".aside"
			if string(got[aside]) != text {
				t.Errorf("set aside: %q", got[aside])
			}
			delete(got, aside)
			same(t, want, got)
		})
	}
}

// A month of nights, with log files that come a day late. Each is fetched once,
// except on the days that are read again.
func TestResumeNightly(t *testing.T) {
	n := newNightly(t)
	var fetched, delivered, again int64
	late := map[int]string{}
	inDay := map[string]int64{}
	for night := range 30 {
		n.now = time.Date(2024, 3, 1+night, 3, 0, 0, 0, time.UTC)
		day := n.now.Format("2006/01/02")
		for i := range 10 {
			if (night*10+i)%47 == 11 {
				late[night+1] = day
				continue
			}
			n.deliver(day, fmt.Sprintf("%02d", i))
			delivered++
			inDay[day]++
		}
		if day, ok := late[night]; ok {
			n.deliver(day, "00-late") // sorts after the first
			delivered++
			again += inDay[day]
			inDay[day]++
		}
		report := run(t, n.config())
		fetched += report.Read
		most := int64(6)
		if night == 0 {
			most = 8 // where nothing is known, what lies beside the regular places is searched too
		}
		if report.Requests.List > most {
			t.Errorf("night %d: %d list requests", night, report.Requests.List)
		}
	}
	if fetched != delivered+again || again == 0 {
		t.Errorf("%d log files delivered, %d fetched, of which %d again", delivered, fetched, again)
	}
	n.run(0)
	if got := int64(len(rows(t, n.table))); got != delivered {
		t.Errorf("%d rows, want %d", got, delivered)
	}
	t.Logf("%d log files delivered in 30 nights, %d fetched: %d again, for %d that came late", delivered, fetched, again, len(late))
}

// Two spellings of one place share what is known; another place does not.
func TestResumeSpelling(t *testing.T) {
	n := newNightly(t)
	n.deliver("2024/02/28", "a")
	n.run(1)
	for _, spelled := range []string{n.source + "/", n.source + "/AWSLogs", n.source + "/AWSLogs/111122223333/CloudTrail/us-west-2"} {
		n.run(0, func(c *pipeline.Config) { c.Sources = []store.URL{place(t, spelled)} })
	}
	n.source = t.TempDir()
	n.deliver("2024/02/28", "a")
	n.run(1)
}

// Piece by piece or at once, by several runs at the same time: the same table,
// and then nothing is left to do.
func TestResumePieces(t *testing.T) {
	source := tree(t, many(t, 100))
	want := t.TempDir()
	run(t, config(t, source, want))
	folder := t.TempDir()
	var group sync.WaitGroup
	for month := range 4 {
		group.Go(func() {
			c := config(t, source, folder)
			c.Selection.From = trail.DayOf(time.Date(2024, time.Month(month+1), 1, 0, 0, 0, 0, time.UTC))
			if month%2 == 0 {
				c.Selection.To = c.Selection.From + 40 // some days are two runs'
			}
			if _, err := pipeline.Run(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	same(t, partitions(t, want), partitions(t, folder))
	report := run(t, config(t, source, folder))
	if report.Read != 0 {
		t.Errorf("read %d log files again", report.Read)
	}
	same(t, everything(t, want), everything(t, folder))
}

// A flat folder is remembered too.
func TestResumeFlat(t *testing.T) {
	body := zip(t, logFile(record("a", noon)))
	source := tree(t, map[string][]byte{
		"111122223333_CloudTrail_us-west-2_20240301T0005Z_a.json.gz": body,
		"111122223333_CloudTrail_us-east-1_20240301T0005Z_a.json.gz": body,
		"444455556666_CloudTrail_us-west-2_20240302T0005Z_b.json.gz": body,
	})
	folder := t.TempDir()
	for i, want := range []int64{3, 0, 0} {
		if report := run(t, config(t, source, folder)); report.Read != want {
			t.Errorf("run %d read %d log files, want %d", i, report.Read, want)
		}
	}
}

// A log file that failed, on a day to which another comes late: each is read
// once, and what fails is named once.
func TestResumeFailedDayChanges(t *testing.T) {
	n := newNightly(t)
	n.deliver("2024/02/28", "d")
	n.put("2024/02/28", "f", []byte("broken"))
	n.run(2)
	n.deliver("2024/02/28", "a")
	report := n.run(3)
	if len(report.Quarantined) != 1 || report.Listed != 3 {
		t.Errorf("listed %d, quarantined %v", report.Listed, report.Quarantined)
	}
	n.deliver("2024/02/28", "f")
	if report := n.run(3); !report.Complete() {
		t.Errorf("healed: %v", report.Quarantined)
	}
	n.run(0)
}

// A day's folder that cannot be listed keeps no other day from being read.
func TestResumeDayDenied(t *testing.T) {
	n := newNightly(t)
	for _, day := range []string{"2024/02/26", "2024/02/27", "2024/02/29", "2024/03/01"} {
		n.deliver(day, "b")
	}
	n.run(4)
	n.deliver("2024/03/01", "c")
	denied := func(c *pipeline.Config) {
		c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
			l, err := store.Open(ctx, u, mustExist, shared)
			if mustExist {
				l.Store = gap{l.Store, "/2024/02/28/"}
			}
			return l, err
		}
	}
	if report := n.run(1, denied); len(report.Unreachable) != 1 {
		t.Errorf("unreachable %v", report.Unreachable)
	}
	n.run(0, denied)
	n.run(0)
}

// An account of which nothing can be listed is named once.
func TestAccountDenied(t *testing.T) {
	n := newNightly(t)
	n.deliver("2024/03/01", "b")
	for _, account := range []string{"444455556666", "777788889999"} {
		if err := os.MkdirAll(filepath.Join(n.source, "AWSLogs", account, "CloudTrail"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	report := n.run(1, func(c *pipeline.Config) {
		c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
			l, err := store.Open(ctx, u, mustExist, shared)
			if mustExist {
				l.Store = closed{l.Store, "/AWSLogs/444455556666/"}
			}
			return l, err
		}
	})
	if len(report.Unreachable) != 1 || !strings.HasSuffix(report.Unreachable[0].Unit, "/AWSLogs/444455556666/CloudTrail/") {
		t.Errorf("unreachable %v", report.Unreachable)
	}
}

// A closed store does not list what is in a folder.
type closed struct {
	store.Store
	folder string
}

func (c closed) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	if strings.Contains("/"+r.Prefix, c.folder) {
		return func(yield func(store.Page, error) bool) { yield(store.Page{}, store.ErrDenied) }
	}
	return c.Store.List(ctx, r)
}

// A gap is a store of which a part cannot be listed, but what lies before and
// after it can, as in a directory.
type gap struct {
	store.Store
	folder string
}

func (g gap) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		for page, err := range g.Store.List(ctx, r) {
			at := slices.IndexFunc(page.Objects, func(o store.Object) bool {
				return strings.Contains(o.Key, "/2024/") && o.Key[strings.Index(o.Key, "/2024/"):] > g.folder
			})
			if err != nil || at < 0 {
				if !yield(page, err) {
					return
				}
				continue
			}
			if !yield(store.Page{Objects: page.Objects[:at]}, nil) || !yield(store.Page{}, store.ErrDenied) || !yield(store.Page{Objects: page.Objects[at:]}, nil) {
				return
			}
		}
	}
}
