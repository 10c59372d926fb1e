package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"plantrail/pipeline/inventory"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// inventoryLag is how old an object must be for an inventory to be sure to show
// it.
const inventoryLag = 48 * time.Hour

// An inventoried store answers listings from an S3 Inventory.
type inventoried struct {
	store.Store
	sorted *inventory.Sorted
}

// List implements [store.Store].
func (s inventoried) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return s.sorted.List(ctx, r)
}

// inventories are those that a run lists from.
type inventories []*inventory.Sorted

// close gives back their disk space.
func (s inventories) close() error {
	var err error
	for _, sorted := range s {
		err = errors.Join(err, sorted.Close())
	}
	return err
}

// openInventories reads the inventories that c names, and has the sources in
// their buckets list from them.
func openInventories(ctx context.Context, c *Config, sources []*source, shared *store.Shared) (all inventories, err error) {
	for _, u := range c.Inventories {
		sorted, err := openInventory(ctx, c, u, sources, shared)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("inventory: %w", err), all.close())
		}
		all = append(all, sorted)
	}
	return all, nil
}

func openInventory(ctx context.Context, c *Config, u store.URL, sources []*source, shared *store.Shared) (*inventory.Sorted, error) {
	folder := u // a place is a folder, and u names a file in it
	folder.Prefix = strings.TrimSuffix(trail.Parent(u.Prefix), "/")
	location, err := c.open(ctx, folder, false, shared)
	if err != nil {
		return nil, err
	}
	inv, err := inventory.Open(ctx, location, u.Prefix)
	if err != nil {
		return nil, err
	}
	var inside []*source
	for _, s := range sources {
		if s.URL.Bucket != inv.Bucket {
			continue
		}
		if !s.asOf.IsZero() {
			return nil, fmt.Errorf("%s: another inventory lists the bucket %s too: name one of them", u, inv.Bucket)
		}
		inside = append(inside, s)
	}
	if len(inside) == 0 {
		return nil, fmt.Errorf("%s: it lists the bucket %s, and no source is in that: name s3://%[2]s as a source too", u, inv.Bucket)
	}
	keep := func(key string) bool {
		for _, s := range inside {
			if strings.HasPrefix(key, s.Key("")) {
				return true
			}
		}
		return false
	}
	sorted, err := inv.Sort(ctx, keep, inventory.Options{Memory: c.Memory / 2, Workers: c.Workers})
	if err != nil {
		return nil, err
	}
	c.Log.Info("inventory read", slog.String("inventory", u.String()), slog.String("bucket", inv.Bucket),
		slog.Time("created", inv.Created), slog.Int64("objects", sorted.Objects))
	for _, s := range inside {
		s.Store, s.asOf = inventoried{s.live, sorted}, inv.Created.Add(-inventoryLag)
	}
	return sorted, nil
}
