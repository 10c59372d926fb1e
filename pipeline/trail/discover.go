package trail

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// ErrNoTrail says that a source holds neither an AWSLogs folder nor log files.
var ErrNoTrail = errors.New("no AWSLogs folder and no log files: point --source at the folder that holds AWSLogs, or at a folder of log files")

// ErrUnsearched says that log files were found, but that a source has so many
// other folders that not all were searched.
var ErrUnsearched = fmt.Errorf("more than %d folders without log files: what lies in the others is not read; point --source nearer to AWSLogs", maxSearch)

// ErrNotWanted says that a source lies in a part of the tree that holds no log
// files.
var ErrNotWanted = errors.New("not in a CloudTrail folder: point --source at AWSLogs or at the CloudTrail folder of an account")

const (
	// maxSearch bounds the folders listed in vain in search of AWSLogs, so that a
	// source set at the root of a large unrelated bucket or disk ends soon.
	maxSearch = 1000
	// listWidth is how many accounts are listed at once. Each takes a request
	// or two; more would only invite throttling before the run has begun.
	listWidth = 32
)

// A Lister lists one folder of a store: the folders directly inside it, as keys
// with a closing slash, and whether there is a file in it of which [Named] says
// that it is a log file.
type Lister func(ctx context.Context, folder string) (folders []string, logFiles bool, err error)

// Discover finds the selected units below prefix, a key with or without a
// closing slash, and passes each to found. A folder that cannot be listed is
// passed to lost and the others go on; the error says that the search as a
// whole failed. found and lost may be called from several goroutines at once.
func Discover(ctx context.Context, list Lister, prefix string, selection Selection,
	found func(Unit), lost func(folder string, err error),
) error {
	d := discovery{list: list, selection: selection, found: found, lost: lost}
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	if err := d.locate(ctx, prefix); err != nil {
		return err
	}
	group, listing := errgroup.WithContext(ctx)
	group.SetLimit(listWidth)
	for _, account := range d.accounts {
		group.Go(func() error {
			d.regions(listing, account)
			return listing.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	switch {
	case !d.any.Load() && d.searched > maxSearch:
		return fmt.Errorf("%w (the first %d folders were searched)", ErrNoTrail, maxSearch)
	case !d.any.Load():
		return ErrNoTrail
	case d.searched > maxSearch:
		return ErrUnsearched
	}
	return nil
}

type discovery struct {
	list      Lister
	selection Selection
	found     func(Unit)
	lost      func(string, error)

	accounts []string    // account folders in the layout
	searched int         // folders listed in vain
	any      atomic.Bool // whether anything was found, selected or not
}

// locate begins where prefix ends: before the layout, or at some depth in it.
func (d *discovery) locate(ctx context.Context, prefix string) error {
	parts := strings.Split(strings.TrimSuffix(prefix, "/"), "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i] != "AWSLogs" {
			continue
		}
		below := parts[i+1:]
		if len(below) > 0 && isOrg(below[0]) {
			below = below[1:]
		}
		if len(below) == 0 {
			return d.logs(ctx, prefix)
		}
		if isAccount(below[0]) {
			return d.inside(ctx, prefix, below)
		}
	}
	return d.search(ctx, prefix)
}

// inside handles a prefix that ends in an account's folder; below are its parts
// from the account on.
func (d *discovery) inside(ctx context.Context, prefix string, below []string) error {
	switch {
	case len(below) > 1 && below[1] != wantedType:
		return ErrNotWanted
	case len(below) == 1:
		d.accounts = append(d.accounts, prefix)
		return nil
	case len(below) == 2:
		d.accounts = append(d.accounts, strings.TrimSuffix(prefix, wantedType+"/"))
		return nil
	}
	region, date := below[2], below[3:]
	selection, ok := d.selection.within(date)
	if !isRegion(region) || !ok {
		return ErrNotWanted
	}
	// Is it there at all? A misspelled place must not pass for an empty one.
	folders, logFiles, err := d.list(ctx, prefix)
	if err != nil {
		return d.lose(ctx, prefix, err)
	}
	if len(folders) == 0 && !logFiles && len(date) < 3 {
		return nil
	}
	d.any.Store(true)
	folder := prefix
	for range date {
		folder = folder[:strings.LastIndexByte(strings.TrimSuffix(folder, "/"), '/')+1]
	}
	d.unit(below[0], region, folder, selection)
	return nil
}

// within narrows the selection to a year, month or day as folders name it.
func (s Selection) within(date []string) (Selection, bool) {
	if len(date) == 0 {
		return s, true
	}
	if len(date) > 3 {
		return s, false
	}
	first := append(append([]string{}, date...), []string{"", "01", "01"}[len(date):]...)
	from, ok := parseFolder(strings.Join(first, "/"))
	if !ok {
		return s, false
	}
	next := from.Time()
	switch len(date) {
	case 1:
		next = next.AddDate(1, 0, 0)
	case 2:
		next = next.AddDate(0, 1, 0)
	case 3:
		next = next.AddDate(0, 0, 1)
	}
	s.From = max(s.From, from)
	s.To = min(s.To, DayOf(next)-1)
	return s, true
}

// search looks for AWSLogs and for flat folders of log files, level by level, so
// that what lies near is found before the search ends.
func (d *discovery) search(ctx context.Context, folder string) error {
	for level := []string{folder}; len(level) > 0 && d.searched <= maxSearch; {
		var next []string
		for _, folder := range level {
			folders, logFiles, err := d.list(ctx, folder)
			switch {
			case err != nil:
				if err := d.lose(ctx, folder, err); err != nil {
					return err
				}
			case logFiles:
				d.any.Store(true)
				d.found(newUnit("", "", folder, d.selection))
			default:
				d.searched++
			}
			for _, sub := range folders {
				if path.Base(sub) != "AWSLogs" {
					next = append(next, sub)
				} else if err := d.logs(ctx, sub); err != nil {
					return err
				}
			}
			if d.searched > maxSearch {
				break
			}
		}
		level = next
	}
	return nil
}

// logs collects the account folders in AWSLogs, or in an organization's folder
// in it.
func (d *discovery) logs(ctx context.Context, folder string) error {
	folders, _, err := d.list(ctx, folder)
	if err != nil {
		return d.lose(ctx, folder, err)
	}
	for _, sub := range folders {
		switch name := path.Base(sub); {
		case isAccount(name):
			d.any.Store(true)
			d.accounts = append(d.accounts, sub)
		case isOrg(name), name == "AWSLogs": // the trail may have that for its prefix
			if err := d.logs(ctx, sub); err != nil {
				return err
			}
		}
	}
	return nil
}

// regions finds the units of one account. It is called concurrently.
func (d *discovery) regions(ctx context.Context, account string) {
	id := path.Base(account)
	if !d.selection.hasAccount(id) {
		return
	}
	folder := account + wantedType + "/"
	folders, _, err := d.list(ctx, folder)
	if err != nil {
		d.lose(ctx, folder, err) //nolint:errcheck // says only that the context has ended, which the caller sees
		return
	}
	for _, sub := range folders {
		if region := path.Base(sub); isRegion(region) {
			d.any.Store(true)
			d.unit(id, region, sub, d.selection)
		}
	}
}

func (d *discovery) unit(account, region, folder string, selection Selection) {
	if selection.has(account, region) && selection.From <= selection.To {
		d.found(newUnit(account, region, folder, selection))
	}
}

// lose reports a folder that cannot be listed, unless the run is over.
func (d *discovery) lose(ctx context.Context, folder string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.any.Store(true)
	d.lost(folder, err)
	return nil
}
