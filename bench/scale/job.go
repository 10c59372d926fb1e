package scale

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"plantrail/bench/s3mem"
	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A Task is what a job does.
type Task string

// Tasks.
const (
	Plan  Task = "plan"  // of the first run
	First Task = "first" // the run that reads all history
	Night Task = "night" // a run one day later, when one more day was delivered
)

// A Job is a plan or a run over an organization's trail.
type Job struct {
	Task         Task
	Organization Config // as on the day of the first run
	Table        string // directory
	// Source is where a server has the trail, see [Job.Serve]; "" for one in this
	// process that costs no requests.
	Source   string
	Accounts []string
	Shard    pipeline.Shard
}

// ErrWrong says that a job has not found what there was.
var ErrWrong = errors.New("found something else than there is")

// organization returns the trail as it is on the day of the job.
func (j Job) organization() (*Organization, error) {
	config := j.Organization
	if j.Task == Night {
		config.Days++
	}
	return New(config)
}

// source returns where the trail is, or seems to be.
func (j Job) source() (store.URL, error) {
	if j.Source == "" {
		return store.URL{Bucket: "organization"}, nil
	}
	return store.ParseURL(j.Source)
}

// Serve has a server in memory answer for the job's trail. Its URL is what the
// job takes as Source.
func (j Job) Serve() (*s3mem.Server, string, error) {
	o, err := j.organization()
	if err != nil {
		return nil, "", err
	}
	server, err := s3mem.Start(o, s3mem.Config{})
	if err != nil {
		return nil, "", err
	}
	return server, server.URL("organization", ""), nil
}

// Run does the job and returns what it took.
func (j Job) Run(ctx context.Context) (*Figures, error) {
	o, err := j.organization()
	if err != nil {
		return nil, err
	}
	source, err := j.source()
	if err != nil {
		return nil, fmt.Errorf("open source: %w", err)
	}
	c := pipeline.DefaultConfig()
	if c.Table, err = store.ParseURL(j.Table); err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	c.Log = slog.New(slog.DiscardHandler)
	c.Sources = []store.URL{source}
	today := o.First + trail.Day(o.Days) // the last day is over
	c.Selection = trail.Selection{Accounts: j.Accounts, To: today}
	c.Shard = j.Shard
	c.Now = func() time.Time { return today.Time().Add(2 * time.Hour) }
	trailMeter, tableMeter := new(meter), new(meter)
	c.OpenStore = func(ctx context.Context, u store.URL, mustExist bool, shared *store.Shared) (store.Location, error) {
		if u == source && j.Source == "" {
			return store.Location{Store: metered{o.Store(&shared.Requests), trailMeter}, URL: u}, nil
		}
		l, err := store.Open(ctx, u, mustExist, shared)
		if u == source {
			l.Store = metered{l.Store, trailMeter}
		} else {
			l.Store = metered{l.Store, tableMeter}
		}
		return l, err
	}
	f := &Figures{Task: j.Task, There: o.there(j)}
	began := time.Now()
	if j.Task == Plan {
		err = f.plan(ctx, c)
	} else {
		err = f.run(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	f.Trail, f.Table = trailMeter.requests(), tableMeter.requests()
	f.StateWritten = tableMeter.stateBytes.Load()
	if err := f.finish(began, j.Table); err != nil {
		return nil, err
	}
	if j.Shard == (pipeline.Shard{}) && f.Found != (Totals{f.Found.Units, f.There.LogFiles, f.There.Bytes, f.There.Events}) {
		return f, fmt.Errorf("%w: found %+v, there is %+v", ErrWrong, f.Found, f.There)
	}
	return f, nil
}

// there returns what the job is to find.
func (o *Organization) there(j Job) Totals {
	want := func(account string) bool { return len(j.Accounts) == 0 || slices.Contains(j.Accounts, account) }
	var t Totals
	if j.Task == Night {
		t = o.Totals(o.Days-1, 1, want)
	} else {
		t = o.Totals(0, o.Days, want)
	}
	if j.Task == Plan {
		t.Events = 0 // a plan reads none
	}
	return t
}

// Median returns an account of middling size.
func (o *Organization) Median() string {
	for account := range o.Accounts {
		if account*shuffle%o.Accounts == o.Accounts/2 {
			return o.account(account)
		}
	}
	return o.account(0)
}
