package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/history"
	"plantrail/pipeline/resume"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// open opens a place. The log says what is waited for when it takes long; why it
// does, the store logs.
func (c *Config) open(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
	waiting := time.AfterFunc(openPatience, func() {
		c.Log.Warn("still waiting for it", slog.String("place", u.String()), slog.String("endpoint", u.Endpoint))
	})
	defer waiting.Stop()
	return c.OpenStore(ctx, u, mustExist, shared)
}

const (
	// openPatience is longer than a place takes that is there.
	openPatience = 10 * time.Second
	// openWidth is how many sources are opened at once. One takes a request or
	// two, and there may be thousands.
	openWidth = 32
	// nameUnopened is how many sources an error names that could not be opened.
	nameUnopened = 3
)

// A source is a place that trails deliver to.
type source struct {
	store.Location
	live store.Store // what Location's Store is, but where an inventory lists
	asOf time.Time   // log files until then are listed; zero: all that there are
	dirs []string    // the directories that are sources, as keys with closing slashes
	// history is what Location's Store is where the source is an Event history.
	history *history.History
}

// List lists a range. A link to a directory is an error, unless what it leads to is
// in a source anyway.
func (s *source) List(ctx context.Context, r store.Range) iter.Seq2[store.Page, error] {
	r.TellLinks = true
	return func(yield func(store.Page, error) bool) {
		for page, err := range s.Store.List(ctx, r) {
			var link *store.LinkError
			if errors.As(err, &link) && slices.ContainsFunc(s.dirs, func(dir string) bool { return strings.HasPrefix(link.Target+"/", dir) }) {
				continue
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

// openSources opens all sources, side by side. It returns those that it could
// open, in the order of the command line, and what became of the others. The
// error says that there is none to read.
func openSources(ctx context.Context, c *Config, shared *store.Shared) (opened []*source, unreachable []Unreachable, err error) {
	sources, failed := make([]*source, len(c.Sources)), make([]error, len(c.Sources))
	var dirs []string
	for _, u := range c.Sources {
		if u.Bucket == "" && !u.History {
			dirs = append(dirs, store.Location{URL: u}.Key(""))
		}
	}
	var group errgroup.Group
	group.SetLimit(openWidth)
	for i, u := range c.Sources {
		group.Go(func() error {
			if u.History {
				sources[i], failed[i] = openHistory(ctx, c, u, shared)
				return nil
			}
			location, err := c.open(ctx, u, true, shared)
			sources[i], failed[i] = &source{Location: location, live: location.Store, dirs: dirs}, err
			return nil
		})
	}
	group.Wait() //nolint:errcheck // each source's error is its own
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	var failures []error
	for i, s := range sources {
		if failed[i] == nil {
			opened = append(opened, s)
			continue
		}
		failures = append(failures, failed[i])
		unit := c.Sources[i].String()
		unreachable = append(unreachable, Unreachable{Unit: unit, Error: failed[i].Error()})
	}
	if len(opened) == 0 {
		return nil, unreachable, noneOpened(c.Sources, failures) // which names them
	}
	for _, u := range unreachable {
		c.Log.Warn("unreachable", slog.String("unit", u.Unit), slog.String("error", u.Error))
	}
	return joined(opened), unreachable, nil
}

// noneOpened says why none of the sources could be opened. Of those with one reason it
// says it once.
func noneOpened(sources []store.URL, failures []error) error {
	if len(failures) == 1 {
		return failures[0]
	}
	var reasons []string
	places := map[string][]string{}
	for i, failure := range failures {
		place, reason := sources[i].String(), failure.Error()
		if after, found := strings.CutPrefix(reason, place+": "); found {
			reason = after
		} else {
			place = "" // it is in the text
		}
		if places[reason] == nil {
			reasons = append(reasons, reason)
		}
		places[reason] = append(places[reason], place)
	}
	text, told := fmt.Sprintf("none of %d sources can be read: ", len(failures)), 0
	for i, reason := range reasons[:min(nameUnopened, len(reasons))] {
		if i > 0 {
			text += "; "
		}
		of := places[reason]
		told += len(of)
		if of[0] != "" {
			text += strings.Join(of[:min(nameUnopened, len(of))], ", ")
			if more := len(of) - nameUnopened; more > 0 {
				text += fmt.Sprintf(" and %d more", more)
			}
			text += ": "
		}
		text += reason
	}
	if more := len(failures) - told; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return &unopenedError{text, failures}
}

// An unopenedError says why no source could be opened.
type unopenedError struct {
	text   string
	causes []error
}

func (e *unopenedError) Error() string { return e.text }

// Unwrap returns what became of each source.
func (e *unopenedError) Unwrap() []error { return e.causes }

// storeName tells stores apart: what has the same key in one of them is the same
// object.
func (s *source) storeName() string {
	if s.URL.History {
		return s.URL.String() + "\n" // whose it is, however it is reached
	}
	return s.URL.Endpoint + "\n" + s.URL.Bucket + "\n"
}

// find asks a listing for a key: that it cannot be got may have other reasons, and
// what is known of it may be old. Where nothing can be listed, it counts as there,
// as known.
func (s *source) find(ctx context.Context, known store.Object) (object store.Object, there bool, err error) {
	for page, err := range s.live.List(ctx, store.Range{Prefix: known.Key, TellLinks: true}) {
		if err != nil {
			return known, true, ctx.Err()
		}
		if len(page.Objects) > 0 {
			return page.Objects[0], page.Objects[0].Key == known.Key, nil
		}
	}
	return known, false, nil
}

// maxSkew is how far a store's clock may be from ours: minutes. Signatures hold for
// a quarter of an hour.
const maxSkew = 5 * time.Minute

// skew returns how far a source's clock is ahead of ours, if it has one.
func (s *source) skew() (ahead time.Duration, known bool) {
	if s.history != nil {
		return s.history.Skew(), true
	}
	return s.Skew()
}

// clockHolds reports whether our clock agrees with those of the sources that have
// one, and says which does not.
func (c *Config) clockHolds(sources []*source) bool {
	for _, s := range sources {
		if ahead, known := s.skew(); known && ahead.Abs() > maxSkew {
			c.Log.Warn("the store's clock and this machine's differ, so nothing settles: set the clock right",
				slog.String("source", s.URL.String()), slog.String("store_is_ahead_by", ahead.Round(time.Second).String()))
			return false
		}
	}
	return true
}

// placeOf returns what a unit's state is of.
func (s *source) placeOf(u trail.Unit) resume.Place {
	if s.history != nil {
		return resume.Place{Account: u.Account, Folder: s.URI("EventHistory/")} // in which the account stands where a trail's does
	}
	if u.Flat() {
		return resume.Place{Folder: s.URI(u.Root)}
	}
	return resume.Place{Account: u.Account, Folder: s.URI(trail.Parent(u.Folder))}
}
