package pipeline_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
)

// What a run settled under a clock that was ahead is not believed: its days are
// listed when the clock is right, also if no run comes for weeks after that.
func TestClockAhead(t *testing.T) {
	for _, ahead := range []int{3, 10, 60, 4000} { // days
		n := newNightly(t)
		n.deliver("2024/02/28", "a")
		right := n.now
		n.now = right.AddDate(0, 0, ahead)
		n.run(1)
		n.now = right.AddDate(0, 0, 1)
		n.deliver("2024/03/01", "b")
		planned := plan(t, n.config()).LogFiles
		if report := n.run(planned); report.RowsAdded != 1 {
			t.Errorf("%d days ahead: %d rows were added", ahead, report.RowsAdded)
		}
		if ahead > 6 && !strings.Contains(n.logs.String(), "not believed") {
			t.Errorf("%d days ahead: nothing is said of it", ahead)
		}
		n.deliver("2024/03/02", "c")
		n.deliver("2024/04/05", "d")
		n.now = right.AddDate(0, 2, 0)
		if report := n.run(2); report.RowsAdded != 2 {
			t.Errorf("%d days ahead, weeks later: %d rows were added", ahead, report.RowsAdded)
		}
		once := newNightly(t)
		once.source, once.now = n.source, n.now
		run(t, once.config())
		same(t, everything(t, once.table), everything(t, n.table))
	}
}

// A shrunken store lists nothing, or less, of what it has.
type shrunken struct {
	store.Store
	keep func(key string) bool
}

func (s shrunken) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		for page, err := range s.Store.List(ctx, r) {
			var objects []store.Object
			for _, o := range page.Objects {
				if s.keep(o.Key) {
					objects = append(objects, o)
				}
			}
			page.Objects = objects
			if !yield(page, err) {
				return
			}
		}
	}
}

// A listing that has less than the one before settles nothing and is warned about,
// until everything is listed again on purpose.
func TestShrunk(t *testing.T) {
	for name, keep := range map[string]func(string) bool{
		"empty":         func(string) bool { return false },
		"its end":       func(key string) bool { return key < key[:strings.Index(key, "/2024/")]+"/2024/02/28/b.json" },
		"one log file":  func(key string) bool { return !strings.HasSuffix(key, "/02/28/b.json.gz") },
		"one a day":     func(key string) bool { return !strings.HasSuffix(key, "a.json.gz") },
		"the first day": func(key string) bool { return !strings.Contains(key, "/02/27/") },
	} {
		t.Run(name, func(t *testing.T) {
			n := newNightly(t)
			for _, day := range []string{"2024/02/27", "2024/02/28"} {
				n.deliver(day, "a")
				n.deliver(day, "b")
			}
			n.run(4)
			n.deliver("2024/03/02", "c") // on a day of which nothing is known
			bad := func(c *pipeline.Config) {
				c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
					l, err := store.Open(ctx, u, mustExist, shared)
					if mustExist {
						l.Store = shrunken{l.Store, keep}
					}
					return l, err
				}
			}
			n.now = n.now.AddDate(0, 2, 0)
			c := n.config()
			bad(&c)
			run(t, c)
			if !strings.Contains(n.logs.String(), "fewer log files than before") {
				t.Error("nothing is said of it")
			}
			run(t, n.config())
			if got := len(rows(t, n.table)); got != 5 {
				t.Errorf("%d rows, want 5", got)
			}
			once := newNightly(t)
			once.source, once.now = n.source, n.now
			run(t, once.config())
			same(t, everything(t, once.table), everything(t, n.table))

			// Whoever lists everything again believes what is there.
			n.deliver("2024/04/29", "d")
			n.now = n.now.AddDate(0, 0, 1)
			n.run(1)
			if err := os.Remove(filepath.Join(n.source, key("111122223333", "us-west-2", "2024/04/29", "d.json.gz"))); err != nil {
				t.Fatal(err)
			}
			n.now = n.now.AddDate(0, 2, 0)
			for _, step := range []struct{ all, said bool }{{false, true}, {false, true}, {true, false}, {false, false}} {
				n.logs.Reset()
				n.run(0, func(c *pipeline.Config) { c.RecheckAll = step.all })
				if said := strings.Contains(n.logs.String(), "fewer log files than before"); said != step.said {
					t.Errorf("%+v: said %t", step, said)
				}
			}
		})
	}
}

// A log file that failed is tried again as it is now, not as it was: what was
// repaired is read, and what grew beyond the bound is not.
func TestRetriedAnew(t *testing.T) {
	n := newNightly(t)
	n.put("2024/01/10", "a", []byte("broken"))
	n.put("2024/01/10", "b", []byte("broken"))
	bound := func(c *pipeline.Config) { c.MaxInflated = 1 << 20 }
	n.run(2, bound)
	n.put("2024/01/10", "a", zip(t, logFile(other, record("a", "2024-01-10T10:00:00Z"), strings.Repeat(other+",", 2000)+other)))
	n.put("2024/01/10", "b", make([]byte, 2<<20))
	sizes := &sized{}
	report := n.run(2, bound, func(c *pipeline.Config) {
		c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
			l, err := store.Open(ctx, u, mustExist, shared)
			if mustExist {
				sizes.Store = l.Store
				l.Store = sizes
			}
			return l, err
		}
	})
	if report.RowsAdded != 1 || len(report.Quarantined) != 1 || !strings.Contains(report.Quarantined[0].Error, "exceeds the limit") {
		t.Errorf("%d rows, quarantined %v", report.RowsAdded, report.Quarantined)
	}
	if strings.Contains(strings.Join(sizes.got, " "), "b.json.gz") {
		t.Errorf("what is beyond the bound was fetched: %q", sizes.got)
	}
	n.run(1, bound)
}

// A sized store remembers which objects were fetched.
type sized struct {
	store.Store
	got []string
}

func (s *sized) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	s.got = append(s.got, key)
	return s.Store.Get(ctx, key, buf)
}

// What went wrong first is said, not that the rest was given up for it.
func TestStateUnreadable(t *testing.T) {
	files := many(t, 60)
	c := config(t, tree(t, files), t.TempDir())
	run(t, c)
	broken := errors.New("the disk has a bad block")
	c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
		l, err := store.Open(ctx, u, mustExist, shared)
		if !mustExist {
			l.Store = stateless{l.Store, broken}
		}
		return l, err
	}
	for what, do := range map[string]func() error{
		"run":  func() error { _, err := pipeline.Run(t.Context(), c); return err },
		"plan": func() error { _, err := pipeline.MakePlan(t.Context(), c); return err },
	} {
		err := do()
		if !errors.Is(err, broken) || errors.Is(err, context.Canceled) || !strings.HasPrefix(fmt.Sprint(err), "read state: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A stateless store cannot read states.
type stateless struct {
	store.Store
	err error
}

func (s stateless) Open(ctx context.Context, key string) (*store.File, error) {
	if strings.Contains(key, "_plantrail/state/") {
		return nil, fmt.Errorf("%s: %w", key, s.err)
	}
	return s.Store.Open(ctx, key)
}

// If the store's clock is not ours, that is said, and nothing settles by it.
func TestClocksDiffer(t *testing.T) {
	b := newBucket()
	for day := 1; day < 10; day++ {
		id := fmt.Sprint(day)
		b.put(key("111122223333", "us-west-2", "2024/02/0"+id, "a.json"), logFile(record(id, noon)), `"`+id+`"`)
	}
	var skew time.Duration
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
		b.serve(w, r)
	}))
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	source, err := store.ParseURL("s3://trail?region=us-east-1&path_style=true&endpoint=" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	n := newNightly(t)
	for _, step := range []struct {
		skew    time.Duration
		settled bool
	}{{-24 * time.Hour, false}, {time.Hour, false}, {20 * time.Second, true}, {time.Hour, true}} {
		skew = step.skew
		n.logs.Reset()
		c := n.config()
		c.Sources = []store.URL{source}
		run(t, c)
		report := run(t, c)
		if settled := report.Listed == 0; settled != step.settled {
			t.Errorf("skew %s: settled %t", skew, settled)
		}
		if said := strings.Contains(n.logs.String(), "clock right"); said != (skew.Abs() > time.Minute) {
			t.Errorf("skew %s: said %t", skew, said)
		}
	}
	if got := len(rows(t, n.table)); got != 9 {
		t.Errorf("%d rows", got)
	}
}

// serve answers as S3 does, as far as a source is asked.
func (b *bucket) serve(w http.ResponseWriter, r *http.Request) {
	name, object := strings.CutPrefix(r.URL.Path, "/trail/")
	if object && name != "" {
		body, err := b.Get(r.Context(), name, nil)
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("ETag", b.objects[name].etag)
		w.Write(body)
		return
	}
	type contents struct {
		Key, ETag string
		Size      int
	}
	type prefixes struct{ Prefix string }
	q := r.URL.Query()
	answer := struct {
		XMLName        xml.Name `xml:"ListBucketResult"`
		Name           string
		Prefix         string
		Delimiter      string `xml:",omitempty"`
		EncodingType   string `xml:",omitempty"`
		StartAfter     string `xml:",omitempty"`
		KeyCount       int
		MaxKeys        int
		IsTruncated    bool
		Contents       []contents
		CommonPrefixes []prefixes
	}{Name: "trail", Prefix: q.Get("prefix"), Delimiter: q.Get("delimiter"), StartAfter: q.Get("start-after"), MaxKeys: 1000}
	within := store.Range{Prefix: q.Get("prefix"), Shallow: q.Get("delimiter") != ""}
	page, _, _ := b.page(within, q.Get("start-after"))
	for _, o := range page.Objects {
		answer.Contents = append(answer.Contents, contents{o.Key, o.ETag, int(o.Size)})
	}
	for _, folder := range page.Folders {
		answer.CommonPrefixes = append(answer.CommonPrefixes, prefixes{folder})
	}
	answer.KeyCount = len(page.Objects) + len(page.Folders)
	w.Header().Set("Content-Type", "application/xml")
	xml.NewEncoder(w).Encode(answer)
}
