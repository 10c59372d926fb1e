package pipeline

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// S3's published prices for standard storage in us-east-1, in dollars.
const (
	dollarsPerList = 0.005 / 1000
	dollarsPerGet  = 0.0004 / 1000
)

// A Plan says what a run would read.
type Plan struct {
	Units       []PlanUnit     `json:"units"`     // in order of account and region
	LogFiles    int64          `json:"log_files"` // of all units
	Bytes       int64          `json:"bytes"`     // as delivered
	Skipped     int64          `json:"skipped"`   // objects that are no log files
	Unreachable []Unreachable  `json:"unreachable"`
	Requests    ReportRequests `json:"requests"` // that a run makes to read it; listing made as many
	Dollars     float64        `json:"dollars"`  // for those, at S3's standard prices
}

// A PlanUnit is what a run would read of one account and region.
type PlanUnit struct {
	Account  string `json:"account"`
	Region   string `json:"region"`
	FirstDay string `json:"first_day"` // with log files, by delivery
	LastDay  string `json:"last_day"`
	Days     int64  `json:"days"` // with log files
	LogFiles int64  `json:"log_files"`
	Bytes    int64  `json:"bytes"`
}

// MakePlan lists what c selects. It reads no log file and writes nothing, and
// needs no table.
func MakePlan(ctx context.Context, c Config) (*Plan, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	shared := &store.Shared{Concurrency: c.Concurrency}
	sources, lost, err := openSources(ctx, &c, shared)
	if err != nil {
		return nil, err
	}
	keys := make(chan key, c.Concurrency)
	group, listing := errgroup.WithContext(ctx)
	group.Go(func() error { return list(listing, &c, sources, nil, keys) })
	plan := tally(keys, lost)
	if err := group.Wait(); err != nil {
		return nil, err
	}
	requests := &shared.Requests
	plan.Requests = ReportRequests{List: requests.List.Load(), Get: plan.LogFiles, Head: requests.Head.Load()}
	plan.Dollars = float64(plan.Requests.List)*dollarsPerList + float64(plan.Requests.Get+plan.Requests.Head)*dollarsPerGet
	return plan, nil
}

// tally counts keys until there are no more. lost are the sources that send
// none.
func tally(keys <-chan key, lost []Unreachable) *Plan {
	type unit struct {
		PlanUnit
		days map[trail.Day]bool
	}
	units := map[[2]string]*unit{}
	plan := &Plan{Units: []PlanUnit{}, Unreachable: append([]Unreachable{}, lost...)}
	for k := range keys {
		switch {
		case k.skipped:
			plan.Skipped++
			continue
		case k.err != nil:
			plan.Unreachable = append(plan.Unreachable, Unreachable{Unit: k.uri(), Error: k.err.Error()})
			continue
		}
		name := [2]string{k.Account, k.Region}
		u := units[name]
		if u == nil {
			u = &unit{PlanUnit{Account: k.Account, Region: k.Region}, map[trail.Day]bool{}}
			units[name] = u
		}
		u.days[k.Day] = true
		u.LogFiles++
		u.Bytes += k.Size
		plan.LogFiles++
		plan.Bytes += k.Size
	}
	for _, u := range units {
		first, last := trail.Day(1<<31), trail.Day(0)
		for day := range u.days {
			first, last = min(first, day), max(last, day)
		}
		u.FirstDay, u.LastDay, u.Days = first.String(), last.String(), int64(len(u.days))
		plan.Units = append(plan.Units, u.PlanUnit)
	}
	sortUnreachable(plan.Unreachable)
	slices.SortFunc(plan.Units, func(a, b PlanUnit) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return plan
}
