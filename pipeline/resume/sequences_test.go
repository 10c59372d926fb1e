package resume_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/resume"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A world is one unit's log files, what the real code remembers of them, and what
// the model does. Nights are listings and results in any order, cut off anywhere.
type world struct {
	t       *testing.T
	random  *rand.Rand
	flat    bool
	unit    trail.Unit
	objects map[string]*object // by key
	now     trail.Day
	version int

	account *state.Account
	model   model
	inTable files // the newest version of each log file whose rows are in the table
	log     strings.Builder
}

// An object is a log file as it is tonight.
type object struct {
	version int            // its ETag
	outcome resume.Outcome // of reading it tonight
	flicker bool           // it cannot be found by its name, but is listed
}

const (
	wait        = 3 // days after its end that a day settles
	firstDay    = trail.Day(19700)
	worldFolder = "AWSLogs/111122223333/CloudTrail/us-west-2/"
)

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, random: rand.New(rand.NewPCG(seed, 3)), flat: seed%4 == 3, objects: map[string]*object{}, now: firstDay}
	w.unit = trail.Unit{Account: "111122223333", Region: "us-west-2", Folder: worldFolder, Root: worldFolder}
	if w.flat {
		w.unit = trail.Unit{Folder: worldFolder, Root: worldFolder, Deep: true}
	}
	w.account = state.New("s3://trail/"+worldFolder, []string{"x"})
	w.model, w.inTable = model{}, files{}
	return w
}

func (w *world) chance(percent int) bool { return w.random.IntN(100) < percent }

func (w *world) deliver(day trail.Day) {
	name := fmt.Sprintf("%03d.json", w.random.IntN(1000))
	key := worldFolder + day.Time().Format("2006/01/02/") + name
	if w.flat {
		region := []string{"us-east-1", "us-west-2"}[w.random.IntN(2)]
		key = worldFolder + "111122223333_CloudTrail_" + region + day.Time().Format("_20060102T1504Z_") + name
	}
	w.version++
	w.objects[key] = &object{version: w.version}
}

// pass lets some days go by: log files come, late ones too, change, go, fail
// and heal.
func (w *world) pass() {
	last := w.now
	w.now += trail.Day(w.random.IntN(20))
	for day := last; day < w.now; day++ {
		for range w.random.IntN(4) {
			w.deliver(day)
		}
	}
	for w.chance(50) {
		w.deliver(w.now - trail.Day(w.random.IntN(40)))
	}
	many := w.chance(5)
	for _, key := range slices.Sorted(maps.Keys(w.objects)) {
		o := w.objects[key]
		o.outcome, o.flicker = resume.Done, false
		switch {
		case many || w.chance(4):
			o.outcome = resume.Failed
		case w.chance(1):
			o.outcome = resume.Unnamed
		case w.chance(2):
			w.version++
			o.version = w.version
		case w.chance(1):
			delete(w.objects, key)
		}
		o.flicker = w.chance(3)
	}
	if w.chance(5) { // more of a day than is remembered by name
		for i := range 101 + w.random.IntN(3) {
			key := fmt.Sprintf("%s%s%04d.json", worldFolder, w.now.Time().Format("2006/01/02/"), i)
			if !w.flat {
				w.version++
				w.objects[key] = &object{version: w.version, outcome: resume.Failed}
			}
		}
	}
}

// A night is one run: what is listed, what has come back of it, and what the
// model says to that.
type night struct {
	*world
	before   model
	again    bool      // settled days are listed too
	from, to int       // keys that cannot be listed; all can: -1
	split    trail.Day // the first day of a half that is listed on its own; 0: none

	batches []*modelBatch
	gone    []string // of those that failed before, in order
	retries []string
	results map[string]resume.Outcome // that came back, by key
	heard   map[string]bool           // notices that arrived
}

// night lists and reads until a random moment, commits at some more, and
// compares what is remembered each time.
func (w *world) night() {
	n := &night{world: w, before: w.model.clone(), again: w.chance(30), from: -1, to: -1, results: map[string]resume.Outcome{}, heard: map[string]bool{}}
	w.unit.Days = trail.Days{{From: firstDay - 60, To: w.now}}
	if w.chance(20) {
		w.unit.Days[0].From = w.now - trail.Day(w.random.IntN(40))
		w.unit.Days[0].To = w.unit.Days[0].From + trail.Day(w.random.IntN(40))
	}
	keys := slices.Sorted(maps.Keys(w.objects))
	switch {
	case w.chance(20):
		n.from = w.random.IntN(len(keys) + 1)
		n.to = len(keys)
		if w.chance(50) {
			n.to = n.from + w.random.IntN(n.to-n.from+1)
		}
	case w.chance(30) && !n.again && !w.flat:
		n.split = w.unit.Days[0].From + trail.Day(w.random.IntN(w.unit.Days.Count()))
	}
	fmt.Fprintf(&w.log, "%s: days %v, settled ones too %t, without keys %d to %d of %d, split %d\n", w.now, w.unit.Days, n.again, n.from, n.to, len(keys), n.split)
	n.expect(keys)
	r := newReal(n)
	r.list(keys)
	n.compareSent(r)

	// Log files come back in any order. The notices of a listing keep their order,
	// but may overtake log files, or be overtaken.
	w.random.Shuffle(len(r.files), func(i, j int) { r.files[i], r.files[j] = r.files[j], r.files[i] })
	for len(r.files)+len(r.notices[0])+len(r.notices[1]) > 0 && !w.chance(1) { // or the run is cut off
		queue := &r.files
		if half := w.random.IntN(2); len(r.notices[half]) > 0 && (len(r.files) == 0 || w.chance(50)) {
			queue = &r.notices[half]
		}
		if len(*queue) == 0 {
			continue
		}
		next := (*queue)[0]
		*queue = (*queue)[1:]
		if queue == &r.files {
			n.results[next.name] = w.objects[next.name].outcome
			r.finish(next, n.results[next.name])
		} else {
			n.heard[next.name] = true
			r.hear(next)
		}
		if w.chance(5) {
			n.commit(r)
		}
	}
	if !w.chance(10) { // or the run is killed
		n.commit(r)
	}
}

// A model remembers all keys of all days, by region.
type model map[string]*modelRegion

type modelRegion struct {
	settled map[trail.Day]bool
	days    map[trail.Day]files // that are not settled
	missing map[trail.Day]int   // log files of them that were listed once
	months  map[string]files    // of settled days
	failed  files
}

// files are versions by key.
type files map[string]int

type modelBatch struct {
	region string
	day    trail.Day
	month  string // "" for a day
	all    files
	ends   bool // it is listed to its end
	torn   bool // something after its last key could not be listed
	whole  bool // of a month: all its settled days were listed
	read   []string
	known  int

	missing int  // log files of a day that were listed once
	shrank  bool // since the last listing
}

func (b *modelBatch) name() string { return fmt.Sprint("batch ", b.region, " ", b.day, " ", b.month) }

func (m model) clone() model {
	c := model{}
	for name, r := range m {
		c[name] = &modelRegion{maps.Clone(r.settled), maps.Clone(r.days), maps.Clone(r.missing), maps.Clone(r.months), maps.Clone(r.failed)}
	}
	return c
}

func (m model) region(name string) *modelRegion {
	if m[name] == nil {
		m[name] = &modelRegion{map[trail.Day]bool{}, map[trail.Day]files{}, map[trail.Day]int{}, map[string]files{}, files{}}
	}
	return m[name]
}

func rel(key string) string { return strings.TrimPrefix(key, worldFolder) }

// of says what a key is of, as the unit tells.
func (w *world) of(key string) (region string, day trail.Day) {
	file, _, ok := w.unit.LogFile(key)
	if !ok {
		w.t.Fatal(key)
	}
	if w.flat {
		return file.Account + "/" + file.Region, file.Day
	}
	return file.Region, file.Day
}

// expect says what must be sent: of each batch, and of what failed before.
func (n *night) expect(keys []string) {
	for _, name := range slices.Sorted(maps.Keys(n.before)) {
		for _, key := range slices.Sorted(maps.Keys(n.before[name].failed)) {
			if _, day := n.of(worldFolder + key); !n.unit.Days.Has(day) {
				continue
			}
			_, day := n.of(worldFolder + key)
			listed := n.flat || n.again || !n.before[name].settled[day]
			at, is := slices.BinarySearch(keys, worldFolder+key)
			switch o := n.objects[worldFolder+key]; {
			case is && (!o.flicker || listed && (at < n.from || at >= n.to)):
				n.retries = append(n.retries, key)
			case !listed:
				n.gone = append(n.gone, key)
				if is {
					n.inTable[key] = o.version // it was asked for, and nobody can know better
				}
			case n.from < 0:
				n.gone = append(n.gone, key)
			}
		}
	}
	var open [2]*modelBatch // of a day, and of a month
	for i, key := range keys {
		if i == n.from {
			for _, b := range open {
				if b != nil {
					b.torn = true
				}
			}
		}
		region, day := n.of(key)
		known := n.before.region(region)
		if i >= n.from && i < n.to || !n.unit.Days.Has(day) || known.settled[day] && !n.again && !n.flat {
			continue
		}
		b, month := &open[0], ""
		if known.settled[day] {
			b, month = &open[1], day.Month()
		}
		if *b == nil || (*b).region != region || (*b).month != month || month == "" && (*b).day != day {
			if *b != nil && n.from >= 0 && i >= n.from {
				(*b).whole = false // what could not be listed may have been of it
			}
			*b = &modelBatch{region: region, day: day, month: month, all: files{}, ends: true, whole: month != ""}
			n.batches = append(n.batches, *b)
			for settled := range known.settled {
				(*b).whole = (*b).whole && (settled.Month() != month || n.unit.Days.Has(settled))
			}
		}
		(*b).all[rel(key)] = n.objects[key].version
	}
	for _, b := range open {
		if b != nil {
			b.ends, b.whole = !b.torn && n.from != len(keys), b.whole && n.from < 0
		}
	}
	for _, b := range n.batches {
		b.fill(n)
	}
}

// compareSent compares that with what the code sends.
func (n *night) compareSent(r *real) {
	want, got := slices.Clone(n.retries), []string{}
	for _, b := range n.batches {
		want = append(want, b.read...)
		if b.ends {
			want = append(want, b.name()+fmt.Sprint(" known ", b.known))
		}
	}
	for _, key := range n.gone {
		want = append(want, "gone "+key)
	}
	for _, f := range r.files {
		got = append(got, rel(f.name))
	}
	for _, f := range slices.Concat(r.notices[:]...) {
		if !strings.HasPrefix(f.name, "unit") {
			got = append(got, f.name+f.more)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		n.t.Fatalf("sent %q\nwant %q", got, want)
	}
}

// fill says what must be read of a batch, and what is known.
func (b *modelBatch) fill(n *night) {
	region := n.before.region(b.region)
	known, has := region.days[b.day]
	if b.month != "" {
		known, has = region.months[b.month], true
	}
	old := files{}
	for key, version := range b.all {
		if b.month != "" || has && key <= slices.Max(slices.Collect(maps.Keys(known))) {
			old[key] = version
		}
	}
	unchanged := maps.Equal(old, known)
	if has && b.month == "" && !n.again && !n.flat {
		b.missing, b.shrank = max(0, region.missing[b.day]+len(known)-len(b.all)), len(old) < len(known)
	}
	for _, key := range slices.Sorted(maps.Keys(b.all)) {
		_, again := region.failed[key]
		_, isOld := old[key]
		switch {
		case again: // it is tried again on its own
		case !b.ends && has: // nobody knows yet whether it is unchanged
		case isOld && unchanged:
			b.known++
		default:
			b.read = append(b.read, key)
		}
	}
}

// remembered is what must be remembered after what has come until now.
func (n *night) remembered() model {
	m := n.before.clone()
	for _, key := range n.gone {
		if n.heard["gone "+key] {
			region, _ := n.of(worldFolder + key)
			delete(m.region(region).failed, key)
		}
	}
	for _, key := range n.retries {
		region, _ := n.of(worldFolder + key)
		if o, back := n.results[worldFolder+key]; back && o == resume.Done {
			delete(m.region(region).failed, key)
		}
	}
	unclaimed := map[trail.Day]bool{}
	complete := map[bool]bool{false: true, true: true} // by whether it is the second half
	for _, b := range n.batches {
		region := m.region(b.region)
		back, lost, failures := true, false, files{}
		for _, key := range b.read {
			o, has := n.results[worldFolder+key]
			back = back && has
			lost = lost || has && o == resume.Unnamed
			if has && o == resume.Failed {
				failures[key] = b.all[key]
			}
		}
		switch {
		case !back || !n.heard[b.name()]:
			complete[n.secondHalf(b.day)] = false
		case lost || len(failures) > 100:
			unclaimed[b.day] = true
		default:
			maps.Copy(region.failed, failures)
			if b.month == "" {
				region.days[b.day] = b.all
				region.missing[b.day] = b.missing
			} else if len(b.read) > 0 && b.whole {
				region.months[b.month] = b.all
			}
		}
	}
	shrank := map[bool]bool{} // by whether it is the second half
	if !n.flat && !n.again {
		for day := range n.before.region(n.unit.Region).days {
			is := func(b *modelBatch) bool { return b.month == "" && b.day == day && !b.shrank }
			shrank[n.secondHalf(day)] = shrank[n.secondHalf(day)] || n.unit.Days.Has(day) && !slices.ContainsFunc(n.batches, is)
		}
	}
	for day := n.unit.Days.First(); !n.flat && day <= min(n.unit.Days.Last(), n.now-wait-1); day++ {
		region := m.region(n.unit.Region)
		if region.settled[day] || unclaimed[day] || region.missing[day] > 0 && !n.again || shrank[n.secondHalf(day)] || !complete[n.secondHalf(day)] || !n.heard[fmt.Sprint("unit ", n.secondHalf(day))] {
			continue
		}
		region.settled[day] = true
		if slices.ContainsFunc(n.batches, func(b *modelBatch) bool { return b.day == day }) {
			month := maps.Clone(region.months[day.Month()])
			if month == nil {
				month = files{}
			}
			maps.Copy(month, region.days[day])
			region.months[day.Month()] = month
		}
		delete(region.days, day)
		delete(region.missing, day)
	}
	return m
}

func (n *night) secondHalf(day trail.Day) bool { return n.split > 0 && day >= n.split }

// commit applies what is claimed, and compares what is then remembered. Rows are
// in the table before that.
func (n *night) commit(r *real) {
	for key, o := range n.results {
		if o == resume.Done {
			n.inTable[rel(key)] = n.objects[key].version
		}
	}
	for _, c := range r.claims() {
		n.account.Apply(c)
	}
	n.model = n.remembered()
	n.nothingLost()
	got, err := n.withoutEmpty().Text()
	if err != nil {
		n.t.Fatal(err)
	}
	want, err := n.model.account(n.account).Text()
	if err != nil {
		n.t.Fatal(err)
	}
	if string(got) != string(want) {
		n.t.Fatalf("remembered, but not wanted, or the other way round:\n%s\n%s", onlyIn(got, want), onlyIn(want, got))
	}
}

// withoutEmpty returns what is remembered without the days that are known to have no
// log file, and says that they have none. Which of them are known depends on how
// claims met.
func (n *night) withoutEmpty() *state.Account {
	account := *n.account
	account.Regions = maps.Clone(account.Regions)
	for name, r := range account.Regions {
		region := *r
		region.Months = maps.Clone(region.Months)
		for month, tally := range region.Months {
			tally.Empty = 0
			region.Months[month] = tally
		}
		account.Regions[name] = &region
		empty := r.Empty()
		for _, month := range n.model.region(name).months {
			for key := range month {
				if _, day := n.of(worldFolder + key); empty.Has(day) {
					n.t.Fatalf("%s: %s passes for a day without a log file, and has %s", name, day, key)
				}
			}
		}
	}
	return &account
}

// nothingLost says that what is remembered as finished is in the table, or is named
// as failed, unless it is gone.
func (n *night) nothingLost() {
	for _, r := range n.model {
		for _, days := range slices.Concat(slices.Collect(maps.Values(r.days)), slices.Collect(maps.Values(r.months))) {
			for key, version := range days {
				_, failed := r.failed[key]
				if o := n.objects[worldFolder+key]; n.inTable[key] < version && !failed && o != nil && o.version == version {
					n.t.Fatalf("%s is lost", key)
				}
			}
		}
	}
}

// onlyIn returns the lines of a that b does not have.
func onlyIn(a, b []byte) string {
	var only []string
	for i, line := range strings.Split(string(a), "\n") {
		if lines := strings.Split(string(b), "\n"); !slices.Contains(lines, line) {
			only = append(only, fmt.Sprint(i, line))
		}
	}
	return strings.Join(only, "\n")
}

// account is what the model remembers, as the state has it.
func (m model) account(like *state.Account) *state.Account {
	a := state.New(like.Folder, like.EventSources)
	for name, r := range m {
		if like.Regions[name] == nil && len(r.settled)+len(r.days)+len(r.failed) == 0 {
			continue
		}
		region := a.Region(name)
		for _, day := range slices.Sorted(maps.Keys(r.settled)) {
			region.Settled = region.Settled.With(trail.Span{From: day, To: day})
		}
		region.Months, region.Days, region.Failed = map[string]state.Tally{}, map[trail.Day]state.Tally{}, map[string]state.FailedKey{}
		for month, all := range r.months {
			tally := tallyOf(all)
			tally.Last = ""
			region.Months[month] = tally
		}
		for day, all := range r.days {
			tally := tallyOf(all)
			tally.Missing = r.missing[day]
			region.Days[day] = tally
		}
		for key, version := range r.failed {
			region.Failed[key] = state.FailedKey{Size: 1, ETag: fmt.Sprint(version)}
		}
	}
	return a
}

func tallyOf(all files) (t state.Tally) {
	for key, version := range all {
		t.Add(key, fmt.Sprint(version))
	}
	return t
}

// Whatever is listed, in whatever order results come back, and wherever a run is
// cut off: what is sent to be read, and what is remembered, is what a model says
// that keeps every key of every day. And nothing is lost.
func TestSequences(t *testing.T) {
	seeds := uint64(200)
	if n, err := strconv.ParseUint(os.Getenv("PLANTRAIL_SEQUENCES"), 10, 32); err == nil {
		seeds = n // a longer search
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, seed)
			defer func() {
				if t.Failed() {
					t.Log(w.log.String())
				}
			}()
			for range 12 {
				w.pass()
				w.night()
			}
		})
	}
}

// The rest stands between the world and the code.

// A sent is what the code sends: a log file by its key, or a notice.
type sent struct {
	name, more string
	file       resume.File
	take       func(*resume.Tracker)
}

type real struct {
	night   *night
	files   []sent
	notices [2][]sent // of the two halves of a listing
	tracker *resume.Tracker
}

func newReal(n *night) *real {
	return &real{night: n, tracker: resume.NewTracker(n.now.Time(), wait*24*time.Hour)}
}

func (r *real) list(keys []string) {
	n := r.night
	first := resume.NewBatcher(resume.Listing{
		Unit: n.unit, Place: resume.Place{Account: n.unit.Account, Folder: n.account.Folder}, Known: n.account, Settled: n.again,
	}, half{r, 0})
	for _, f := range first.Retries() {
		if o := n.objects[f.Key]; o != nil && !o.flicker {
			r.must(half{r, 0}.Read(f))
			continue
		}
		r.must(first.Missing(f))
	}
	split := n.split
	n.split = 0
	halves := []*resume.Batcher{first}
	if split > 0 && len(first.Unit().Days) > 0 {
		first.Split(split, half{r, 1}, func(rest *resume.Batcher) bool {
			n.split, halves = split, append(halves, rest)
			return true
		})
	}
	for i, b := range halves {
		r.listHalf(i, b, keys)
	}
}

func (r *real) listHalf(i int, b *resume.Batcher, keys []string) {
	n := r.night
	for at, key := range keys {
		if at == n.from {
			b.Partial()
		}
		if at < n.from || at >= n.to {
			_, err := b.Add(store.Object{Key: key, Size: 1, ETag: fmt.Sprint(n.objects[key].version)})
			r.must(err)
		}
	}
	if n.from == len(keys) {
		b.Partial()
	}
	listed, err := b.Finish()
	r.must(err)
	if listed != nil {
		r.notice(i, fmt.Sprint("unit ", listed.Rest), "", func(t *resume.Tracker) { t.UnitListed(listed) })
	}
}

func (r *real) must(err error) {
	if err != nil {
		r.night.t.Fatal(err)
	}
}

func (r *real) notice(half int, name, more string, take func(*resume.Tracker)) {
	r.notices[half] = append(r.notices[half], sent{name: name, more: more, take: take})
}

// A half is what one half of a listing sends.
type half struct {
	real *real
	i    int
}

func (h half) Read(f resume.File) error {
	h.real.files = append(h.real.files, sent{name: f.Key, file: f})
	return nil
}

func (h half) Gone(f resume.File) error {
	h.real.notice(h.i, "gone "+rel(f.Key), "", func(t *resume.Tracker) { t.Result(&f, resume.Done) })
	return nil
}

func (h half) BatchListed(b *resume.BatchListed) error {
	name := fmt.Sprint("batch ", b.Region, " ", b.Day, " ", b.Month)
	h.real.notice(h.i, name, fmt.Sprint(" known ", b.Known), func(t *resume.Tracker) { t.BatchListed(b) })
	return nil
}

func (r *real) finish(s sent, o resume.Outcome) { r.tracker.Result(&s.file, o) }

func (r *real) hear(s sent) { s.take(r.tracker) }

func (r *real) claims() []state.Claim {
	var all []state.Claim
	for _, claims := range r.tracker.Claims(nil) {
		all = append(all, claims...)
	}
	return all
}
