package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/history"
	"plantrail/pipeline/resume"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// historyLag is how long Event history may take to show an event: a quarter of an
// hour by the service's word, minutes mostly.
const historyLag = time.Hour

// nameRegions has each source that is Event history name its region: without one it
// stands for those that Support Plans events are known from.
func (c *Config) nameRegions() {
	var named []store.URL
	said := false
	for _, u := range c.Sources {
		if !u.History || u.Region != "" {
			named = append(named, u)
			continue
		}
		if !said {
			c.Log.Info("Event history of the regions that Support Plans events are known from: name others as cloudtrail://REGION",
				slog.String("regions", strings.Join(schema.EventRegions(), " ")))
			said = true
		}
		for _, u.Region = range schema.EventRegions() {
			named = append(named, u)
		}
	}
	c.Sources = named
}

// ErrUnsigned says that there is nothing to verify.
var ErrUnsigned = errors.New("CloudTrail signs log files and not Event history: " +
	"there is nothing to verify, so name where a trail delivers, as in --source s3://my-trail")

// leaveHistories leaves out the sources that carry no signatures.
func (c *Config) leaveHistories() error {
	var signed []store.URL
	for _, u := range c.Sources {
		if u.History {
			c.Log.Warn("not verified: Event history carries no signatures", slog.String("source", u.String()))
			continue
		}
		signed = append(signed, u)
	}
	if len(signed) == 0 {
		return ErrUnsigned
	}
	c.Sources = signed
	return nil
}

func openHistory(ctx context.Context, c *Config, u store.URL, shared *store.Shared) (*source, error) {
	h, err := history.Open(ctx, u, shared, history.Config{
		EventSources: schema.EventSources(), Limits: c.Lookups, Now: c.Now, MaxPages: history.DefaultMaxPages, Log: c.Log,
	})
	if err != nil {
		return nil, err
	}
	return &source{Location: h.Location(), live: h, history: h}, nil
}

// joined has sources of one Event history be one source, with several ways to it, so that
// one that is refused does not stand in another's place.
func joined(sources []*source) []*source {
	var all []*source
	first := map[string]*source{}
	for _, s := range sources {
		if s.history == nil {
			all = append(all, s)
			continue
		}
		name := s.storeName()
		if same := first[name]; same != nil {
			same.history.Join(s.history)
			continue
		}
		first[name] = s
		all = append(all, s)
	}
	return all
}

// divide tells sources that trails deliver to from Event histories.
func divide(sources []*source) (trails, histories []*source) {
	for _, s := range sources {
		if s.history != nil {
			histories = append(histories, s)
		} else {
			trails = append(trails, s)
		}
	}
	return trails, histories
}

// history has an Event history looked up. Shards have whole units: what the service
// answers in a second, it counts for all of them.
func (l *lister) history(ctx context.Context, s *source) error {
	unit := s.history.Unit(l.config.Selection)
	if len(unit.Days) == 0 || !l.config.Shard.all() && !l.config.Shard.owns(s.URI(unit.Folder), 0) || !l.assign(s, &unit) {
		return nil
	}
	l.config.Progress.unitFound()
	d := &discovery{lister: l, source: s}
	l.crew.do(func() error {
		defer l.config.Progress.unitListed()
		return d.lookUp(ctx, unit)
	})
	return nil
}

// lookUp looks up what must be looked up of a unit: the days that are not settled.
func (d *discovery) lookUp(ctx context.Context, unit trail.Unit) error {
	where := d.source.placeOf(unit)
	known, err := d.checkpoints.Account(ctx, where.Account, where.Folder)
	if err != nil {
		return err
	}
	region := known.Regions[unit.Region]
	var lost trail.Days
	if region == nil {
		d.reach.Do(func() {
			d.config.Log.Info(fmt.Sprintf("Event history reaches back %d days: older events are in a trail's log files, if anywhere", history.ReachDays),
				slog.String("from", unit.Days.First().String()))
		})
	} else if lost = lostDays(region, d.source.history.Horizon(), d.config.Selection); len(lost) > 0 {
		if err := d.to.unreachable(d.source, unit.Folder, lostError(lost)); err != nil {
			return err
		}
	}
	u := &unitLister{discovery: d, today: trail.DayOf(d.config.Now())}
	u.batcher = resume.NewBatcher(resume.Listing{
		Unit: unit, Place: where, Known: known, AsOf: d.config.Now().Add(-historyLag), Settled: d.config.RecheckAll,
	}, u)
	if err := u.retry(ctx); err != nil {
		return err
	}
	if err := u.list(ctx); err != nil || region == nil {
		return err
	}
	// Some may have fallen out of reach while others were looked up.
	late := lostDays(region, d.source.history.Reached(), d.config.Selection)
	if late = late.Without(lost); len(late) > 0 {
		return d.to.unreachable(d.source, unit.Folder, lostError(late))
	}
	return nil
}

// lostDays returns the days since the first one that was ever looked up that no run
// has looked up after their end and that Event history does not reach any more. They
// are lost until a run settles what follows them.
func lostDays(r *state.Region, horizon trail.Day, s trail.Selection) trail.Days {
	if r.Settled.Has(horizon + 1) {
		return nil
	}
	first, last := trail.LastDay, trail.Day(0)
	if len(r.Settled) > 0 {
		first = r.Settled.First()
	}
	for day := range r.Days {
		first, last = min(first, day), max(last, day)
	}
	first = max(first, s.From)
	if until := min(horizon, s.To); first <= until {
		lost := trail.Days{{From: first, To: until}}.Without(r.Settled)
		for day := range r.Days {
			if day < last { // the last was not over yet
				lost = lost.Without(trail.Days{{From: day, To: day}})
			}
		}
		return lost
	}
	return nil
}

func lostError(lost trail.Days) error {
	var spans []string
	for _, span := range lost {
		spans = append(spans, span.From.String()+" to "+span.To.String())
	}
	return fmt.Errorf("the days %s were not looked up in time, and Event history reaches back only %d days: if a trail has them, name it as a source too",
		strings.Join(spans, ", "), history.ReachDays)
}

// PlanLookups is what Event history takes.
type PlanLookups struct {
	Units    int64   `json:"units"`    // accounts and regions
	Requests int64   `json:"requests"` // about
	Minutes  float64 `json:"minutes"`  // at the service's pace, all units side by side
}

// planLookups finds out how much there is to look up, with a request for each event
// source.
func planLookups(ctx context.Context, c *Config, histories []*source, checkpoints *state.Checkpoints, t *tally) (PlanLookups, error) {
	var sum PlanLookups
	var most int64
	var mutex sync.Mutex
	planned := &lister{config: c, assigned: map[string]trail.Days{}}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(listWidth)
	for _, s := range histories {
		unit := s.history.Unit(c.Selection)
		if len(unit.Days) == 0 || !c.Shard.all() && !c.Shard.owns(s.URI(unit.Folder), 0) || !planned.assign(s, &unit) {
			continue
		}
		group.Go(func() error {
			where := s.placeOf(unit)
			known, err := checkpoints.Account(ctx, where.Account, where.Folder)
			if err != nil {
				return err
			}
			days := unit.Days
			if r := known.Regions[unit.Region]; r != nil && !c.RecheckAll {
				if lost := lostDays(r, s.history.Horizon(), c.Selection); len(lost) > 0 {
					if err := t.unreachable(s, unit.Folder, lostError(lost)); err != nil {
						return err
					}
				}
				days = days.Without(r.Settled)
			}
			if len(days) == 0 {
				return nil
			}
			requests, err := s.history.Estimate(ctx, trail.Span{From: days.First(), To: days.Last()})
			if err != nil && ctx.Err() == nil {
				return t.unreachable(s, unit.Folder, err)
			}
			mutex.Lock()
			defer mutex.Unlock()
			sum.Units++
			sum.Requests += requests
			most = max(most, requests)
			return err
		})
	}
	err := group.Wait()
	waves := (sum.Units + listWidth - 1) / listWidth
	sum.Minutes = math.Ceil(float64(max(most, sum.Requests/max(sum.Units, 1)*waves))/history.PerSecond/6) / 10
	return sum, err
}
