package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
	"plantrail/pipeline/verify"
)

// A VerifyConfig says what to verify, and with which keys.
type VerifyConfig struct {
	Config
	// PublicKeys are those to check signatures with. None: CloudTrail is asked.
	PublicKeys []digest.Key
	// BoundedFrom and BoundedTo say that the days were chosen, so that all of their hours
	// must be proven; otherwise there is what there is.
	BoundedFrom, BoundedTo bool
	// Changes says to collect the plan changes in the log files, for a certificate.
	Changes bool
}

// Check refuses what cannot be verified as it was asked for.
func (c *VerifyConfig) Check() error {
	if c.Table != (store.URL{}) && !c.Shard.all() {
		return errCompare
	}
	return c.Config.Check()
}

// mine reports whether a region is the shard's. A chain of digests does not end with a
// day, and log files that lie anywhere are held against those of their region: so regions
// are not divided, but go to a shard each, as a whole.
func (c *VerifyConfig) mine(account, region string) bool {
	return c.Shard.all() || c.Shard.owns(account+"/"+region, 0)
}

// A VerifyReport says what was verified.
type VerifyReport struct {
	RunID     string          `json:"run_id"`
	Made      time.Time       `json:"made"`
	Version   string          `json:"version"`
	Selection ReportSelection `json:"selection"`
	*verify.Result
	Table          *TableReport   `json:"table,omitempty"` // compared with the log files
	PublicKeys     int            `json:"public_keys"`
	Requests       ReportRequests `json:"requests"`
	ElapsedSeconds float64        `json:"elapsed_seconds"`

	changes *changeLog
}

// verifyWidth is how many units are verified at once. Each holds the names of some days.
const verifyWidth = 16

// Verify compares the log files that c selects with CloudTrail's digests. It writes
// nothing.
func Verify(ctx context.Context, c VerifyConfig) (*VerifyReport, error) {
	began := time.Now()
	if err := c.Check(); err != nil {
		return nil, err
	}
	if err := c.leaveHistories(); err != nil {
		return nil, err
	}
	for _, u := range c.Inventories {
		c.Log.Warn("not listed from the inventory: a proof is of what is there now, and each object is read anyway", slog.String("inventory", u.String()))
	}
	shared := &store.Shared{Concurrency: c.connections(), Log: c.Log}
	sources, unreachable, err := openSources(ctx, &c.Config, shared)
	if err != nil {
		return nil, err
	}
	keys, changes := newKeyring(&c, shared), new(changeLog)
	var compared *comparison
	if c.Table != (store.URL{}) {
		if compared, err = openComparison(ctx, &c, shared); err != nil {
			return nil, err
		}
	}
	var verified func(*store.Location, string, []byte)
	var judged func(string, digest.Verdict)
	if compared != nil {
		judged = compared.judge
	}
	if c.Changes || compared != nil {
		verified = func(source *store.Location, key string, json []byte) {
			events := changes.take(source, key, json)
			if compared != nil {
				compared.take(source, key, events)
			}
		}
	}
	v := verify.New(verify.Config{
		Keys: keys.of, Mine: c.mine, BoundedFrom: c.BoundedFrom, BoundedTo: c.BoundedTo, Concurrency: c.connections(), Workers: c.Workers,
		Memory: c.Memory, MaxInflated: c.MaxInflated, Limits: digest.DefaultLimits(), Now: c.Now(), Log: c.Log,
		Listed: c.Progress.fileListed, Done: c.Progress.verified, Verified: verified, Judged: judged,
	})
	defer v.Close()
	for _, u := range unreachable {
		v.Unreachable(u.Unit, errors.New(u.Error))
	}
	if err := verifyUnits(ctx, &c, sources, v); err != nil {
		return nil, err
	}
	report := &VerifyReport{
		RunID: c.RunID, Made: c.Now().UTC().Truncate(time.Second), Version: c.Version, Selection: newReport(&c.Config).Selection, Result: v.Result(), PublicKeys: keys.count(),
		changes: changes,
	}
	report.Selection.Partition = ""
	if compared != nil {
		if report.Table, err = compared.finish(ctx, report.Result); err != nil {
			return nil, err
		}
	}
	report.Requests = requestsOf(&shared.Requests)
	report.ElapsedSeconds = time.Since(began).Seconds()
	return report, nil
}

// verifyUnits verifies the units of all sources, side by side.
func verifyUnits(ctx context.Context, c *VerifyConfig, sources []*source, v *verify.Verifier) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(verifyWidth)
	found := func(f *unitFinder, u verify.Unit) {
		c.Progress.unitFound()
		group.Go(func() error {
			defer c.Progress.unitListed()
			if err := v.Unit(ctx, u); err != nil || !u.HasMargins() {
				return err
			}
			return f.margins(ctx, u.Unit, func(loose verify.Unit) error { return v.Unit(ctx, loose) })
		})
	}
	findUnits(ctx, c, sources, found, v.Unreachable)
	c.Progress.listingOver()
	return group.Wait()
}

// errUnsigned says why exports, and single files, cannot be verified.
var errUnsigned = errors.New("exports and single files carry no signatures, so nothing of them can be verified: leave them out; " +
	"what a trail delivered can be verified in its bucket, or in a copy of its folders")

// findUnits passes on the units of all sources, each day of each of them once.
func findUnits(ctx context.Context, c *VerifyConfig, sources []*source, each func(*unitFinder, verify.Unit), unreachable func(uri string, err error)) {
	seen := &unitsSeen{days: map[string]trail.Days{}, folders: map[string]bool{}}
	for _, s := range slices.Concat(byStore(sources)...) {
		if s.isExport() || s.File {
			unreachable(s.URI(s.URL.Prefix), errUnsigned)
			continue
		}
		f := &unitFinder{
			discovery: discovery{source: s}, seen: seen, config: c, lost: unreachable,
			place: &s.Location,
		}
		f.each = func(u verify.Unit) error {
			each(f, u)
			return nil
		}
		if err := trail.NewDiscovery(f, f, c.Selection).All(ctx, s.URL.Prefix); err != nil && ctx.Err() == nil {
			unreachable(s.URI(s.URL.Prefix), err)
		}
	}
}

// A unitsSeen is what sources have found, which others do not find again.
type unitsSeen struct {
	mutex   sync.Mutex
	days    map[string]trail.Days // by folder
	folders map[string]bool
}

// A unitFinder finds the units of one source. It implements [trail.Source] and
// [trail.Finder]; what it lists, it lists as a run does.
type unitFinder struct {
	discovery
	seen   *unitsSeen
	config *VerifyConfig
	place  *store.Location
	each   func(verify.Unit) error
	lost   func(uri string, err error)
}

// Folder implements [trail.Source]. The regions of an account are also those that have
// digests and no log files: in most, nothing ever happens, and CloudTrail signs that.
func (f *unitFinder) Folder(ctx context.Context, folder, after string) iter.Seq2[trail.Page, error] {
	account, logs := strings.CutSuffix(folder, "/CloudTrail/")
	if !logs || after != "" {
		return f.discovery.Folder(ctx, folder, after)
	}
	return func(yield func(trail.Page, error) bool) {
		known := map[string]bool{}
		for page, err := range f.discovery.Folder(ctx, folder, "") {
			for _, sub := range page.Folders {
				known[path.Base(sub)] = true
			}
			if !yield(page, err) {
				return
			}
		}
		for page, err := range f.discovery.Folder(ctx, account+"/"+digest.Folder+"/", "") {
			signed := trail.Page{}
			for _, sub := range page.Folders {
				if region := path.Base(sub); !known[region] {
					signed.Folders = append(signed.Folders, folder+region+"/")
				}
			}
			if !yield(signed, err) {
				return
			}
		}
	}
}

// Count implements [trail.Source]. What other services deliver is not verified.
func (f *unitFinder) Count(context.Context, string) (trail.Other, error) { return trail.Other{}, nil }

// Known implements [trail.Source]. Verification remembers nothing.
func (f *unitFinder) Known(context.Context, string, string) (kinds []string, searched bool, err error) {
	return nil, false, nil
}

// Unit implements [trail.Finder].
func (f *unitFinder) Unit(_ context.Context, u trail.Unit) error {
	// Delivery days, what lies loose and what lies deeper in one folder are told apart.
	folder := fmt.Sprintf("%s%t %t %s", f.source.storeName(), u.Flat(), u.Deep, u.Folder)
	f.seen.mutex.Lock()
	u.Days = u.Days.Without(f.seen.days[folder])
	for _, span := range u.Days {
		f.seen.days[folder] = f.seen.days[folder].With(span)
	}
	f.seen.mutex.Unlock()
	if len(u.Days) > 0 && (u.Flat() || f.config.mine(u.Account, u.Region)) {
		return f.each(verify.Unit{Unit: u, Source: f.place})
	}
	return nil
}

// margins finds log files in a region's folder beside its delivery days, as a run does.
func (f *unitFinder) margins(ctx context.Context, u trail.Unit, each func(verify.Unit) error) error {
	if onlyDays(ctx, f.place, u) {
		return nil
	}
	loose := *f
	loose.each = each
	return trail.NewDiscovery(&loose, &loose, f.config.Selection).Margins(ctx, u, trail.NewMargins(u))
}

// Others implements [trail.Finder].
func (f *unitFinder) Others(trail.Others) error { return nil }

// Lost implements [trail.Finder].
func (f *unitFinder) Lost(folder string, err error) error {
	f.lost(f.source.URI(folder), err)
	return nil
}

// Searched implements [trail.Finder].
func (f *unitFinder) Searched(context.Context, *trail.Search, bool) error { return nil }

// Visit implements [trail.Finder].
func (f *unitFinder) Visit(folder string) bool {
	f.seen.mutex.Lock()
	defer f.seen.mutex.Unlock()
	folder = f.source.storeName() + folder
	first := !f.seen.folders[folder]
	f.seen.folders[folder] = true
	return first
}

// fileListed counts an object that is about to be read to verify something.
func (p *Progress) fileListed() {
	if p != nil {
		p.listed.Add(1)
	}
}

// verified counts an object that was read.
func (p *Progress) verified(bytes int64) {
	if p != nil {
		p.finished.Add(1)
		p.read.Add(bytes)
	}
}
