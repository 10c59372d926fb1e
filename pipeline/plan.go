package pipeline

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/bits"
	"slices"
	"sync"

	"plantrail/pipeline/resume"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// S3's published prices for standard storage in us-east-1, in dollars.
const (
	dollarsPerList = 0.005 / 1000
	dollarsPerPut  = 0.005 / 1000
	dollarsPerGet  = 0.0004 / 1000
)

// A Plan says what a run would read.
type Plan struct {
	Units   []PlanUnit   `json:"units"`   // in order of account and region
	Regions []PlanRegion `json:"regions"` // in order of name
	PlanSum              // of all units

	NewTable     bool           `json:"new_table"` // there is no table yet where one was named
	Skipped      int64          `json:"skipped"`   // objects that are no log files
	SkippedKinds []SkippedKind  `json:"skipped_kinds"`
	Unreachable  []Unreachable  `json:"unreachable"`
	Requests     ReportRequests `json:"requests"` // of the whole run, except the table's partitions
	Dollars      float64        `json:"dollars"`  // for those, at S3's standard prices

	Lookups PlanLookups `json:"lookups"` // of Event history

	// Narrowed is what is left in the regions that Support Plans events are known
	// from; nil where the selection has no other region.
	Narrowed *PlanNarrowed `json:"narrowed,omitempty"`
}

// A PlanSum is what a run would read of a unit, of a region, or in all.
type PlanSum struct {
	Days        int64   `json:"days"`         // with log files to read
	LogFiles    int64   `json:"log_files"`    // to read
	Bytes       int64   `json:"bytes"`        // of those, as delivered
	AlreadyDone int64   `json:"already_done"` // listed log files that an earlier run has read
	Settled     int64   `json:"settled"`      // log files of settled days, which are not listed, a month at a time
	Archived    int64   `json:"archived"`     // of the log files to read, those to be restored first
	List        int64   `json:"list"`         // requests
	Price       float64 `json:"price"`        // of listing and getting, in dollars
}

// A PlanUnit is what a run would read of one account and region; of exports, which are
// of none, neither has a name.
type PlanUnit struct {
	Account  string `json:"account"`
	Region   string `json:"region"`
	FirstDay string `json:"first_day,omitempty"` // with log files to read, by delivery
	LastDay  string `json:"last_day,omitempty"`
	PlanSum
}

// A PlanRegion is what a run would read of all accounts in one region.
type PlanRegion struct {
	Region string `json:"region"`
	Units  int64  `json:"units"`
	PlanSum
}

// PlanNarrowed is what a run would read with fewer regions.
type PlanNarrowed struct {
	Regions []string `json:"regions"`
	PlanSum
}

// MakePlan lists what c selects. It reads no log file and writes nothing. Without
// a table, or where there is none yet, nothing counts as already done.
func MakePlan(ctx context.Context, c Config) (_ *Plan, err error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c.nameRegions()
	shared := &store.Shared{Concurrency: c.connections(), Log: c.Log}
	sources, unreachable, err := openSources(ctx, &c, shared)
	if err != nil {
		return nil, err
	}
	known, err := openKnown(ctx, &c, shared)
	if err != nil {
		return nil, err
	}
	listed, err := openInventories(ctx, &c, sources, shared)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, listed.close()) }()
	over := c.over()
	if !c.clockHolds(sources) {
		over = trail.LastDay
	}
	checkpoints := state.NewCheckpoints(known, schema.EventSources(), over, c.Log)
	t := newTally(unreachable)
	trails, histories := divide(sources)
	if err := list(ctx, &c, trails, checkpoints, t); err != nil {
		return nil, err
	}
	lookups, err := planLookups(ctx, &c, histories, checkpoints, t)
	if err != nil {
		return nil, err
	}
	plan := t.plan()
	plan.Lookups = lookups
	plan.NewTable = known == nothingKnown{} && c.Table != store.URL{}
	plan.price(&shared.Requests, int64(len(t.changed)), c.Table, known == nothingKnown{})
	if len(c.Selection.Regions) == 0 {
		plan.narrow(schema.EventRegions())
	}
	return plan, nil
}

// nothingKnown are the documents of a table that is not there.
type nothingKnown struct{}

// Document implements [state.Documents].
func (nothingKnown) Document(context.Context, string) ([]byte, string, error) {
	return nil, "", store.ErrNotFound
}

// PutDocument implements [state.Documents]. A plan never claims anything.
func (nothingKnown) PutDocument(context.Context, string, []byte, string) error { return nil }

// openKnown opens what is known of earlier runs, without writing anything.
func openKnown(ctx context.Context, c *Config, shared *store.Shared) (state.Documents, error) {
	if c.Table == (store.URL{}) {
		return nothingKnown{}, nil
	}
	location, err := c.open(ctx, c.Table, false, shared)
	if err != nil {
		return nil, err
	}
	reader, err := table.OpenReader(ctx, location)
	if errors.Is(err, table.ErrNone) {
		return nothingKnown{}, nil
	}
	return readOnly{reader}, err
}

// readOnly are the documents of a table that is only read.
type readOnly struct{ *table.Reader }

// PutDocument implements [state.Documents]. A state that cannot be read is set
// aside by the run, not by its plan.
func (readOnly) PutDocument(context.Context, string, []byte, string) error { return nil }

// price counts the requests that a run makes: those of the plan, one a log file,
// one to write the state of each account of which something is read, and those
// to open the table. That takes puts that must be refused, and a list request to see
// that its files are there; to begin a new table takes more, to try the store, and a
// list request to see that its place is empty.
func (p *Plan) price(planned *store.Requests, changed int64, u store.URL, fresh bool) {
	r := ReportRequests{
		List: planned.List.Load() + 1, Get: planned.Get.Load() + p.LogFiles, Lookup: p.Lookups.Requests, Put: changed + table.OpeningPuts(u, fresh), Head: planned.Head.Load(),
	}
	if fresh {
		r.List++
	}
	p.Requests = r
	p.Dollars = inDollars(float64(r.List)*dollarsPerList + float64(r.Put)*dollarsPerPut + float64(r.Get+r.Head)*dollarsPerGet)
}

// inDollars cuts the digits that adding up fractions of a cent makes.
func inDollars(amount float64) float64 { return math.Round(amount*1e9) / 1e9 }

// narrow says what would be left with only the given regions.
func (p *Plan) narrow(regions []string) {
	narrowed := PlanNarrowed{Regions: regions}
	for _, r := range p.Regions {
		if r.Region == "" || slices.Contains(regions, r.Region) { // exports are read in any case
			narrowed.add(r.PlanSum)
		}
	}
	if narrowed.PlanSum != p.PlanSum {
		p.Narrowed = &narrowed
	}
}

func (s *PlanSum) add(t PlanSum) {
	s.Days += t.Days
	s.LogFiles += t.LogFiles
	s.Bytes += t.Bytes
	s.AlreadyDone += t.AlreadyDone
	s.Settled += t.Settled
	s.Archived += t.Archived
	s.List += t.List
	s.Price = inDollars(s.Price + t.Price)
}

// A tally adds up what a listing turns up.
type tally struct {
	mutex    sync.Mutex
	units    map[[2]string]*unitTally // by account and region
	others   kinds
	unlisted []Unreachable
	changed  map[resume.Place]bool // places of which something is read or searched
}

// A unitTally is a plan's unit that is being added up.
type unitTally struct {
	PlanUnit
	days map[trail.Day]uint64 // with log files: 64 days a word, by the word's number
}

// newTally begins with the sources that could not be opened.
func newTally(unreachable []Unreachable) *tally {
	return &tally{units: map[[2]string]*unitTally{}, unlisted: append([]Unreachable{}, unreachable...), changed: map[resume.Place]bool{}}
}

func (t *tally) read(f logFile) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.changed[f.Batch.Place] = true
	u := t.unit(f.Named.Account, f.Named.Region)
	if day := f.Named.Day; !f.Batch.Export { // of which nobody knows any
		u.days[day/64] |= 1 << (day % 64)
	}
	u.LogFiles++
	if f.Archived() {
		u.Archived++
	}
	u.Bytes += f.Size
	return nil
}

func (t *tally) gone(logFile) error { return nil }

func (t *tally) skipped(s *source, kind string, o trail.Other) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.others.add(kind, s.URI(o.First), o)
	return nil
}

func (t *tally) searched(where resume.Place, _ *trail.Search, _ state.Search) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.changed[where] = true
	return nil
}

func (t *tally) unreachable(s *source, folder string, err error) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.unlisted = append(t.unlisted, Unreachable{Unit: s.URI(folder), Error: err.Error()})
	return nil
}

func (t *tally) batchListed(b *resume.BatchListed) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if b.Known > 0 {
		t.unit(b.AccountRegion()).AlreadyDone += int64(b.Known)
	}
	return nil
}

func (t *tally) unitListed(u *resume.UnitListed, pages int) error {
	if u.Unit.Flat() {
		return nil
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	sum := t.unit(u.Unit.Account, u.Unit.Region)
	sum.Settled += int64(u.Settled)
	sum.List += int64(pages)
	return nil
}

func (t *tally) unit(account, region string) *unitTally {
	name := [2]string{account, region}
	u := t.units[name]
	if u == nil {
		u = &unitTally{PlanUnit{Account: account, Region: region}, map[trail.Day]uint64{}}
		t.units[name] = u
	}
	return u
}

// plan returns the plan, except its requests.
func (t *tally) plan() *Plan {
	p := &Plan{Units: []PlanUnit{}, Regions: []PlanRegion{}, Skipped: t.others.sum(), SkippedKinds: t.others.list(), Unreachable: t.unlisted}
	regions := map[string]*PlanRegion{}
	for _, u := range t.units {
		u.count()
		p.Units = append(p.Units, u.PlanUnit)
		r := regions[u.Region]
		if r == nil {
			r = &PlanRegion{Region: u.Region}
			regions[u.Region] = r
		}
		r.Units++
		r.add(u.PlanSum)
	}
	for _, r := range regions {
		p.Regions = append(p.Regions, *r)
		p.add(r.PlanSum)
	}
	slices.SortFunc(p.Units, func(a, b PlanUnit) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	slices.SortFunc(p.Regions, func(a, b PlanRegion) int { return cmp.Compare(a.Region, b.Region) })
	p.Unreachable = sortUnreachable(p.Unreachable)
	return p
}

// count fills in what follows from the rest.
func (u *unitTally) count() {
	first, last := trail.Day(1<<31), trail.Day(-1)
	for word, days := range u.days {
		first = min(first, word*64+trail.Day(bits.TrailingZeros64(days)))
		last = max(last, word*64+trail.Day(63-bits.LeadingZeros64(days)))
		u.Days += int64(bits.OnesCount64(days))
	}
	if u.Days > 0 {
		u.FirstDay, u.LastDay = first.String(), last.String()
	}
	u.Price = inDollars(float64(u.List)*dollarsPerList + float64(u.LogFiles)*dollarsPerGet)
}
