package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
)

// A distorting store gives something else than a log file, the first times that it is
// asked for it.
type distorting struct {
	store.Store
	times   int
	distort func(body []byte) []byte
	mutex   sync.Mutex
	asked   map[string]int
}

func (d *distorting) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	body, err := d.Store.Get(ctx, key, buf)
	if err != nil || !strings.HasSuffix(key, ".json.gz") {
		return body, err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.asked[key]++; d.asked[key] <= d.times {
		return d.distort(body), nil
	}
	return body, nil
}

// What comes for a log file and is not as long as was listed, is not taken for it, even
// if it is a log file by itself: it is got again, and named if that does not help.
func TestPartOfALogFile(t *testing.T) {
	t.Parallel()
	const always = 1000
	first := len(zip(t, logFile(record("a", noon))))
	text := logFile(record("a", noon))
	for name, distort := range map[string]func([]byte) []byte{
		"nothing":             func([]byte) []byte { return nil },
		"the first member":    func(b []byte) []byte { return b[:first] },
		"half a member":       func(b []byte) []byte { return b[:first/2] },
		"an error":            func([]byte) []byte { return []byte(`<Error><Code>InternalError</Code></Error>`) },
		"a long page":         func([]byte) []byte { return []byte("<html>" + strings.Repeat("log in ", 1000)) },
		"another log file":    func([]byte) []byte { return zip(t, logFile(other)) },
		"zstd of something":   func([]byte) []byte { return zst(t, logFile(other)) },
		"inflated, as it may": nil,
		"longer, as it may":   func(b []byte) []byte { return append(b, zip(t, logFile(other))...) },
	} {
		for _, times := range []int{1, always} {
			t.Run(fmt.Sprintf("%s %d times", name, times), func(t *testing.T) {
				t.Parallel()
				n := newNightly(t)
				n.put("2024/01/10", "a", append(zip(t, text), zip(t, logFile(record("b", noon)))...))
				distort := distort
				if distort == nil {
					distort = func([]byte) []byte { return append(text, logFile(record("b", noon))...) }
				}
				d := &distorting{times: times, distort: distort, asked: map[string]int{}}
				c := n.config()
				c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
					l, err := store.Open(ctx, u, mustExist, shared)
					if mustExist {
						d.Store = l.Store
						l.Store = d
					}
					return l, err
				}
				report := run(t, c)
				if times == always && !strings.HasSuffix(name, "as it may") {
					if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0].Error, "that are listed") || report.RowsAdded != 0 {
						t.Errorf("%d rows, unreachable %v", report.RowsAdded, report.Unreachable)
					}
				} else if report.RowsAdded != 2 || !report.Complete() {
					t.Errorf("%d rows, quarantined %v, unreachable %v", report.RowsAdded, report.Quarantined, report.Unreachable)
				}
				if run(t, n.config()); len(rows(t, n.table)) != 2 {
					t.Errorf("%d rows in the end", len(rows(t, n.table)))
				}
			})
		}
	}
}

// A log file that is replaced between its listing and its reading is read as it is now,
// and again when the change is seen.
func TestReplacedAfterListing(t *testing.T) {
	n := newNightly(t)
	n.put("2024/02/28", "a", zip(t, logFile(other, other, record("a", noon), record("c", noon))))
	d := &distorting{times: 1, asked: map[string]int{}}
	d.distort = func([]byte) []byte {
		now := zip(t, logFile(record("b", noon)))
		n.put("2024/02/28", "a", now)
		return now
	}
	report := n.run(1, func(c *pipeline.Config) {
		c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
			l, err := store.Open(ctx, u, mustExist, shared)
			if mustExist {
				d.Store = l.Store
				l.Store = d
			}
			return l, err
		}
	})
	if report.RowsAdded != 1 || !report.Complete() {
		t.Errorf("%d rows, unreachable %v", report.RowsAdded, report.Unreachable)
	}
	n.run(1)
	n.run(0)
}
