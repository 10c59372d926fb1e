package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/cloudtrail"
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

// verifyUnits finds the units of all sources and verifies them, side by side.
func verifyUnits(ctx context.Context, c *VerifyConfig, sources []*source, v *verify.Verifier) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(verifyWidth)
	var mutex sync.Mutex
	assigned := map[string]trail.Days{} // by folder: the days that some source has
	for _, same := range byStore(sources) {
		for _, s := range same {
			place := &verify.Source{Location: s.Location, Live: s.live}
			lost := func(folder string, err error) { v.Unreachable(s.URI(folder), err) }
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
				if len(u.Days) == 0 {
					return
				}
				c.Progress.unitFound()
				group.Go(func() error {
					defer c.Progress.unitListed()
					return v.Unit(ctx, verify.Unit{Unit: u, Source: place})
				})
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
	c.Progress.listingOver()
	return group.Wait()
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

// A keyring has the public keys for each region, as they are asked for.
type keyring struct {
	c      *VerifyConfig
	shared *store.Shared
	given  *digest.Keys // for all regions; nil: CloudTrail is asked

	mutex sync.Mutex
	asked map[keyPlace]*askedKeys
}

// A keyPlace is where keys are asked for, and as whom.
type keyPlace struct{ profile, role, externalID, region string }

type askedKeys struct {
	once sync.Once
	list []digest.Key
	keys *digest.Keys
	err  error
}

func newKeyring(c *VerifyConfig, shared *store.Shared) *keyring {
	k := &keyring{c: c, shared: shared, asked: map[keyPlace]*askedKeys{}}
	if len(c.PublicKeys) > 0 {
		k.given = new(digest.Keys)
		for _, key := range c.PublicKeys {
			k.given.Add(key)
		}
	}
	return k
}

// of returns the keys for the digests of a region in a source.
func (k *keyring) of(ctx context.Context, s *verify.Source, region string) (*digest.Keys, error) {
	if k.given != nil {
		return k.given, nil
	}
	a := k.ask(ctx, s.URL, region)
	return a.keys, a.err
}

// ask asks CloudTrail for the keys of a region, once.
func (k *keyring) ask(ctx context.Context, u store.URL, region string) *askedKeys {
	place := keyPlace{u.Profile, u.RoleARN, u.ExternalID, region}
	k.mutex.Lock()
	a := k.asked[place]
	if a == nil {
		a = new(askedKeys)
		k.asked[place] = a
	}
	k.mutex.Unlock()
	a.once.Do(func() {
		cfg, err := k.shared.AWSConfig(ctx, u)
		if err == nil {
			// Late log files are signed later, with the key of that time.
			a.list, err = cloudtrail.PublicKeys(ctx, cfg, region, k.c.firstDay().Time(), k.c.Now().Add(time.Hour))
		}
		if err != nil {
			a.err = fmt.Errorf("%w: name a file of keys with --public-keys, or allow cloudtrail:ListPublicKeys", err)
			return
		}
		a.keys = &digest.Keys{Complete: true}
		for _, key := range a.list {
			a.keys.Add(key)
		}
	})
	return a
}

// validationBegan is when CloudTrail began to sign: October 2015.
var validationBegan = trail.DayOf(time.Date(2015, 10, 1, 0, 0, 0, 0, time.UTC)) //nolint:gochecknoglobals // a constant

// firstDay returns the first day that there can be digests of.
func (c *VerifyConfig) firstDay() trail.Day { return max(c.Selection.From, validationBegan) }

// count returns how many keys were used.
func (k *keyring) count() int {
	if k.given != nil {
		return k.given.Count()
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	count := 0
	for _, a := range k.asked {
		count += len(a.list)
	}
	return count
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
