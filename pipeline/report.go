package pipeline

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
)

// A Report says what a run did.
type Report struct {
	RunID     string          `json:"run_id"`    // as in the log lines
	Version   string          `json:"version"`   // of the program
	Selection ReportSelection `json:"selection"` // as run

	Units         int64 `json:"units"`          // listed to their end, as far as they are not settled
	Listed        int64 `json:"listed"`         // log files selected
	Skipped       int64 `json:"skipped"`        // objects that are no log files
	AlreadyDone   int64 `json:"already_done"`   // log files that an earlier run has read
	Read          int64 `json:"read"`           // log files fetched
	BytesRead     int64 `json:"bytes_read"`     // as delivered
	BytesInflated int64 `json:"bytes_inflated"` // as JSON
	Matched       int64 `json:"matched"`        // log files that held a kept event
	Gone          int64 `json:"gone"`           // log files that were listed, or failed before, and are not there any more

	Events       int64            `json:"events"`         // kept, copies included
	EventsByName map[string]int64 `json:"events_by_name"` // the same by eventName
	RowsAdded    int64            `json:"rows_added"`     // to the table
	Duplicates   int64            `json:"duplicates"`     // copies from other log files, of which one was kept

	Quarantined       []Quarantined `json:"quarantined"` // log files and records that could not be read
	Unreachable       []Unreachable `json:"unreachable"` // what the store did not give
	PartitionsWritten int64         `json:"partitions_written"`

	Requests       ReportRequests `json:"requests"`
	ElapsedSeconds float64        `json:"elapsed_seconds"`

	archived archived       // goes into Unreachable at the end
	named    map[string]int // log lines by kind
}

// A ReportSelection is what the run was asked to read and write.
type ReportSelection struct {
	Sources   []string `json:"sources"`
	Table     string   `json:"table"`
	From      string   `json:"from,omitempty"` // absent: all history
	To        string   `json:"to"`
	Accounts  []string `json:"accounts,omitempty"` // absent: all
	Regions   []string `json:"regions,omitempty"`  // absent: all
	Partition string   `json:"partition"`
	Shard     string   `json:"shard,omitempty"` // absent: all
}

// ReportRequests counts requests as sent, retries included. For a directory,
// reading it counts as listing.
type ReportRequests struct {
	List int64 `json:"list"`
	Get  int64 `json:"get"`
	Put  int64 `json:"put"`
	Head int64 `json:"head"`
}

// Quarantined is a log file, or one record of it, that could not be read.
type Quarantined struct {
	Key   string `json:"key"` // the log file's URI
	Error string `json:"error"`
}

// Unreachable is a source, folder or log file that the store did not give.
type Unreachable struct {
	Unit  string `json:"unit"` // its URI
	Error string `json:"error"`
}

// nameSkipped is how many objects that are no log files are named in the log.
const nameSkipped = 5

func newReport(c *Config) *Report {
	r := &Report{
		RunID: c.RunID, Version: c.Version, EventsByName: map[string]int64{},
		Quarantined: []Quarantined{}, Unreachable: []Unreachable{},
		Selection: ReportSelection{
			Sources: []string{}, Table: c.Table.String(), To: c.Selection.To.String(),
			Accounts: c.Selection.Accounts, Regions: c.Selection.Regions, Partition: string(c.Partition),
		},
	}
	for _, u := range c.Sources {
		r.Selection.Sources = append(r.Selection.Sources, u.String())
	}
	if !c.Shard.all() {
		r.Selection.Shard = c.Shard.String()
	}
	if c.Selection.From > 0 {
		r.Selection.From = c.Selection.From.String()
	}
	return r
}

// Complete reports whether everything selected was reached and read.
func (r *Report) Complete() bool { return len(r.Quarantined) == 0 && len(r.Unreachable) == 0 }

// count adds what became of a log file.
func (r *Report) count(file *decodedFile, log *slog.Logger) {
	switch {
	case file.end != nil:
		if !file.end.rest {
			r.Units++
		}
		return
	case file.mark != nil:
		r.Listed += int64(file.mark.known)
		r.AlreadyDone += int64(file.mark.known)
		return
	case file.gone:
		r.Gone++
		r.name(log, "gone: it is not there any more", maxNamed, slog.String("key", file.uri()))
		return
	case file.skipped:
		r.Skipped++
		r.name(log, "skipped: not a log file", nameSkipped, slog.String("key", file.uri()))
		return
	case file.err != nil:
		what := "unit"
		if !file.folder {
			what = "key"
			r.Listed++
		}
		if errors.Is(file.err, store.ErrArchived) {
			r.archived.add(file, log)
			return
		}
		r.Unreachable = append(r.Unreachable, Unreachable{Unit: file.uri(), Error: file.err.Error()})
		r.name(log, "unreachable", maxNamed, slog.String(what, file.uri()), slog.Any("error", file.err))
		return
	}
	r.Listed++
	r.Read++
	r.BytesRead += file.read
	r.BytesInflated += file.inflated
	if file.broken != nil {
		r.quarantine(file.uri(), file.broken, log)
	}
	for _, record := range file.odd {
		r.quarantine(file.uri(), record, log)
	}
	if len(file.events) > 0 {
		r.Matched++
	}
	r.Events += int64(len(file.events))
	for i := range file.events {
		name := "(none)"
		if file.events[i].EventName != nil {
			name = *file.events[i].EventName
		}
		r.EventsByName[name]++
	}
}

func (r *Report) quarantine(uri string, err error, log *slog.Logger) {
	r.Quarantined = append(r.Quarantined, Quarantined{Key: uri, Error: err.Error()})
	r.name(log, "quarantined", maxNamed, slog.String("key", uri), slog.Any("error", err))
}

// commit adds what a merge did.
func (r *Report) commit(change table.Change) {
	r.RowsAdded += int64(change.Added)
	r.Duplicates += int64(change.Duplicates)
	if change.Written {
		r.PartitionsWritten++
	}
}

// finish puts the lists in order, since log files are read in any, and adds
// what is known at the end.
func (r *Report) finish(began time.Time, requests *store.Requests) {
	slices.SortFunc(r.Quarantined, func(a, b Quarantined) int { return strings.Compare(a.Key+a.Error, b.Key+b.Error) })
	r.Unreachable = append(r.Unreachable, r.archived.unreachable()...)
	sortUnreachable(r.Unreachable)
	r.Requests = ReportRequests{
		List: requests.List.Load(), Get: requests.Get.Load(), Put: requests.Put.Load(), Head: requests.Head.Load(),
	}
	r.ElapsedSeconds = time.Since(began).Seconds()
}

func sortUnreachable(list []Unreachable) {
	slices.SortFunc(list, func(a, b Unreachable) int { return strings.Compare(a.Unit+a.Error, b.Unit+b.Error) })
}
