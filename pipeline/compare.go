package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
	"plantrail/pipeline/verify"
	"plantrail/schema"
)

// A TableReport says how the table compares with the verified log files, row by row.
type TableReport struct {
	Verified  int            `json:"verified"`  // rows that are what their log files say
	Missing   int            `json:"missing"`   // events of log files that the table has read, and no row
	Extra     int            `json:"extra"`     // rows whose log files are not what was signed, or do not say so
	Different int            `json:"different"` // rows that differ from the event
	Unproven  int            `json:"unproven"`  // rows whose log files are not proven
	Expired   int            `json:"expired"`   // rows whose log files are not there any more, and no digest of theirs
	Other     int            `json:"other"`     // rows of log files that are not of the selection
	Unread    []UnreadPart   `json:"unread"`    // proven days that the table has not read
	Files     []table.File   `json:"files"`     // which were compared
	Findings  []TableFinding `json:"findings"`
}

// An UnreadPart is a unit's days that the table has not read.
type UnreadPart struct {
	Account string     `json:"account"`
	Region  string     `json:"region"`
	Days    trail.Days `json:"days"`
}

// A TableFinding is a row, or an event without one.
type TableFinding struct {
	Verdict string    `json:"verdict"` // missing, extra or different
	Time    time.Time `json:"time"`
	Account string    `json:"account"`
	EventID string    `json:"event_id"`
	LogFile string    `json:"log_file"`
	Error   string    `json:"error"`
}

// Altered reports whether the table is not what the log files say.
func (t *TableReport) Altered() bool { return t.Missing+t.Extra+t.Different > 0 }

// maxTableFindings bounds what is named one by one.
const maxTableFindings = 10_000

// A comparison holds the rows of a table, each in some hundred bytes, while the log files
// are verified.
type comparison struct {
	reader *table.Reader
	report *TableReport
	c      *VerifyConfig

	mutex  sync.Mutex
	rows   map[string]*tableRow       // by identity
	judged map[string]*digest.Verdict // by URI: log files of rows; nil: none was found
	absent []TableFinding             // events without a row
}

// A tableRow is a row of the table.
type tableRow struct {
	event   TableFinding
	content [sha256.Size]byte
	equal   bool // its log file says so
	differs string
}

// openComparison reads the table's rows.
func openComparison(ctx context.Context, c *VerifyConfig, shared *store.Shared) (*comparison, error) {
	location, err := c.open(ctx, c.Table, true, shared)
	if err != nil {
		return nil, err
	}
	reader, err := table.OpenReader(ctx, location)
	if err != nil {
		return nil, err
	}
	t := &comparison{
		reader: reader, c: c, report: &TableReport{Unread: []UnreadPart{}, Findings: []TableFinding{}},
		rows: map[string]*tableRow{}, judged: map[string]*digest.Verdict{},
	}
	return t, t.readRows(ctx)
}

// errTableChanged says that a run wrote the table while its rows were read.
var errTableChanged = errors.New("the table was written while it was read: verify again when no run does")

// readRows reads the rows, and makes sure that they are those of the files named.
func (t *comparison) readRows(ctx context.Context) (err error) {
	if t.report.Files, err = t.reader.Files(ctx); err != nil {
		return err
	}
	for event, err := range t.reader.Rows(ctx, table.Filter{}) {
		if err != nil {
			return err
		}
		t.rows[identityOf(event)] = &tableRow{event: findingOf(event), content: contentOf(event)}
		t.judged[event.LogFile] = nil
	}
	files, err := t.reader.Files(ctx)
	if err == nil && !slices.Equal(files, t.report.Files) {
		err = errTableChanged
	}
	return err
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func findingOf(e *schema.Event) TableFinding {
	return TableFinding{Time: e.EventTime, Account: text(e.RecipientAccountID), EventID: text(e.EventID), LogFile: e.LogFile}
}

// identityOf returns what makes a row one event, as the table has it.
func identityOf(e *schema.Event) string {
	id := fmt.Sprintf("%d\n%s\n%s\n%s", e.EventTime.UnixMilli(), text(e.RecipientAccountID), text(e.EventID), text(e.EventName))
	if text(e.EventID) == "" {
		id += "\n" + string(e.RawEvent)
	}
	return id
}

// contentOf hashes all columns of an event but its log file.
func contentOf(e *schema.Event) (sum [sha256.Size]byte) {
	h := sha256.New()
	event := *e
	event.LogFile = ""
	hashValue(h, reflect.ValueOf(event))
	h.Sum(sum[:0])
	return sum
}

// hashValue hashes a value so that different ones hardly have the same hash. Nothing and
// an empty list are the same to the table.
func hashValue(h hash.Hash, v reflect.Value) {
	number := func(n uint64) { h.Write(binary.BigEndian.AppendUint64(nil, n)) }
	if t, ok := v.Interface().(time.Time); ok {
		number(uint64(t.UnixMilli()))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			number(0)
			return
		}
		number(1)
		hashValue(h, v.Elem())
	case reflect.String:
		number(uint64(v.Len()))       //nolint:gosec // not negative
		io.WriteString(h, v.String()) //nolint:errcheck // a hash takes all
	case reflect.Bool:
		if v.Bool() {
			number(1)
		} else {
			number(0)
		}
	case reflect.Slice:
		number(uint64(v.Len())) //nolint:gosec // not negative
		for i := range v.Len() {
			hashValue(h, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			hashValue(h, v.Field(i))
		}
	default:
		panic("a column of kind " + v.Kind().String())
	}
}

// judge notes what became of a log file, if rows are of it. The worst counts.
func (t *comparison) judge(uri string, verdict digest.Verdict) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if known, asked := t.judged[uri]; asked && (known == nil || *known == digest.Verified || verdict == digest.Unlisted) {
		t.judged[uri] = &verdict
	}
}

// take compares a verified log file's events.
func (t *comparison) take(source *store.Location, key string, events []schema.Event) {
	uri := source.URI(key)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for i := range events {
		e := &events[i]
		row := t.rows[identityOf(e)]
		switch {
		case row == nil:
			absent := findingOf(e)
			absent.LogFile = uri
			t.absent = append(t.absent, absent)
		case row.event.LogFile == uri:
			if contentOf(e) == row.content {
				row.equal = true
			} else {
				row.differs = "its columns are not what the record in its log file says"
			}
		case row.event.LogFile > uri: // of copies of an event, the first log file's stays
			row.differs = cmp.Or(row.differs, "the event is in "+uri+" too, which sorts before its log file")
		}
	}
}

// finish judges the rows of what was verified.
func (t *comparison) finish(ctx context.Context, result *verify.Result) (*TableReport, error) {
	days, err := t.readDays(ctx, result)
	if err != nil {
		return nil, err
	}
	for _, row := range t.rows {
		verdict := t.judged[row.event.LogFile]
		switch {
		case verdict == nil && !days.selected(t.c, row.event.LogFile):
			t.report.Other++
		case row.differs != "":
			t.find("different", row.event, row.differs)
		case verdict == nil:
			t.report.Expired++
		case row.equal && *verdict == digest.Verified:
			t.report.Verified++
		case *verdict == digest.Verified:
			t.find("extra", row.event, "its log file is verified and has no such event")
		case *verdict == digest.Altered, *verdict == digest.Unlisted, *verdict == digest.Missing:
			t.find("extra", row.event, "its log file is "+verdict.String())
		default:
			t.report.Unproven++
		}
	}
	for _, absent := range t.absent {
		if days.read(absent.LogFile) {
			t.find("missing", absent, "the table has read the log file, and has no such row")
		}
	}
	slices.SortFunc(t.report.Findings, func(a, b TableFinding) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.LogFile, b.LogFile))
	})
	return t.report, nil
}

func (t *comparison) find(verdict string, event TableFinding, why string) {
	switch verdict {
	case "missing":
		t.report.Missing++
	case "extra":
		t.report.Extra++
	case "different":
		t.report.Different++
	}
	if len(t.report.Findings) < maxTableFindings {
		event.Verdict, event.Error = verdict, why
		t.report.Findings = append(t.report.Findings, event)
	}
}

// tableDays are the days that the table has read of each region's folder that was verified.
type tableDays map[string]trail.Days

// readDays asks the table's state what it has read, and enters what it has not.
func (t *comparison) readDays(ctx context.Context, result *verify.Result) (tableDays, error) {
	all := tableDays{}
	for _, u := range result.Units {
		if u.Account == "" || all[u.Folder] != nil {
			continue
		}
		known, err := state.NewCheckpoints(readOnly{t.reader}, schema.EventSources(), trail.DayOf(t.c.Now()), t.c.Log).
			Account(ctx, u.Account, trail.Parent(u.Folder))
		if err != nil {
			return nil, err
		}
		days := trail.Days{}
		if region := known.Regions[u.Region]; region != nil {
			days = region.Settled
			for day := range region.Days {
				days = days.With(trail.Span{From: day, To: day})
			}
		}
		all[u.Folder] = append(trail.Days{}, days...)
		var unread trail.Days
		for _, day := range u.Days {
			unread = unread.With(trail.Span{From: day, To: day})
		}
		if unread = unread.Without(days); len(unread) > 0 {
			t.report.Unread = append(t.report.Unread, UnreadPart{Account: u.Account, Region: u.Region, Days: unread})
		}
	}
	return all, nil
}

// dayOf returns the region's folder and the day of a log file.
func (d tableDays) dayOf(uri string) (folder string, day trail.Day, ok bool) {
	for end := len(uri); end > 0; end = strings.LastIndexByte(uri[:end], '/') {
		rel := uri[end:]
		if end < len(uri) {
			rel = rel[1:]
		}
		if _, known := d[uri[:len(uri)-len(rel)]]; !known || len(rel) <= len("2006/01/02/") {
			continue
		}
		if at, err := time.Parse("2006/01/02/", rel[:len("2006/01/02/")]); err == nil {
			return uri[:len(uri)-len(rel)], trail.DayOf(at), true
		}
	}
	return "", 0, false
}

// selected reports whether a log file is of what was verified.
func (d tableDays) selected(c *VerifyConfig, uri string) bool {
	_, day, ok := d.dayOf(uri)
	return ok && day >= c.Selection.From && day <= c.Selection.To
}

// read reports whether the table has read the day of a log file.
func (d tableDays) read(uri string) bool {
	folder, day, ok := d.dayOf(uri)
	return ok && d[folder].Has(day)
}

// errCompare says that only a whole selection can be compared.
var errCompare = errors.New("a shard's log files cannot be compared with the table: verify all of them, or the shard without --table")
