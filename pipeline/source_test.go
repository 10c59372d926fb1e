package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
)

// What two sources hold is listed and read once, and which days are done is
// known as if one source had held it.
func TestSourcesOverlap(t *testing.T) {
	source := tree(t, many(t, 120))
	once := t.TempDir()
	want := run(t, config(t, source, once))

	account := "AWSLogs/111122223333/CloudTrail/us-west-2"
	for name, places := range map[string][]string{
		"wide ones first":   {"", "AWSLogs", account, account + "/2024/03"},
		"narrow ones first": {account + "/2024/03", account + "/2024", "AWSLogs", ""},
	} {
		folder := t.TempDir()
		c := config(t, source, folder)
		c.Sources = nil
		for _, name := range places {
			c.Sources = append(c.Sources, place(t, filepath.Join(source, name)))
		}
		report := run(t, c)
		if report.Listed != want.Listed || report.Read != want.Read || report.Duplicates != want.Duplicates {
			t.Errorf("%s: listed %d, read %d, duplicates %d; want %d, %d, %d", name,
				report.Listed, report.Read, report.Duplicates, want.Listed, want.Read, want.Duplicates)
		}
		same(t, everything(t, once), everything(t, folder))
	}
}

// A reader is a store in which getting an object does something else first.
type reader struct {
	store.Store
	before func(key string) error
}

func (r reader) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	if err := r.before(key); err != nil {
		return nil, err
	}
	return r.Store.Get(ctx, key, buf)
}

func reading(c *pipeline.Config, before func(key string) error) {
	c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, o *store.Shared) (store.Location, error) {
		l, err := store.Open(ctx, u, mustExist, o)
		if mustExist {
			l.Store = reader{l.Store, before}
		}
		return l, err
	}
}

// A log file that goes between its listing and its reading is named, and is no
// failure.
func TestRunGone(t *testing.T) {
	n := newNightly(t)
	n.deliver("2024/02/29", "a")
	n.deliver("2024/02/29", "b")
	report := n.run(1, func(c *pipeline.Config) {
		reading(c, func(key string) error {
			if strings.HasSuffix(key, "b.json.gz") {
				return os.Remove("/" + key)
			}
			return nil
		})
	})
	if report.Gone != 1 || !report.Complete() || !strings.Contains(n.logs.String(), "b.json.gz") {
		t.Errorf("gone %d, unreachable %v", report.Gone, report.Unreachable)
	}
	n.run(1) // its day is not as it was listed
	n.run(0)
}

// Archived log files are counted a region at a time, their days do not settle,
// and once they are restored they are read.
func TestRunArchived(t *testing.T) {
	n := newNightly(t)
	for _, day := range []string{"2023/01/01", "2023/05/05", "2024/02/01"} {
		n.deliver(day, "a")
		n.deliver(day, "b")
	}
	archive := func(c *pipeline.Config) {
		reading(c, func(key string) error {
			if strings.Contains(key, "/2023/") {
				return store.ErrArchived
			}
			return nil
		})
	}
	for _, read := range []int64{2, 0} {
		report := n.run(read, archive)
		if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, "4 log files of 2023-01-01 to 2023-05-05") ||
			!strings.HasSuffix(report.Unreachable[0].Unit, "/111122223333/CloudTrail/us-west-2/") {
			t.Errorf("unreachable: %v", report.Unreachable)
		}
	}
	if report := n.run(4); report.RowsAdded != 4 || !report.Complete() {
		t.Errorf("restored: %+v", report)
	}
	if report := n.run(0); report.Listed != 0 {
		t.Errorf("listed %d log files of settled days", report.Listed)
	}
}

// A table is not put where a trail delivers, however the two were swapped.
func TestRunTablePlace(t *testing.T) {
	source := tree(t, many(t, 1))
	for name, folder := range map[string]string{"the source": source, "in the layout": filepath.Join(source, "AWSLogs/111122223333/table")} {
		before := everything(t, source)
		if _, err := pipeline.Run(t.Context(), config(t, source, folder)); err == nil || !strings.Contains(err.Error(), "a place of its own") {
			t.Errorf("%s: error %v", name, err)
		}
		same(t, before, everything(t, source))
	}
}

// Two buckets of one name would pass for each other in the state: what failed in
// one and is not in the other would count as gone.
func TestSourcesTwoEndpoints(t *testing.T) {
	c := config(t, t.TempDir(), t.TempDir())
	c.Sources = nil
	for _, s := range []string{"s3://trail?endpoint=http://127.0.0.1:9000", "s3://trail/AWSLogs?endpoint=http://127.0.0.1:9000/&path_style=true", "s3://other"} {
		c.Sources = append(c.Sources, place(t, s))
	}
	if err := c.Check(); err != nil {
		t.Errorf("one endpoint, spelled in two ways: %v", err)
	}
	for _, s := range []string{"s3://trail", "s3://trail?endpoint=http://127.0.0.1:9001"} {
		two := c
		two.Sources = append(slices.Clone(c.Sources), place(t, s))
		if err := two.Check(); err == nil || !strings.Contains(err.Error(), "the bucket trail") {
			t.Errorf("%s: error %v", s, err)
		}
	}
}

// Of sources that cannot be opened for one reason, the reason is said once, and can be
// told.
func TestNoneOpened(t *testing.T) {
	no := errors.New("no credentials")
	for name, test := range map[string]struct {
		fail func(store.URL) error
		want string
	}{
		"one reason":     {func(u store.URL) error { return fmt.Errorf("%s: %w", u, no) }, "none of 4 sources can be read: s3://aaa, s3://bbb, s3://ccc and 1 more: no credentials"},
		"one each":       {func(u store.URL) error { return fmt.Errorf("%s: %w of %s", u, no, u.Bucket) }, "none of 4 sources can be read: s3://aaa: no credentials of aaa; s3://bbb: no credentials of bbb; s3://ccc: no credentials of ccc; and 1 more"},
		"without a name": {func(store.URL) error { return no }, "none of 4 sources can be read: no credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t, t.TempDir(), t.TempDir())
			c.Sources = nil
			for _, bucket := range []string{"aaa", "bbb", "ccc", "ddd"} {
				c.Sources = append(c.Sources, place(t, "s3://"+bucket))
			}
			c.OpenStore = func(_ context.Context, u store.URL, _ bool, _ *store.Shared) (store.Location, error) {
				return store.Location{}, test.fail(u)
			}
			_, err := pipeline.Run(t.Context(), c)
			if err == nil || err.Error() != test.want || !errors.Is(err, no) {
				t.Errorf("got %v", err)
			}
		})
	}
}
