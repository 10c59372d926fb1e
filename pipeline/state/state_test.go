package state_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

const folder = "s3://trail/AWSLogs/111122223333/CloudTrail/"

func sources() []string { return []string{"supportplans.amazonaws.com"} }

func tally(keys ...string) (t state.Tally) {
	for _, key := range keys {
		t.Add(key, "etag-"+key)
	}
	return t
}

func TestTally(t *testing.T) {
	a, b := tally("1", "2", "3"), tally("3", "1", "2")
	if !a.Same(b) || a.Last != "3" || a.Count != 3 {
		t.Errorf("order matters: %v and %v", a, b)
	}
	changed := tally("1", "2")
	changed.Add("3", "another")
	for name, other := range map[string]state.Tally{"fewer": tally("1", "2"), "another key": tally("1", "2", "4"), "twice": tally("1", "2", "3", "3"), "another ETag": changed} {
		if a.Same(other) {
			t.Errorf("%s: the same", name)
		}
	}
	var shifted state.Tally
	shifted.Add("a", "bc")
	var other state.Tally
	other.Add("ab", "c")
	if shifted.Same(other) {
		t.Error("where the key ends does not matter")
	}
}

// Claims add up to the same state in any order, and twice is as once.
func TestApply(t *testing.T) {
	claims := []state.Claim{
		{Region: "r", Days: map[trail.Day]state.Tally{1: tally("1/a"), 40: tally("40/a")}, Failed: map[string]state.FailedKey{"1/a": {Size: 1, ETag: "x"}}},
		{Region: "r", Settled: trail.Days{{From: 0, To: 20}}, Days: map[trail.Day]state.Tally{1: tally("1/a"), 2: tally("2/a"), 12: tally("12/a")}},
		{Region: "r", Settled: trail.Days{{From: 10, To: 35}}, Days: map[trail.Day]state.Tally{12: tally("12/a"), 33: tally("33/a", "33/b")}},
		{Region: "q", Settled: trail.Days{{From: 21, To: 22}}},
		{Region: "r", Days: map[trail.Day]state.Tally{2: tally("2/a")}},
	}
	text := func(order []int) string {
		a := state.New(folder, sources())
		for _, i := range order {
			a.Apply(claims[i])
		}
		text, err := a.Text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := state.Parse(text, folder, sources())
		if err != nil {
			t.Fatal(err)
		}
		if back, err := again.Text(); err != nil || string(back) != string(text) {
			t.Errorf("it comes back as %s, error %v", back, err)
		}
		return string(text)
	}
	want := text([]int{0, 1, 2, 3, 4})
	for _, order := range [][]int{{4, 3, 2, 1, 0}, {0, 0, 1, 1, 2, 2, 3, 4}, {2, 4, 0, 3, 1, 0}} {
		if got := text(order); got != want {
			t.Errorf("order %v gives %s\nwant %s", order, got, want)
		}
	}
	a := state.New(folder, sources())
	for _, c := range claims {
		a.Apply(c)
	}
	r := a.Region("r")
	if !slices.Equal(r.Settled, trail.Days{{From: 0, To: 35}}) || r.Months["1970-01"].Count != 3 || r.Months["1970-02"].Count != 2 || len(r.Days) != 1 || len(r.Failed) != 1 {
		t.Errorf("%+v", *r)
	}
	a.Apply(state.Claim{Region: "r", Read: []string{"1/a"}})
	if len(r.Failed) != 0 {
		t.Error("what was read is still failed")
	}
}

func TestCovered(t *testing.T) {
	a := state.New(folder, sources())
	a.Apply(state.Claim{Region: "r", Settled: trail.Days{{From: 5, To: 40}}})
	for span, want := range map[trail.Span]bool{{From: 5, To: 30}: true, {From: 0, To: 99}: true, {From: 6, To: 30}: false, {From: 5, To: 29}: false} {
		if got := a.Region("r").Covered(10, trail.Days{span}); got != want {
			t.Errorf("January in %v: %t", span, got)
		}
	}
}

// documents in memory, with the conditions of a store.
type documents struct {
	mutex sync.Mutex
	texts map[string]string
	tags  map[string]int

	reads, puts int
}

func (d *documents) Document(_ context.Context, name string) ([]byte, string, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.reads++
	if _, ok := d.texts[name]; !ok {
		return nil, "", store.ErrNotFound
	}
	return []byte(d.texts[name]), fmt.Sprint(d.tags[name]), nil
}

func (d *documents) PutDocument(_ context.Context, name string, text []byte, etag string) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.puts++
	now := ""
	if _, ok := d.texts[name]; ok {
		now = fmt.Sprint(d.tags[name])
	}
	if now != etag {
		return store.ErrChanged
	}
	d.texts[name] = string(text)
	d.tags[name]++
	return nil
}

// Runs at once claim different things; all claims are kept.
func TestCheckpointsConcurrent(t *testing.T) {
	d := &documents{texts: map[string]string{}, tags: map[string]int{}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			checkpoints := state.NewCheckpoints(d, sources(), trail.LastDay, log)
			for j := range 10 {
				day := trail.Day(i*10 + j)
				if j%2 == 0 { // what is read before may be old when it is updated
					if _, err := checkpoints.Account(t.Context(), "111122223333", folder); err != nil {
						t.Error(err)
					}
				}
				claim := state.Claim{Region: "r", Settled: trail.Days{{From: day, To: day}}, Days: map[trail.Day]state.Tally{day: tally(fmt.Sprint(day))}}
				if err := checkpoints.Update(t.Context(), "111122223333", folder, []state.Claim{claim}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	a, err := state.NewCheckpoints(d, sources(), trail.LastDay, log).Account(t.Context(), "111122223333", folder)
	if err != nil {
		t.Fatal(err)
	}
	r := a.Region("r")
	count := 0
	for _, month := range r.Months {
		count += month.Count
	}
	if !slices.Equal(r.Settled, trail.Days{{From: 0, To: 79}}) || count != 80 {
		t.Errorf("%+v, %d", *r, count)
	}
	// Other event sources were not looked for.
	other, err := state.NewCheckpoints(d, []string{"x"}, trail.LastDay, log).Account(t.Context(), "111122223333", folder)
	if err != nil || len(other.Regions) != 0 {
		t.Errorf("%+v, error %v", other, err)
	}
}

// A state is read once and written once, also if it is only begun. The state that
// was read stays as it was. One that another run has changed is read again.
func TestCheckpointsRequests(t *testing.T) {
	d := &documents{texts: map[string]string{}, tags: map[string]int{}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	claim := func(day trail.Day) []state.Claim {
		return []state.Claim{{Region: "r", Days: map[trail.Day]state.Tally{day: tally(fmt.Sprint(day))}, Failed: map[string]state.FailedKey{fmt.Sprint(day): {}}}}
	}
	account := func(b *state.Checkpoints) *state.Account {
		a, err := b.Account(t.Context(), "111122223333", folder)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	days := func(a *state.Account) int { return len(a.Region("r").Days) + len(a.Region("r").Failed) }
	update := func(b *state.Checkpoints, day trail.Day) {
		if err := b.Update(t.Context(), "111122223333", folder, claim(day)); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(name string, reads, puts int) {
		t.Helper()
		if d.reads != reads || d.puts != puts {
			t.Errorf("%s: %d reads and %d puts, want %d and %d", name, d.reads, d.puts, reads, puts)
		}
		d.reads, d.puts = 0, 0
	}
	for day := range trail.Day(3) {
		checkpoints := state.NewCheckpoints(d, sources(), trail.LastDay, log)
		known := account(checkpoints)
		account(checkpoints)
		update(checkpoints, day)
		expect("a night", 1, 1)
		if days(known) != 2*int(day) {
			t.Errorf("night %d: %d are known", day, days(known))
		}
		update(checkpoints, day)
		expect("the same again", 1, 0)
		if got := days(account(checkpoints)); got != 2*int(day)+2 {
			t.Errorf("night %d: %d are known after it", day, got)
		}
		d.reads = 0
	}
	slow, quick := state.NewCheckpoints(d, sources(), trail.LastDay, log), state.NewCheckpoints(d, sources(), trail.LastDay, log)
	account(slow)
	account(quick)
	update(quick, 8)
	expect("a quick run", 2, 1)
	update(slow, 9)
	expect("a slow one", 1, 2)
	if got := days(account(slow)); got != 10 {
		t.Errorf("%d are known, want those of both", got)
	}
}

// What is known can be read without knowing of what; to go on from there, not.
func TestParseAny(t *testing.T) {
	a := state.New("s3://elsewhere/", []string{"other.amazonaws.com"})
	a.Apply(state.Claim{Region: "r", Settled: trail.Days{{From: 0, To: 20}}})
	text, err := a.Text()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := state.ParseAny(text); err != nil || got.Folder != a.Folder || !slices.Equal(got.Region("r").Settled, a.Region("r").Settled) {
		t.Errorf("%+v, error %v", got, err)
	}
	for name, test := range map[string]struct{ folder, source string }{"another folder": {folder, "other.amazonaws.com"}, "other event sources": {a.Folder, sources()[0]}} {
		if got, err := state.Parse(text, test.folder, []string{test.source}); got != nil || !errors.Is(err, state.ErrOther) {
			t.Errorf("%s: %+v, error %v", name, got, err)
		}
	}
	for name, text := range map[string]string{"no JSON": "{", "another version": `{"version":99,"regions":{}}`, "null region": `{"version":1,"regions":{"r":null}}`, "spans overlap": `{"version":1,"regions":{"r":{"settled":[{"from":"2024-01-01","to":"2024-02-01"},{"from":"2024-01-05","to":"2024-03-01"}]}}}`} {
		if got, err := state.ParseAny([]byte(text)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	a := state.New(folder, sources())
	a.Apply(state.Claim{Region: "r", Settled: trail.Days{{From: 0, To: 20}}, Days: map[trail.Day]state.Tally{1: tally("1/a"), 30: tally("30/a")}})
	text, err := a.Text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := state.Parse(text, folder, sources())
		if err != nil {
			return
		}
		for _, r := range a.Regions {
			r.Settled.Has(5)
		}
		a.Apply(state.Claim{Region: "r", Settled: trail.Days{{From: 3, To: 9}}, Days: map[trail.Day]state.Tally{4: tally("x")}})
		if _, err := a.Text(); err != nil && !errors.Is(err, state.ErrOther) {
			t.Error(err)
		}
	})
}
