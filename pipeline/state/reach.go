package state

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A Reach is how far what is known of a unit reaches, an account and region of a
// source.
type Reach struct {
	Account, Region, Folder string
	Settled                 trail.Days
	Unsettled               trail.Days // of which log files have been read
	Missing                 trail.Days // that no run has finished, among others that are
	Empty                   trail.Days // settled, and without a log file; see [Region.Empty]
	LogFiles                int
	Files                   int       // that are known one by one; then there is neither account nor region
	First                   trail.Day // from which on there are log files; 0 without any
	Last                    trail.Day // the last with log files; 0 without any
	Failed                  []string  // keys below the region's folder
	Other                   bool      // other events were looked for: all is read again
	History                 bool      // it is of Event history, of which a day counts as a log file
}

// Documented are states to read. A table's reader is.
type Documented interface {
	Documents(ctx context.Context, folder string) iter.Seq2[string, error]
	Document(ctx context.Context, name string) (text []byte, etag string, err error)
}

// Reaches reads the states of a table, one at a time, and returns how far they
// reach, in the order of account, region and folder. Unreadable are the names of
// state documents that make no sense.
func Reaches(ctx context.Context, documents Documented, eventSources []string) (all []Reach, unreadable []string, err error) {
	for name, err := range documents.Documents(ctx, "state") {
		if err != nil {
			return nil, nil, err
		}
		text, _, err := documents.Document(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			continue // removed since it was listed
		}
		if err != nil {
			return nil, nil, err
		}
		a, err := ParseAny(text)
		if err != nil {
			unreadable = append(unreadable, path.Base(name))
			continue
		}
		for region, known := range a.Regions {
			all = append(all, reachOf(a, region, known, eventSources))
		}
	}
	slices.SortFunc(all, func(a, b Reach) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Folder, b.Folder))
	})
	return all, unreadable, nil
}

func reachOf(a *Account, region string, known *Region, eventSources []string) Reach {
	r := Reach{
		Region: region, Folder: a.Folder, Settled: known.Settled, Other: !slices.Equal(a.EventSources, eventSources),
		History: strings.HasPrefix(a.Folder, store.HistoryScheme),
	}
	if region == FilesRegion {
		r.Region, r.Files = "", len(known.Files)
		return r
	}
	if rel, account, name := SplitRegion(region); account != "" {
		r.Account, r.Region, r.Folder = account, name, a.Folder+rel
	} else {
		parts := strings.Split(a.Folder, "/") // …/111122223333/CloudTrail/, cloudtrail://111122223333/EventHistory/
		r.Account = parts[max(0, len(parts)-3)]
	}
	begins := func(day trail.Day) {
		if r.First == 0 || day < r.First {
			r.First = day
		}
	}
	for month, tally := range known.Months {
		r.LogFiles += tally.Count
		if t, err := time.Parse("2006-01", month); err == nil && tally.Count > 0 {
			begins(trail.DayOf(t))
		}
	}
	done := r.Settled
	for day, tally := range known.Days {
		r.LogFiles += tally.Count
		begins(day)
		span := trail.Span{From: day, To: day}
		r.Unsettled, done = r.Unsettled.With(span), done.With(span)
	}
	if len(r.Settled) > 0 {
		r.Missing = trail.Days{{From: r.Settled.First(), To: r.Settled.Last()}}.Without(done)
	}
	r.Empty, r.Last = known.Empty(), known.last()
	for key := range known.Failed {
		r.Failed = append(r.Failed, key)
	}
	slices.Sort(r.Failed)
	return r
}

// begin returns the first day on which log files were delivered, 0 if there is none.
// First is that of its month.
func (r *Reach) begin() (first trail.Day) {
	for _, days := range []trail.Days{r.Settled.Without(r.Empty), r.Unsettled} {
		if len(days) > 0 && (first == 0 || days.First() < first) {
			first = days.First()
		}
	}
	return first
}

// Whole is what is known of an account in all its regions together.
type Whole struct {
	// Settled are the days that are settled in every region, in whatever source.
	Settled trail.Days
	First   trail.Day // from which on there are log files; 0 without any
	Last    trail.Day // the last with log files, in whatever region; 0 without any
	Failed  int       // log files that could not be read
	Regions int
	// Behind are the regions that are not settled as far as the account's furthest.
	Behind []string
}

// Accounts joins what is known of units to what is known of accounts. A day counts
// that is settled in every region of the account, in one of the sources that the
// region is in: sources follow each other where trails move.
//
// Of units that looked for other events, no day counts.
func Accounts(units []Reach) map[string]Whole {
	regions := map[string]map[string]trail.Days{}
	whole := map[string]Whole{}
	for _, u := range units {
		if u.Account == "" {
			continue // files of whatever account
		}
		if regions[u.Account] == nil {
			regions[u.Account] = map[string]trail.Days{}
		}
		days := regions[u.Account][u.Region]
		if !u.Other {
			for _, span := range u.Settled {
				days = days.With(span)
			}
		}
		regions[u.Account][u.Region] = days
		w := whole[u.Account]
		if first := u.begin(); first != 0 && (w.First == 0 || first < w.First) {
			w.First = first
		}
		w.Last = max(w.Last, u.Last)
		w.Failed += len(u.Failed)
		whole[u.Account] = w
	}
	for account, w := range whole {
		w.join(regions[account])
		whole[account] = w
	}
	return whole
}

func (w *Whole) join(regions map[string]trail.Days) {
	w.Regions = len(regions)
	every := trail.Days{{From: 0, To: trail.LastDay}}
	var last trail.Day = -1
	for _, days := range regions {
		every = every.Without(trail.Days{{From: 0, To: trail.LastDay}}.Without(days))
		if len(days) > 0 {
			last = max(last, days.Last())
		}
	}
	w.Settled = every
	for region, days := range regions {
		if len(days) == 0 || days.Last() < last {
			w.Behind = append(w.Behind, region)
		}
	}
	slices.Sort(w.Behind)
}
