package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"plantrail/pipeline/cloudtrail"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
	"plantrail/pipeline/verify"
)

// PublicKeys asks CloudTrail for the public keys that the digests of a selection can be
// checked with, and returns them with the regions that they are of.
func PublicKeys(ctx context.Context, c VerifyConfig) (keys []digest.Key, regions []string, err error) {
	if err := c.Check(); err != nil {
		return nil, nil, err
	}
	if err := c.leaveHistories(); err != nil {
		return nil, nil, err
	}
	c.Shard = Shard{} // the keys are of all regions
	shared := &store.Shared{Concurrency: c.connections(), Log: c.Log}
	sources, unreachable, err := openSources(ctx, &c.Config, shared)
	if err != nil {
		return nil, nil, err
	}
	var failures []error
	for _, u := range unreachable {
		failures = append(failures, fmt.Errorf("%s: %s", u.Unit, u.Error))
	}
	var mutex sync.Mutex
	byRegion := map[string]*store.Location{} // any source will do: keys are the region's
	each := func(_ *unitFinder, u verify.Unit) {
		mutex.Lock()
		defer mutex.Unlock()
		if byRegion[u.Region] == nil && !u.Flat() {
			byRegion[u.Region] = u.Source
		}
	}
	findUnits(ctx, &c, sources, each, func(uri string, err error) {
		mutex.Lock()
		defer mutex.Unlock()
		failures = append(failures, fmt.Errorf("%s: %w", uri, err))
	})
	ring := newKeyring(&c, shared)
	for region, source := range byRegion {
		a := ring.ask(ctx, source.URL, region)
		if a.err != nil {
			failures = append(failures, a.err)
			continue
		}
		regions = append(regions, region)
		keys = append(keys, a.list...)
	}
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	return keys, regions, errors.Join(failures...)
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
func (k *keyring) of(ctx context.Context, s *store.Location, region string) (*digest.Keys, error) {
	if k.given != nil {
		return k.given, nil
	}
	if region == "" { // a flat folder, of any regions
		return new(digest.Keys), nil
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
