package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/trail"
)

// An Account is what a table remembers of the log files in one account's folder.
type Account struct {
	Version      int                `json:"version"`
	EventSources []string           `json:"event_sources"` // that were looked for
	Folder       string             `json:"folder"`        // the account folder's URI
	Regions      map[string]*Region `json:"regions"`
	// Searched says that the account's folder was searched beside this one, and that
	// neither a log file nor a trail was there.
	Searched *Searched `json:"searched,omitempty"`
}

// Searched is what a search that found no log files has seen.
type Searched struct {
	Kinds []string `json:"kinds,omitempty"` // of folders: other services'
}

// A Region is what is remembered of one region.
type Region struct {
	Settled trail.Days           `json:"settled,omitempty"`
	Months  map[string]Tally     `json:"months,omitempty"` // of settled days, by 2024-03
	Days    map[trail.Day]Tally  `json:"days,omitempty"`   // of other days
	Failed  map[string]FailedKey `json:"failed,omitempty"` // by key below the region's folder
	// Searched says that no log file was in the region's folder beside those of
	// delivery days.
	Searched bool `json:"searched,omitempty"`
	// Files are those that are known one by one: exports, and log files that were
	// named as a source.
	Files Files `json:"files,omitempty"`
}

// FilesRegion names the region of a folder's files that are known one by one.
const FilesRegion = "/"

// A FailedKey is a log file that could not be read.
type FailedKey struct {
	Size int64  `json:"size"`
	ETag string `json:"etag"`
}

// New returns the state of a folder of which nothing is known.
func New(folder string, eventSources []string) *Account {
	return &Account{Version: Version, EventSources: eventSources, Folder: folder, Regions: map[string]*Region{}}
}

// RegionName names the log files of an account and region that lie outside a
// trail's layout: rel is where they lie below the state's folder, with a closing
// slash, or "".
func RegionName(rel, account, region string) string { return rel + account + "/" + region }

// SplitRegion reads a region's name. account is "" where it is a region's own, as
// in the layout.
func SplitRegion(name string) (rel, account, region string) {
	slash := strings.LastIndexByte(name, '/')
	if slash < 0 {
		return "", "", name
	}
	region, account = name[slash+1:], name[:slash]
	slash = strings.LastIndexByte(account, '/')
	return account[:slash+1], account[slash+1:], region
}

// ErrOther says that a document is the state of another folder, of other event
// sources, or of another version: it says nothing about what to do now.
var ErrOther = errors.New("state of something else")

// Parse reads a state that [Account.Text] wrote for the same folder and event
// sources.
func Parse(text []byte, folder string, eventSources []string) (*Account, error) {
	a, err := ParseAny(text)
	if err == nil && (a.Folder != folder || !slices.Equal(a.EventSources, eventSources)) {
		return nil, ErrOther
	}
	return a, err
}

// ParseAny reads a state that [Account.Text] wrote, of whatever folder and event
// sources, for those who want to tell what is known.
func ParseAny(text []byte) (*Account, error) {
	a := &Account{Regions: map[string]*Region{}}
	if err := json.Unmarshal(text, a); err != nil {
		return nil, fmt.Errorf("parse state: %w", err)
	}
	if a.Regions == nil || a.Version != Version {
		return nil, ErrOther
	}
	for name, region := range a.Regions {
		if region == nil || !region.Settled.Valid() {
			return nil, fmt.Errorf("parse state: region %q is not as it was written", name)
		}
	}
	return a, nil
}

// Text returns the document. Equal states have equal texts.
func (a *Account) Text() ([]byte, error) {
	text, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write state: %w", err)
	}
	return append(text, '\n'), nil
}

// clone returns a state that can be changed apart from a.
func (a *Account) clone() *Account {
	c := *a
	c.Regions = make(map[string]*Region, len(a.Regions))
	for name, r := range a.Regions {
		c.Regions[name] = &Region{Settled: r.Settled, Months: maps.Clone(r.Months), Days: maps.Clone(r.Days), Failed: maps.Clone(r.Failed), Searched: r.Searched, Files: r.Files}
	}
	return &c
}

// Region returns a region's state, begun if there is none.
func (a *Account) Region(name string) *Region {
	r := a.Regions[name]
	if r == nil {
		r = &Region{}
		a.Regions[name] = r
	}
	return r
}

// Covered reports whether all settled days of the month that day is in are among
// days.
func (r *Region) Covered(day trail.Day, days trail.Days) bool {
	at := day.Time()
	first := day - trail.Day(at.Day()-1)
	last := trail.DayOf(first.Time().AddDate(0, 1, 0)) - 1
	return len(r.Settled.Within(trail.Span{From: first, To: last}).Without(days)) == 0
}

// Count returns how many log files there are of settled days. It counts months
// whose settled days are all among days.
func (r *Region) Count(days trail.Days) int {
	count := 0
	for month, tally := range r.Months {
		if first, err := time.Parse("2006-01", month); err == nil && r.Covered(trail.DayOf(first), days) {
			count += tally.Count
		}
	}
	return count
}

// Distrust takes back that days after last are settled: no run under a right clock
// says so. It reports whether any were.
func (a *Account) Distrust(last trail.Day) bool {
	any := false
	for _, r := range a.Regions {
		any = r.takeBack(trail.Days{{From: last + 1, To: trail.LastDay}}) || any
	}
	return any
}

// takeBack takes back that days are settled, and reports whether any were. The
// counts of months do not tell one day from another, so it takes back their months
// whole.
func (r *Region) takeBack(days trail.Days) bool {
	any := false
	for _, span := range days {
		settled := r.Settled.Within(span)
		if len(settled) == 0 {
			continue
		}
		any = true
		first, last := settled.First().Time(), settled.Last().Time()
		months := trail.Span{
			From: settled.First() - trail.Day(first.Day()-1),
			To:   trail.DayOf(last.AddDate(0, 0, 1-last.Day()).AddDate(0, 1, 0)) - 1,
		}
		r.Settled = r.Settled.Without(trail.Days{months})
		maps.DeleteFunc(r.Months, func(name string, _ Tally) bool { return name >= months.From.Month() && name <= months.To.Month() })
	}
	return any
}
