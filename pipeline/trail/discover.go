package trail

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const (
	// logsFolder is the folder that accounts' are in.
	logsFolder = "AWSLogs"
	// listWidth is how many accounts are listed at once. Each takes a request
	// or two; more would only invite throttling before the run has begun.
	listWidth = 32
	// fewPages is how many pages of a folder are listed in search of accounts
	// before it is listed as a whole anyway: it may hold millions of files.
	fewPages = 2
)

var (
	// ErrNoTrail says that a source holds no trail and no log file.
	ErrNoTrail = errors.New("let the source be the folder that holds AWSLogs, or a folder of log files")
	// ErrUnnamed is ErrNoTrail where there are files that may be exports.
	ErrUnnamed = fmt.Errorf("%w", ErrNoTrail)
	// ErrUnsearched says that a folder was not searched to its end.
	ErrUnsearched = errors.New("not searched to the end: let the source be nearer to AWSLogs, or to the log files")
	// ErrNotWanted says that a source lies in a part of the tree that holds no log
	// files.
	ErrNotWanted = errors.New("let the source be AWSLogs, or the CloudTrail folder of an account")
)

// A Page is a step of listing one folder.
type Page struct {
	Folders  []string // directly in the folder, as keys with a closing slash
	LogFiles bool     // whether it has a file of which [Named] says that it is a log file
	Others   Others   // its other files
}

// A Source is what discovery asks.
type Source interface {
	// Folder lists what is directly in a folder, after a key.
	Folder(ctx context.Context, folder, after string) iter.Seq2[Page, error]
	// Count counts all objects in a folder, up to a bound.
	Count(ctx context.Context, folder string) (Other, error)
	// Known reports whether an account's folder was searched before and held no log
	// files beside those in folder, its CloudTrail folder, and which kinds of other
	// folders it held.
	Known(ctx context.Context, account, folder string) (kinds []string, searched bool, err error)
}

// A Finder takes what discovery finds. Its methods may be called from several
// goroutines at once. An error ends the discovery.
type Finder interface {
	Unit(ctx context.Context, u Unit) error
	// Others takes objects that discovery has seen and nobody else lists.
	Others(o Others) error
	// Lost takes a folder that cannot be listed; the others go on.
	Lost(folder string, err error) error
	// Searched takes the end of a search.
	Searched(ctx context.Context, s *Search, found bool) error
	// Visit says that a folder is about to be discovered. It reports whether that is
	// new.
	Visit(folder string) bool
}

// A Discovery finds the selected units of a source.
type Discovery struct {
	source    Source
	finder    Finder
	selection Selection

	any   atomic.Bool // there is a trail, selected or not, or what could not be looked at
	mutex sync.Mutex
	seen  Others // that are no log files
	lost  map[string]bool
}

// NewDiscovery returns a discovery of a source.
func NewDiscovery(source Source, finder Finder, selection Selection) *Discovery {
	return &Discovery{source: source, finder: finder, selection: selection}
}

// All finds all units below prefix, a key with or without a closing slash. Units
// may hold more: see [Unit.Inside].
func (d *Discovery) All(ctx context.Context, prefix string) error {
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	parts := strings.Split(strings.TrimSuffix(prefix, "/"), "/")
	wanted := -1 // the last CloudTrail folder of an account
	for i, name := range parts {
		service, hive := strings.CutPrefix(name, hiveService)
		inAccount := i > 0 && isAccount(parts[i-1])
		switch {
		case inAccount && isService(name), hive && isService(service):
			return fmt.Errorf("no log files of CloudTrail are in a folder of %s: %w", name, ErrNotWanted)
		case inAccount && isWantedType(name):
			wanted = i
		}
	}
	if wanted >= 0 {
		return d.inside(ctx, prefix, parts[wanted-1], parts[wanted+1:])
	}
	return d.within(ctx, prefix)
}

// within begins in a folder that is in no layout, or an account's.
func (d *Discovery) within(ctx context.Context, folder string) error {
	if account := base(folder); isAccount(account) {
		return d.account(ctx, folder, account)
	}
	return d.visit(ctx, folder)
}

// inside begins in an account's CloudTrail folder; below are the folders in that.
func (d *Discovery) inside(ctx context.Context, prefix, account string, below []string) error {
	switch {
	case len(below) == 0:
		return d.regions(ctx, prefix, account)
	case !isRegion(below[0]) || len(below) > 1 && !datePart(below[1:]...):
		return d.within(ctx, prefix)
	}
	// Is it there at all? A misspelled place must not pass for an empty one.
	for page, err := range d.source.Folder(ctx, prefix, "") {
		if err != nil {
			return d.lose(ctx, prefix, err)
		}
		if len(page.Folders) == 0 && !page.LogFiles && len(page.Others) == 0 {
			return nil
		}
		break
	}
	folder := prefix
	for range below[1:] {
		folder = Parent(folder)
	}
	d.any.Store(true)
	return d.region(ctx, account, below[0], folder, prefix, d.selection.within(below[1:]))
}

// visit opens a folder, unless another source has.
func (d *Discovery) visit(ctx context.Context, folder string) error {
	if !d.finder.Visit(folder) {
		d.any.Store(true)
		return nil
	}
	return d.open(ctx, folder, "", folder)
}

// Inside finds what is in a folder that a deep unit has come upon, after the key
// that it came to before.
func (d *Discovery) Inside(ctx context.Context, u Unit, folder string, what Structure, after string) error {
	switch {
	case what == Service:
		return d.count(ctx, folder, strings.TrimPrefix(base(folder), hiveService))
	case folder == u.Folder || d.finder.Visit(folder):
		return d.open(ctx, folder, after, folder)
	}
	d.any.Store(true)
	return nil
}

// open finds what is in a folder that may hold folders of accounts, or of other
// folders that do. What is neither is read by its names; root is the folder that
// its state is of.
func (d *Discovery) open(ctx context.Context, folder, after, root string) error {
	var trails, accounts, rest []string
	var sum Page
	pages, whole := 0, true
	for page, err := range d.source.Folder(ctx, folder, after) {
		if err != nil {
			if err := d.lose(ctx, folder, err); err != nil {
				return err
			}
			continue
		}
		for _, sub := range page.Folders {
			switch name := base(sub); {
			case isAccount(name):
				accounts = append(accounts, sub)
			case isOrg(name), name == logsFolder:
				trails = append(trails, sub)
			default:
				rest = append(rest, sub)
			}
		}
		sum.add(page)
		if pages++; pages == fewPages && len(trails)+len(accounts) == 0 {
			whole = false
			break
		}
	}
	if len(trails)+len(accounts) == 0 {
		switch {
		case len(rest) == 0 && !sum.LogFiles && len(sum.Others) == 0:
		case len(rest) == 1 && !sum.LogFiles && whole && !strings.HasPrefix(base(rest[0]), hiveService):
			// A prefix of several folders, most likely.
			if err := d.others(sum.Others); err != nil {
				return err
			}
			return d.open(ctx, rest[0], "", root)
		default:
			return d.unit(ctx, Unit{Root: root, Folder: folder, Deep: true, After: after}, d.selection)
		}
		return nil
	}
	if err := d.others(sum.Others); err != nil {
		return err
	}
	if err := d.flat(ctx, Unit{Root: root, Folder: folder, After: after}, sum.LogFiles, rest); err != nil {
		return err
	}
	for _, sub := range trails {
		if err := d.visit(ctx, sub); err != nil {
			return err
		}
	}
	var group errgroup.Group
	group.SetLimit(listWidth)
	for _, sub := range accounts {
		group.Go(func() error { return d.account(ctx, sub, base(sub)) })
	}
	return group.Wait()
}

// account finds what is in an account's folder.
func (d *Discovery) account(ctx context.Context, folder, account string) error {
	if !d.selection.hasAccount(account) {
		d.any.Store(true)
		return nil
	}
	if !d.finder.Visit(folder) {
		d.any.Store(true)
		return nil
	}
	wanted := folder + wantedType + "/"
	if err := d.regions(ctx, wanted, account); err != nil {
		return err
	}
	kinds, searched, err := d.source.Known(ctx, account, wanted)
	if err != nil {
		return err
	}
	if searched {
		for _, kind := range kinds {
			d.see(kind, Other{More: true})
		}
		return nil
	}
	return d.beside(ctx, folder, newSearch(account, wanted, ""))
}

// beside searches an account's folder beside the one that log files belong in.
func (d *Discovery) beside(ctx context.Context, folder string, search *Search) error {
	sum, err := d.list(ctx, folder, search)
	if err != nil {
		return err
	}
	var rest []string
	for _, sub := range sum.Folders {
		switch name := base(sub); {
		case sub == search.Folder:
		case isWantedType(name):
			search.Found()
			if err := d.regions(ctx, sub, search.Account); err != nil {
				return err
			}
		case isService(name):
			search.Kinds = append(search.Kinds, name)
			if err := d.count(ctx, sub, name); err != nil {
				return err
			}
		case name == logsFolder:
			search.Found()
			if err := d.visit(ctx, sub); err != nil {
				return err
			}
		default:
			rest = append(rest, sub)
		}
	}
	if err := d.flat(ctx, Unit{Root: folder, Folder: folder, Search: search}, sum.LogFiles, rest); err != nil {
		return err
	}
	return d.done(ctx, search)
}

// regions finds the units of one CloudTrail folder.
func (d *Discovery) regions(ctx context.Context, folder, account string) error {
	if !d.finder.Visit(folder) {
		d.any.Store(true)
		return nil
	}
	sum, err := d.list(ctx, folder, nil)
	if err != nil {
		return err
	}
	var rest []string
	for _, sub := range sum.Folders {
		if region := base(sub); isRegion(region) {
			d.any.Store(true)
			if err := d.region(ctx, account, region, sub, sub, d.selection); err != nil {
				return err
			}
		} else {
			rest = append(rest, sub)
		}
	}
	return d.flat(ctx, Unit{Root: folder, Folder: folder}, sum.LogFiles, rest)
}

// list lists a folder, and counts what are no log files. A part of it that cannot be
// listed is lost. Of an account in which neither its folder nor the one that is searched
// beside can be listed, one is told.
func (d *Discovery) list(ctx context.Context, folder string, search *Search) (sum Page, err error) {
	for page, err := range d.source.Folder(ctx, folder, "") {
		if err != nil {
			search.Found()
			if search != nil && folder != search.Folder && d.isLost(search.Folder) {
				if ctx.Err() != nil {
					return sum, ctx.Err()
				}
				break
			}
			if err := d.lose(ctx, folder, err); err != nil {
				return sum, err
			}
			continue
		}
		sum.add(page)
	}
	return sum, d.others(sum.Others)
}

// done says that discovery is through with a search: what is left of it are units.
func (d *Discovery) done(ctx context.Context, search *Search) error {
	if over, found := search.Done(); over {
		return d.finder.Searched(ctx, search, found)
	}
	return nil
}

func (d *Discovery) region(ctx context.Context, account, region, folder, below string, selection Selection) error {
	if !selection.Has(account, region) {
		return nil
	}
	return d.unit(ctx, Unit{Account: account, Region: region, Folder: folder, Root: folder, Below: below}, selection)
}

func (d *Discovery) unit(ctx context.Context, u Unit, selection Selection) error {
	if selection.From > selection.To {
		return nil
	}
	u.Selection, u.Days = selection, Days{{From: selection.From, To: selection.To}}
	u.Search.Begin()
	return d.finder.Unit(ctx, u)
}
