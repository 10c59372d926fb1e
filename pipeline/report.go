package pipeline

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/schema"
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
	Differing    int64            `json:"differing"`      // of these, the ones that say something else than the copy beside them

	Changes          int64 `json:"changes"`           // plan changes among the rows added
	ChangesRecovered int64 `json:"changes_recovered"` // that an earlier run added and could not tell, and this one has told

	Unread      int64         `json:"unread"`       // events with a value that its derived column could not hold
	UnreadFirst []UnreadValue `json:"unread_first"` // the first of them

	SkippedKinds []SkippedKind `json:"skipped_kinds"` // what the skipped objects are

	// What is in exports and is no CloudTrail record.
	Foreign      int64         `json:"foreign"`       // documents and elements, beside records
	ForeignFirst []Quarantined `json:"foreign_first"` // the first of each export, of the first exports
	Empty        int64         `json:"empty"`         // exports that hold no record and say so

	Quarantined       []Quarantined  `json:"quarantined"`    // log files and records that could not be read
	Unreachable       []Unreachable  `json:"unreachable"`    // what the store did not give
	Rejected          int64          `json:"rejected"`       // records among them
	KnownBad          []KnownBad     `json:"known_bad"`      // log files that failed as was known, and records of them
	KnownBadOver      []KnownBadOver `json:"known_bad_over"` // those that are known to be bad, and are not
	PartitionsWritten int64          `json:"partitions_written"`

	Requests ReportRequests `json:"requests"`
	// Concurrency is how many log files were fetched at once, in the end.
	Concurrency    int     `json:"concurrency"`
	ElapsedSeconds float64 `json:"elapsed_seconds"`

	namedRecords int // in Quarantined

	known    known          // goes into KnownBad and KnownBadOver
	others   kinds          // goes into Skipped and SkippedKinds at the end
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
	// Lookup counts those for Event history, which cost nothing but time.
	Lookup int64 `json:"lookup"`
}

// requestsOf returns the requests that were sent.
func requestsOf(r *store.Requests) ReportRequests {
	return ReportRequests{List: r.List.Load(), Get: r.Get.Load(), Put: r.Put.Load(), Head: r.Head.Load(), Lookup: r.Lookup.Load()}
}

// Quarantined is a log file, or one record of it, that could not be read.
type Quarantined struct {
	Key   string `json:"key"` // the log file's URI
	Error string `json:"error"`
}

// An UnreadValue is a field of an event whose value is there, but which the column
// that is derived from it cannot hold: a time in a form that is not known. The
// column is null; rawevent has the value.
type UnreadValue struct {
	Key     string `json:"key"`      // the log file's URI
	EventID string `json:"event_id"` // empty if it has none
	Field   string `json:"field"`    // its path in the record
}

// Unreachable is a source, folder or log file that the store did not give.
type Unreachable struct {
	Unit  string `json:"unit"` // its URI
	Error string `json:"error"`
}

// nameUnread is how many values that could not be read are named.
const nameUnread = 20

// nameSkipped is how many objects that are no log files are named in the log.
const nameSkipped = 5

func newReport(c *Config) *Report {
	r := &Report{
		RunID: c.RunID, Version: c.Version, EventsByName: map[string]int64{},
		UnreadFirst: []UnreadValue{}, SkippedKinds: []SkippedKind{}, Quarantined: []Quarantined{}, ForeignFirst: []Quarantined{}, Unreachable: []Unreachable{},
		KnownBad: []KnownBad{}, KnownBadOver: []KnownBadOver{}, known: newKnown(c.KnownBad),
		Selection: ReportSelection{
			Sources: []string{}, Table: c.Table.String(), To: lastDay(c),
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

// lastDay returns the last day that was asked for: today, where all was.
func lastDay(c *Config) string {
	if c.Selection.To == trail.LastDay && c.Now != nil {
		return trail.DayOf(c.Now()).String()
	}
	return c.Selection.To.String()
}

// Complete reports whether everything selected was reached and read, except what is
// known to be bad.
func (r *Report) Complete() bool { return len(r.Quarantined) == 0 && len(r.Unreachable) == 0 }

// result adds what became of a log file.
func (r *Report) result(f *result, log *slog.Logger) {
	r.knownResult(f, log)
	switch f.outcome {
	case gone:
		r.gone(f.file.uri(), log)
		return
	case unreachable:
		r.Listed++
		if errors.Is(f.err, store.ErrArchived) {
			r.archived.add(&f.file, log)
			return
		}
		r.unreachable("key", f.file.uri(), f.err, log)
		return
	case unreadable:
		r.quarantine(f.file.uri(), f.err, log)
	case read:
	}
	if !f.more {
		r.Listed++
		r.Read++
		r.BytesRead += f.delivered
		r.BytesInflated += f.inflated
		if f.rejected.Count > 0 {
			r.reject(f.file.uri(), &f.rejected, log)
		}
		if f.matched {
			r.Matched++
		}
		r.export(f, log)
	}
	r.Events += int64(len(f.events))
	for i := range f.events {
		r.EventsByName[r.eventName(&f.events[i])]++
		r.unread(f.file.uri(), &f.events[i], log)
	}
}

// export adds what an export held beside records.
func (r *Report) export(f *result, log *slog.Logger) {
	if !f.file.Batch.Export || f.outcome != read {
		return
	}
	if f.found.Records+f.found.Others+f.found.Broken == 0 {
		r.Empty++
		r.name(log, "no records: the export says that there are none", nameUnread, slog.String("key", f.file.uri()))
	}
	if first := f.found.FirstBroken; first != nil {
		r.quarantine(f.file.uri(), fmt.Errorf("%w; broken parts: %d, records read: %d", first, f.found.Broken, f.found.Records), log)
	}
	if f.found.Others == 0 {
		return
	}
	r.Foreign += int64(f.found.Others)
	if len(r.ForeignFirst) < nameUnread {
		r.ForeignFirst = append(r.ForeignFirst, Quarantined{Key: f.file.uri(), Error: f.found.First.Error()})
	}
	r.name(log, "no CloudTrail record: counted and left out", nameUnread,
		slog.String("key", f.file.uri()), slog.Int("parts", f.found.Others), slog.Any("first", f.found.First))
}

// maxEventNames is how many names of events are counted apart: thirteen operations
// are known. A name of an event is whatever a log file says.
const maxEventNames = 1000

// eventName returns what an event is counted as.
func (r *Report) eventName(e *schema.Event) string {
	name := "(none)"
	if e.EventName != nil {
		name = *e.EventName
	}
	if _, counted := r.EventsByName[name]; !counted && (len(r.EventsByName) >= maxEventNames || len(name) > 128) {
		name = "(other)"
	}
	return name
}

// reject adds the records of a log file that could not be read. They are counted, and
// the first hundred of a run are named; of each log file, the first is.
func (r *Report) reject(uri string, rejected *schema.Rejected, log *slog.Logger) {
	r.Rejected += int64(rejected.Count)
	named := rejected.First[:min(len(rejected.First), max(1, maxNamed-r.namedRecords))]
	r.namedRecords += len(named)
	for i, record := range named {
		var err error = record
		if more := rejected.Count - len(named); more > 0 && i == len(named)-1 {
			err = fmt.Errorf("%w; and %d more records of this log file", err, more)
		}
		r.quarantine(uri, err, log)
	}
}

// unread adds what the derived columns of an event could not hold.
func (r *Report) unread(uri string, event *schema.Event, log *slog.Logger) {
	fields := event.Unread()
	if len(fields) == 0 {
		return
	}
	r.Unread++
	value := UnreadValue{Key: uri}
	if event.EventID != nil {
		value.EventID = *event.EventID
	}
	for _, value.Field = range fields {
		if len(r.UnreadFirst) < nameUnread {
			r.UnreadFirst = append(r.UnreadFirst, value)
		}
		r.name(log, "value not read: its column is null, rawevent has it", nameUnread,
			slog.String("key", uri), slog.String("event_id", value.EventID), slog.String("field", value.Field))
	}
}

// gone adds a log file that is not there any more.
func (r *Report) gone(uri string, log *slog.Logger) {
	r.Gone++
	r.knownOver(uri, knownGone, log)
	r.name(log, "gone: it is not there any more", maxNamed, slog.String("key", uri))
}

// skipped adds objects that are no log files.
func (r *Report) skipped(kind, first string, o trail.Other, log *slog.Logger) {
	if o.Objects == 0 {
		return
	}
	r.Skipped += o.Objects
	_, known := r.others[kind]
	r.others.add(kind, first, o)
	if !known || kind == trail.KindUnnamed {
		r.name(log, "skipped: not a log file", nameSkipped, slog.String("key", first), slog.String("kind", kind), slog.Int64("objects", o.Objects))
	}
}

// unreachable adds what the store does not give: a unit, or a key.
func (r *Report) unreachable(what, uri string, err error, log *slog.Logger) {
	if r.knownFailed(uri, WasUnreachable, err, log) {
		return
	}
	r.Unreachable = append(r.Unreachable, Unreachable{Unit: uri, Error: err.Error()})
	r.name(log, "unreachable", maxNamed, slog.String(what, uri), slog.Any("error", err))
}

// alreadyDone adds listed log files that an earlier run has read.
func (r *Report) alreadyDone(n int) {
	r.Listed += int64(n)
	r.AlreadyDone += int64(n)
}

func (r *Report) quarantine(uri string, err error, log *slog.Logger) {
	if r.knownFailed(uri, WasQuarantined, err, log) {
		return
	}
	r.Quarantined = append(r.Quarantined, Quarantined{Key: uri, Error: err.Error()})
	r.name(log, "quarantined", maxNamed, slog.String("key", uri), slog.Any("error", err))
}

// show shows what the report says until now to those who look on.
func (r *Report) show(p *Progress) {
	if p == nil {
		return
	}
	p.finished.Store(r.Listed - r.AlreadyDone + r.Gone)
	p.read.Store(r.BytesRead)
	p.events.Store(r.Events)
	p.rows.Store(r.RowsAdded)
	p.unreachable.Store(int64(len(r.Unreachable)))
	p.quarantined.Store(int64(len(r.Quarantined)))
}

// merged adds what a merge did.
func (r *Report) merged(change table.Change) {
	r.RowsAdded += int64(change.Added)
	r.Duplicates += int64(change.Duplicates)
	r.Differing += int64(change.Differing)
	if change.Written {
		r.PartitionsWritten++
	}
}

// finish puts the lists in order, since log files are read in any, and adds
// what is known at the end.
func (r *Report) finish(began time.Time, requests *store.Requests) {
	slices.SortFunc(r.UnreadFirst, func(a, b UnreadValue) int {
		return strings.Compare(a.Key+a.EventID+a.Field, b.Key+b.EventID+b.Field)
	})
	slices.SortFunc(r.ForeignFirst, func(a, b Quarantined) int { return strings.Compare(a.Key+a.Error, b.Key+b.Error) })
	slices.SortFunc(r.Quarantined, func(a, b Quarantined) int { return strings.Compare(a.Key+a.Error, b.Key+b.Error) })
	r.Unreachable = append(r.Unreachable, r.archived.unreachable()...)
	r.Unreachable = sortUnreachable(r.Unreachable)
	sortKnown(r.KnownBad, r.KnownBadOver)
	r.SkippedKinds = r.others.list()
	r.Requests = requestsOf(requests)
	r.ElapsedSeconds = time.Since(began).Seconds()
}

// sortUnreachable puts a list in order. What two listings came upon is named once.
func sortUnreachable(list []Unreachable) []Unreachable {
	slices.SortFunc(list, func(a, b Unreachable) int { return strings.Compare(a.Unit+a.Error, b.Unit+b.Error) })
	return slices.Compact(list)
}
