package trail

import (
	"context"
	"strings"
)

// Margins finds what is in a region's folder, or in the part of it that the unit
// begins at, beside the folders of delivery days. It is a part of a search.
func (d *Discovery) Margins(ctx context.Context, u Unit, search *Search) error {
	if u.Below != u.Folder {
		search.Found() // of a part, nothing is remembered
	}
	if err := d.margins(ctx, u, u.Below, search); err != nil {
		return err
	}
	return d.done(ctx, search)
}

func (d *Discovery) margins(ctx context.Context, u Unit, folder string, search *Search) error {
	date := strings.Split(strings.TrimPrefix(folder, u.Folder), "/")
	date = date[:len(date)-1]
	if len(date) > strings.Count(dayFolder, "/") {
		return nil // all in it is the day's
	}
	if !d.finder.Visit(folder) {
		search.Found() // by another source
		return nil
	}
	sum, err := d.list(ctx, folder, search)
	if err != nil {
		return err
	}
	var rest []string
	for _, sub := range sum.Folders {
		if !datePart(append(date[:len(date):len(date)], base(sub))...) {
			rest = append(rest, sub)
		} else if err := d.margins(ctx, u, sub, search); err != nil {
			return err
		}
	}
	return d.flat(ctx, Unit{Root: u.Folder, Folder: folder, Search: search}, sum.LogFiles, rest)
}

// flat finds the log files that lie loose in a folder, and those in folders in it
// that are in no layout.
func (d *Discovery) flat(ctx context.Context, u Unit, logFiles bool, folders []string) error {
	if logFiles {
		if err := d.unit(ctx, u, d.selection); err != nil {
			return err
		}
	}
	u.Deep, u.After = true, ""
	for _, folder := range folders {
		if account := base(folder); isAccount(account) {
			u.Search.Found()
			if err := d.account(ctx, folder, account); err != nil {
				return err
			}
			continue
		}
		if service, hive := strings.CutPrefix(base(folder), hiveService); hive && isService(service) {
			if err := d.count(ctx, folder, service); err != nil {
				return err
			}
			continue
		}
		u.Folder = folder
		if err := d.unit(ctx, u, d.selection); err != nil {
			return err
		}
	}
	return nil
}
