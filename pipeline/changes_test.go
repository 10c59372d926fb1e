package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plantrail/pipeline"
	"plantrail/schema"
)

// changeRecord returns a record of a plan change.
func changeRecord(id, at string) string {
	return fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventName":"StartSupportPlanUpdate","readOnly":false,
		"eventTime":%q,"eventID":%q,"recipientAccountId":"111122223333"}`, at, id)
}

// A listener is told changes. A deaf one cannot publish.
type listener struct {
	written, told []string
	published     int
	deaf          bool
}

var errDeaf = errors.New("deaf")

func (l *listener) Write(c *schema.Change) error {
	l.written = append(l.written, c.EventID)
	return nil
}

func (l *listener) Publish() error {
	l.published++
	if l.deaf {
		return errDeaf
	}
	l.told = l.written
	return nil
}

// tell runs and returns what it told, in order of IDs.
func tell(t *testing.T, c pipeline.Config) (told string, report *pipeline.Report, err error) {
	t.Helper()
	l := new(listener)
	c.Changes = l
	report, err = pipeline.Run(t.Context(), c)
	if l.published != 1 {
		t.Errorf("published %d times", l.published)
	}
	slices.Sort(l.told)
	return strings.Join(l.told, " "), report, err
}

// A run tells the changes that are new in the table: not reads, not copies, not what
// it reads again.
func TestChanges(t *testing.T) {
	n := newNightly(t)
	tell := func(want string, change ...func(*pipeline.Config)) {
		t.Helper()
		c := n.config()
		for _, f := range change {
			f(&c)
		}
		got, report, err := tell(t, c)
		if err != nil || got != want || report.Changes != int64(len(strings.Fields(want))) || report.ChangesRecovered != 0 {
			t.Errorf("told %q, want %q; counted %d and %d recovered; %v", got, want, report.Changes, report.ChangesRecovered, err)
		}
	}
	n.put("2024/02/01", "a", zip(t, logFile(changeRecord("1", "2024-02-01T10:00:00Z"), changeRecord("2", "2024-02-01T10:00:00Z"), record("r", noon))))
	n.put("2024/02/02", "b", zip(t, logFile(changeRecord("2", "2024-02-01T10:00:00Z")))) // delivered twice
	tell("1 2")
	tell("")
	n.put("2024/02/03", "c", zip(t, logFile(changeRecord("1", "2024-02-01T10:00:00Z"), changeRecord("3", "2024-01-01T10:00:00Z"))))
	tell("3", recheckAll)
	tell("", recheckAll)
	n.put("2024/02/01", "a", zip(t, logFile(changeRecord("1", "2024-02-01T10:00:00Z"), changeRecord("4", "2024-02-01T10:00:00Z"))))
	tell("4", recheckAll)
	n.put("2024/03/01", "broken", []byte("broken"))
	n.put("2024/03/01", "d", zip(t, logFile(changeRecord("5", noon))))
	tell("5")
}

// Without a ChangeWriter changes are counted, and no document is written.
func TestChangesCounted(t *testing.T) {
	n := newNightly(t)
	n.put("2024/02/01", "a", zip(t, logFile(changeRecord("1", noon), record("r", noon))))
	if report := n.run(1); report.Changes != 1 {
		t.Errorf("counted %d", report.Changes)
	}
	if _, err := os.Stat(filepath.Join(n.table, "_plantrail/changes")); !os.IsNotExist(err) {
		t.Errorf("a document: %v", err)
	}
}

// changeTrail has changes in two partitions, more than a commit takes.
func changeTrail(t *testing.T) (source string, all []string) {
	t.Helper()
	files := map[string][]byte{}
	for i := range 4 {
		at := fmt.Sprintf("2024-%02d-01T12:00:00Z", 2+i%2)
		name := key("111122223333", "us-west-2", fmt.Sprintf("2024/%02d/01", 2+i%2), fmt.Sprint(i, ".json.gz"))
		files[name] = zip(t, logFile(changeRecord(fmt.Sprint(i), at), record(fmt.Sprint("r", i), at)))
		all = append(all, fmt.Sprint(i))
	}
	return tree(t, files), all
}

// A run that is killed at any step of its commits has told nobody anything. What it
// has put into the table, the next run tells.
func TestChangesAfterKill(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	source, all := changeTrail(t)
	want := strings.Join(all, " ")
	recovered := false
	for at := 0; ; at++ {
		folder := t.TempDir()
		steps := 0
		killed := func() pipeline.Config {
			c := config(t, source, folder)
			c.MaxRows, c.Concurrency, c.Workers = 3, 1, 1 // commits on the way
			return c
		}
		c := killed()
		c.Changes = &listener{deaf: true} // nobody is there any more
		crashing(&c, func(string, string) error {
			if steps++; steps > at {
				return errCrash
			}
			return nil
		})
		_, err := pipeline.Run(t.Context(), c)
		if at < steps && !errors.Is(err, errCrash) {
			t.Fatalf("step %d: %v", at, err)
		}
		got, report, err := tell(t, killed())
		if err != nil || got != want || report.Changes+report.ChangesRecovered != int64(len(all)) {
			t.Fatalf("step %d: told %q, want %q; %d new, %d recovered; %v", at, got, want, report.Changes, report.ChangesRecovered, err)
		}
		recovered = recovered || report.ChangesRecovered > 0 && report.Changes > 0
		if got, _, err := tell(t, killed()); got != "" || err != nil {
			t.Fatalf("step %d: told again: %q, %v", at, got, err)
		}
		if at >= steps {
			break
		}
	}
	if !recovered {
		t.Error("no run had both new changes and such of another run")
	}
}

// What could not be published is told by the next run that can.
func TestChangesNotPublished(t *testing.T) {
	source, all := changeTrail(t)
	folder := t.TempDir()
	for i := range 2 {
		c := config(t, source, folder)
		c.Changes = &listener{deaf: true}
		if _, err := pipeline.Run(t.Context(), c); !errors.Is(err, errDeaf) || !strings.Contains(err.Error(), "the next run tells these changes again") {
			t.Errorf("run %d: %v", i, err)
		}
		run(t, config(t, source, folder)) // that nobody listens to takes nothing from the next
	}
	got, report, err := tell(t, config(t, source, folder))
	if err != nil || got != strings.Join(all, " ") || report.Changes != 0 || report.ChangesRecovered != int64(len(all)) {
		t.Errorf("told %q, %d recovered, %v", got, report.ChangesRecovered, err)
	}
}

// Of more changes than are noted, a run that ends tells all, and one that is killed the
// first ones. Of this it warns.
func TestChangesBounded(t *testing.T) {
	source, all := changeTrail(t)
	folder := t.TempDir()
	c := config(t, source, folder)
	c.MaxNoted, c.Changes = 3, &listener{deaf: true}
	var said strings.Builder
	c.Log = slog.New(slog.NewTextHandler(&said, nil))
	if _, err := pipeline.Run(t.Context(), c); !errors.Is(err, errDeaf) {
		t.Fatal(err)
	}
	if strings.Count(said.String(), "more changes than are noted") != 1 {
		t.Errorf("it said\n%s", said.String())
	}
	if got, report, err := tell(t, config(t, source, folder)); err != nil || report.ChangesRecovered != 3 {
		t.Errorf("told %q, %d recovered, %v", got, report.ChangesRecovered, err)
	}
	c = config(t, source, t.TempDir())
	c.MaxNoted = 3
	if got, _, err := tell(t, c); err != nil || got != strings.Join(all, " ") {
		t.Errorf("told %q, %v", got, err)
	}
}

// What a killed shard has not told, the run tells that is all of them.
func TestChangesOfShards(t *testing.T) {
	source, all := changeTrail(t)
	folder := t.TempDir()
	for i := range 2 {
		c := config(t, source, folder)
		c.Shard = pipeline.Shard{Index: i, Count: 2}
		c.Changes = &listener{deaf: true}
		if _, err := pipeline.Run(t.Context(), c); err != nil && !errors.Is(err, errDeaf) {
			t.Fatal(err)
		}
	}
	if got, _, err := tell(t, config(t, source, folder)); err != nil || got != strings.Join(all, " ") {
		t.Errorf("told %q, %v", got, err)
	}
	for name, text := range everything(t, folder) {
		if strings.Contains(name, "changes/") && string(text) != `{"changes":[]}`+"\n" {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// An interrupted run tells what it has committed, the next one the rest.
func TestChangesInterrupted(t *testing.T) {
	source, all := changeTrail(t)
	folder := t.TempDir()
	counts := map[string]int{}
	for i := range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		c := config(t, source, folder)
		c.Concurrency, c.Workers, c.MaxRows = 1, 1, 1
		c.Log = slog.New(countdown{cancel: cancel})
		l := new(listener)
		c.Changes = l
		_, err := pipeline.Run(ctx, c)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) || l.published != 1 {
			t.Fatalf("run %d: %v, published %d times", i, err, l.published)
		}
		for _, id := range l.told {
			counts[id]++
		}
	}
	got, _, err := tell(t, config(t, source, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range strings.Fields(got) {
		counts[id]++
	}
	want := map[string]int{}
	for _, id := range all {
		want[id] = 1
	}
	if !maps.Equal(counts, want) {
		t.Errorf("told %v", counts)
	}
}

// Notes that somebody has damaged are set aside, and the run goes on.
func TestChangesNotesDamaged(t *testing.T) {
	source, _ := changeTrail(t)
	folder := t.TempDir()
	c := config(t, source, folder)
	if err := os.MkdirAll(filepath.Join(folder, "_plantrail/changes"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "_plantrail/changes/all.json"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, report, err := tell(t, c); err != nil || report.Changes != 4 {
		t.Errorf("%d changes, %v", report.Changes, err)
	}
}

// A damaged file of the table keeps no run from its work: what it holds is told when it
// can be read again.
func TestChangesDamagedPartition(t *testing.T) {
	source, all := changeTrail(t)
	folder := t.TempDir()
	c := config(t, source, folder)
	c.Changes = &listener{deaf: true}
	if _, err := pipeline.Run(t.Context(), c); !errors.Is(err, errDeaf) {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "eventmonth=2024-02", "events.parquet")
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range [][]byte{[]byte("damaged"), body} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		want := []string{"", strings.Join(all, " ")}[i]
		if got, _, err := tell(t, config(t, source, folder)); err != nil || got != want {
			t.Errorf("told %q, want %q, %v", got, want, err)
		}
	}
}
