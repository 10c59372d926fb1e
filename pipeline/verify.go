package pipeline

import (
	"context"
	"errors"
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
}

// A VerifyReport says what was verified.
type VerifyReport struct {
	RunID     string          `json:"run_id"`
	Version   string          `json:"version"`
	Selection ReportSelection `json:"selection"`
	*verify.Result
	PublicKeys     int            `json:"public_keys"`
	Requests       ReportRequests `json:"requests"`
	ElapsedSeconds float64        `json:"elapsed_seconds"`
}

// verifyWidth is how many units are verified at once. Each holds the names of some days.
const verifyWidth = 16

// Verify compares the log files that c selects with CloudTrail's digests. It writes
// nothing.
func Verify(ctx context.Context, c VerifyConfig) (_ *VerifyReport, err error) {
	began := time.Now()
	if err := c.Check(); err != nil {
		return nil, err
	}
	shared := &store.Shared{Concurrency: c.Concurrency, Log: c.Log}
	sources, unreachable, err := openSources(ctx, &c.Config, shared)
	if err != nil {
		return nil, err
	}
	listed, err := openInventories(ctx, &c.Config, sources, shared)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, listed.close()) }()

	keys := newKeyring(&c, shared)
	v := verify.New(verify.Config{
		Keys: keys.of, BoundedFrom: c.BoundedFrom, BoundedTo: c.BoundedTo, Concurrency: c.Concurrency, Workers: c.Workers,
		Memory: c.Memory, MaxInflated: c.MaxInflated, Limits: digest.DefaultLimits(), Now: c.Now(), Log: c.Log,
		Listed: c.Progress.fileListed, Done: c.Progress.verified,
	})
	defer v.Close()
	for _, u := range unreachable {
		v.Unreachable(u.Unit, errors.New(u.Error))
	}
	if err := verifyUnits(ctx, &c, sources, v); err != nil {
		return nil, err
	}
	report := &VerifyReport{
		RunID: c.RunID, Version: c.Version, Selection: newReport(&c.Config).Selection, Result: v.Result(), PublicKeys: keys.count(),
	}
	report.Selection.Partition = ""
	r := &shared.Requests
	report.Requests = ReportRequests{List: r.List.Load(), Get: r.Get.Load(), Put: r.Put.Load(), Head: r.Head.Load()}
	report.ElapsedSeconds = time.Since(began).Seconds()
	return report, nil
}

// verifyUnits verifies the units of all sources, side by side.
func verifyUnits(ctx context.Context, c *VerifyConfig, sources []*source, v *verify.Verifier) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(verifyWidth)
	found := func(u verify.Unit) {
		c.Progress.unitFound()
		group.Go(func() error {
			defer c.Progress.unitListed()
			return v.Unit(ctx, u)
		})
	}
	findUnits(ctx, c, sources, found, v.Unreachable)
	c.Progress.listingOver()
	return group.Wait()
}

// findUnits passes on the units of all sources, each day of each of them once.
func findUnits(ctx context.Context, c *VerifyConfig, sources []*source, each func(verify.Unit), unreachable func(uri string, err error)) {
	var mutex sync.Mutex
	assigned := map[string]trail.Days{} // by folder: the days that some source has
	for _, s := range slices.Concat(byStore(sources)...) {
		place := &verify.Source{Location: s.Location, Live: s.live}
		lost := func(folder string, err error) { unreachable(s.URI(folder), err) }
		found := func(u trail.Unit) {
			folder := s.storeName() + u.Folder
			mutex.Lock()
			u.Days = u.Days.Without(assigned[folder])
			for _, span := range u.Days {
				assigned[folder] = assigned[folder].With(span)
			}
			mutex.Unlock()
			if !u.Flat() {
				u.Days = c.Shard.days(s.URI(u.Folder), u.Days, false)
			}
			if len(u.Days) > 0 {
				each(verify.Unit{Unit: u, Source: place})
			}
		}
		err := trail.Discover(ctx, withDigests(s.folder), s.URL.Prefix, c.Selection, found, lost)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, trail.ErrUnsearched):
			c.Log.Warn("searched in part", slog.String("source", s.URL.String()), slog.Any("error", err))
		case err != nil:
			lost(s.URL.Prefix, err)
		}
	}
}

// withDigests has the regions of an account found that have digests and no log files: in
// most regions nothing ever happens, and CloudTrail signs that.
func withDigests(list trail.Lister) trail.Lister {
	return func(ctx context.Context, folder string) (folders []string, logFiles bool, err error) {
		folders, logFiles, err = list(ctx, folder)
		account, logs := strings.CutSuffix(folder, "/CloudTrail/")
		if err != nil || !logs {
			return folders, logFiles, err
		}
		known := map[string]bool{}
		for _, f := range folders {
			known[path.Base(f)] = true
		}
		signed, _, err := list(ctx, account+"/"+digest.Folder+"/")
		for _, f := range signed {
			if region := path.Base(f); !known[region] {
				folders = append(folders, folder+region+"/")
			}
		}
		return folders, logFiles, err
	}
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
