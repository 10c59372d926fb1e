package verify

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/trail"
)

// A Result is what verification has found, in the form of the report.
type Result struct {
	Digests  Counts       `json:"digests"`
	LogFiles FileCounts   `json:"log_files"`
	Units    []UnitResult `json:"units"`
	Chains   []Chain      `json:"chains"`
	Gaps     []Gap        `json:"gaps"`
	Findings []Finding    `json:"findings"`
	Copies   int          `json:"copies"`  // digests that lie elsewhere than CloudTrail put them
	Skipped  int          `json:"skipped"` // objects that are neither digests nor log files

	Unreachable []Unreachable `json:"unreachable"`
}

// Counts are verdicts on digests.
type Counts struct {
	Verified   int `json:"verified"`
	Altered    int `json:"altered"`
	Missing    int `json:"missing"`
	Unproven   int `json:"unproven"`
	Unreadable int `json:"unreadable"`
}

// FileCounts are verdicts on log files.
type FileCounts struct {
	Verified   int `json:"verified"`
	Altered    int `json:"altered"`
	Missing    int `json:"missing"`
	Unlisted   int `json:"unlisted"`
	Unproven   int `json:"unproven"`
	Unreadable int `json:"unreadable"`
}

func (c *FileCounts) add(v digest.Verdict) {
	*[...]*int{&c.Verified, &c.Altered, &c.Missing, &c.Unlisted, &c.Unproven, &c.Unreadable}[v]++
}

// Sum adds other counts.
func (c *FileCounts) Sum(other FileCounts) {
	c.Verified += other.Verified
	c.Altered += other.Altered
	c.Missing += other.Missing
	c.Unlisted += other.Unlisted
	c.Unproven += other.Unproven
	c.Unreadable += other.Unreadable
}

// Total returns how many log files were judged.
func (c *FileCounts) Total() int {
	return c.Verified + c.Altered + c.Missing + c.Unlisted + c.Unproven + c.Unreadable
}

// A Finding is one digest or log file that is not verified.
type Finding struct {
	Verdict digest.Verdict `json:"verdict"`
	Key     string         `json:"key"` // its URI
	Error   string         `json:"error"`
}

// Unreachable is a folder that the store did not give.
type Unreachable struct {
	Unit  string `json:"unit"`
	Error string `json:"error"`
}

// A UnitResult is what an account's region comes to. A unit of several spans of days has
// one for each.
type UnitResult struct {
	Account  string        `json:"account"`
	Region   string        `json:"region"`
	Folder   string        `json:"folder"`
	LogFiles FileCounts    `json:"log_files"`
	Digests  Counts        `json:"digests"`
	Proven   []digest.Span `json:"proven"`   // by its digests
	Days     []trail.Day   `json:"-"`        // with verified log files
	Unproven []digest.Span `json:"unproven"` // of the days selected, or between the first and the last digest
}

// A Chain is what is said of a chain of digests.
type Chain struct {
	Account    string        `json:"account"`
	Region     string        `json:"region"`
	Trail      string        `json:"trail"`
	HomeRegion string        `json:"home_region"`
	Backfill   bool          `json:"backfill,omitempty"`
	Folder     string        `json:"folder"` // the account's
	Digests    Counts        `json:"digests"`
	First      *ChainEnd     `json:"first"` // the first proven digest
	Last       *ChainEnd     `json:"last"`
	Proven     []digest.Span `json:"proven"`
	Continues  []Origin      `json:"continues,omitempty"` // digests of other folders that its first ones follow
	Begins     int           `json:"begins"`              // digests without a predecessor: validation was switched on
	EndsEarly  bool          `json:"ends_early"`          // nothing after the last, though there should be by now
	Copies     int           `json:"copies"`
	// LastSignature is CloudTrail's signature of the last proven digest.
	LastSignature string   `json:"last_signature"`
	Fingerprints  []string `json:"fingerprints"`
}

// A ChainEnd is the first or last digest of a chain.
type ChainEnd struct {
	Key    string `json:"key"` // its URI
	SHA256 string `json:"sha256"`
}

// A Gap is a time of a chain without a proven digest.
type Gap struct {
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Trail   string    `json:"trail"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Reason  string    `json:"reason"`
}

// Worst returns the exit code's reason: whether something is not what was signed, and
// whether something is not proven.
func (r *Result) Worst() (altered, unproven bool) {
	d, f := r.Digests, r.LogFiles
	altered = d.Altered+d.Missing+f.Altered+f.Missing+f.Unlisted > 0
	unproven = d.Unproven+d.Unreadable+f.Unproven+f.Unreadable+len(r.Unreachable) > 0
	for _, u := range r.Units {
		unproven = unproven || len(u.Unproven) > 0
	}
	return altered, unproven
}

// A collector collects a result from many goroutines.
type collector struct {
	mutex  sync.Mutex
	r      Result
	strays []stray
	links  links
	trees  map[string]map[string]digest.Spans // proven, by the tree's URI, and account and region
}

func newCollector() *collector {
	return &collector{trees: map[string]map[string]digest.Spans{}, r: Result{
		Units: []UnitResult{}, Chains: []Chain{}, Gaps: []Gap{}, Findings: []Finding{}, Unreachable: []Unreachable{},
	}}
}

// maxFindings bounds what is named one by one. A bucket without any order to it would
// fill a disk with findings; the counts go on.
const maxFindings = 100_000

func (c *collector) find(v digest.Verdict, uri, reason string) {
	if v != digest.Verified && len(c.r.Findings) < maxFindings {
		c.r.Findings = append(c.r.Findings, Finding{v, uri, reason})
	}
}

func (c *collector) digest(v digest.Verdict, uri, reason string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.find(v, uri, reason)
}

func (c *collector) file(v digest.Verdict, uri, reason string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.find(v, uri, reason)
	c.r.LogFiles.add(v)
}

func (c *collector) count(v digest.Verdict) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.r.LogFiles.add(v)
}

func (c *collector) skip() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.r.Skipped++
}

func (c *collector) unreachable(uri string, err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.r.Unreachable = append(c.r.Unreachable, Unreachable{uri, err.Error()})
}

// turnOn is the sentence that turns validation on.
const turnOn = "no digest: nothing of it can be proven; to have CloudTrail sign from now on: " +
	"aws cloudtrail update-trail --name TRAIL --enable-log-file-validation"

// unit enters what a unit's job comes to.
func (c *collector) unit(j *job, chains []digest.Summary) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	u := j.tally
	if j.unit.Flat() && len(chains) == 0 && u.LogFiles.Total() == 0 {
		return // nothing of the selection is there
	}
	u.Proven, u.Unproven = []digest.Span{}, []digest.Span{}
	c.accounts(j)
	within := j.provable()
	for _, spans := range j.proven {
		u.Proven = append(u.Proven, spans...)
		bounds := within
		if !j.c.BoundedFrom || j.days.From == 0 {
			bounds.From = spans[0].From
		}
		if !j.c.BoundedTo {
			bounds.To = spans[len(spans)-1].To
		}
		u.Unproven = append(u.Unproven, spans.Gaps(bounds)...)
	}
	slices.SortFunc(u.Proven, func(a, b digest.Span) int { return a.From.Compare(b.From) })
	if len(chains) == 0 {
		c.find(digest.Unproven, u.Folder, turnOn)
		if j.c.BoundedFrom || j.c.BoundedTo || u.LogFiles.Total() == 0 {
			u.Unproven = append(u.Unproven, within)
		}
	}
	for _, s := range chains {
		c.chain(j, s, &u)
	}
	c.r.Units = append(c.r.Units, u)
}

// provable returns the time of which there can be digests by now.
func (j *job) provable() digest.Span {
	within := digest.Span{From: j.days.From.Time(), To: (j.days.To + 1).Time()}
	if due := j.c.Now.Add(-lag); due.Before(within.To) {
		within.To = due
	}
	return within
}

func (c *collector) chain(j *job, s digest.Summary, u *UnitResult) {
	count := Counts{
		Verified: s.Count[digest.Verified], Altered: s.Count[digest.Altered], Missing: s.Count[digest.Missing],
		Unproven: s.Count[digest.Unproven], Unreadable: s.Count[digest.Unreadable],
	}
	c.r.Digests.Sum(count)
	u.Digests.Sum(count)
	c.r.Copies += s.Copies
	id := s.Chain
	chain := Chain{
		Account: id.Account, Region: id.Region, Trail: id.Trail, HomeRegion: id.Home, Backfill: id.Backfill,
		Folder: j.unit.Source.URI(id.Root), Digests: count, Proven: append([]digest.Span{}, s.Proven...),
		Begins: s.Begins, Copies: s.Copies, LastSignature: s.LastSignature, Fingerprints: append([]string{}, s.Fingerprints...),
	}
	if s.First != "" {
		chain.First = &ChainEnd{j.unit.Source.URI(s.First), s.FirstHash.String()}
		chain.Last = &ChainEnd{j.unit.Source.URI(s.Last), s.LastHash.String()}
		chain.EndsEarly = !id.Backfill && s.Proven[len(s.Proven)-1].To.Before(j.provable().To)
	}
	c.links.add(j, &s, position{len(c.r.Chains), len(c.r.Units)})
	c.r.Chains = append(c.r.Chains, chain)
	for _, gap := range s.Gaps {
		c.r.Gaps = append(c.r.Gaps, Gap{id.Account, id.Region, id.Trail, gap.From, gap.To, gap.Reason})
	}
}

// Sum adds other counts.
func (c *Counts) Sum(other Counts) {
	c.Verified += other.Verified
	c.Altered += other.Altered
	c.Missing += other.Missing
	c.Unproven += other.Unproven
	c.Unreadable += other.Unreadable
}

// result returns what was collected, in an order that does not depend on who was first.
func (c *collector) result() *Result {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.join()
	r := c.r
	r.Findings = slices.SortedFunc(slices.Values(r.Findings), func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Error, b.Error))
	})
	if r.Findings == nil {
		r.Findings = []Finding{}
	}
	slices.SortFunc(r.Units, func(a, b UnitResult) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Folder, b.Folder))
	})
	slices.SortFunc(r.Chains, func(a, b Chain) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Trail, b.Trail),
			cmp.Compare(a.HomeRegion, b.HomeRegion), cmp.Compare(fmt.Sprint(a.Backfill), fmt.Sprint(b.Backfill)), cmp.Compare(a.Folder, b.Folder))
	})
	slices.SortFunc(r.Gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Trail, b.Trail), a.From.Compare(b.From))
	})
	slices.SortFunc(r.Unreachable, func(a, b Unreachable) int { return cmp.Compare(a.Unit+a.Error, b.Unit+b.Error) })
	return &r
}
