package table

import (
	"bytes"
	"cmp"

	"github.com/parquet-go/parquet-go"

	"plantrail/schema"
)

// An identity is what makes a row one event, in the order in which rows are
// sorted. Its bytes are borrowed from the row.
//
// An event without an ID is told apart by its whole record: two of them are
// never taken for one by chance.
type identity struct {
	time              int64 // milliseconds since 1970
	account, id, name []byte
	raw               []byte // only where id is missing
}

func (a identity) compare(b identity) int {
	return cmp.Or(
		cmp.Compare(a.time, b.time),
		bytes.Compare(a.account, b.account),
		bytes.Compare(a.id, b.id),
		bytes.Compare(a.name, b.name),
		bytes.Compare(a.raw, b.raw),
	)
}

// set makes a the identity of an event: that of its row, in memory of a's own.
func (a *identity) set(e *schema.Event) {
	copyText := func(to []byte, text *string) []byte {
		if text == nil {
			return to[:0]
		}
		return append(to[:0], *text...)
	}
	a.time = e.EventTime.UnixMilli()
	a.account = copyText(a.account, e.RecipientAccountID)
	a.id = copyText(a.id, e.EventID)
	a.name = copyText(a.name, e.EventName)
	if a.raw = a.raw[:0]; len(a.id) == 0 {
		a.raw = append(a.raw, e.RawEvent...)
	}
}

// compareEvents orders events as their identities are.
func compareEvents(a, b *schema.Event) int {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	order := cmp.Or(
		cmp.Compare(a.EventTime.UnixMilli(), b.EventTime.UnixMilli()),
		cmp.Compare(text(a.RecipientAccountID), text(b.RecipientAccountID)),
		cmp.Compare(text(a.EventID), text(b.EventID)),
		cmp.Compare(text(a.EventName), text(b.EventName)),
	)
	if order == 0 && text(a.EventID) == "" {
		return cmp.Compare(a.RawEvent, b.RawEvent)
	}
	return order
}

// columns are the places in a row of what identifies it and, in a whole row, of what
// ranks its copy. Those are counted from the row's end, since lists make rows of
// different lengths.
type columns struct {
	schema                  *parquet.Schema
	time, account, id, name int
	context                 int   // eventcontext; 0 where the rows do not have it
	addendum, logFile, raw  int   // from the end, likewise
	times                   []int // from the end: columns of times, less eventtime
}

// allColumns is for whole rows.
func allColumns() columns {
	c := columnsOf(schema.Parquet())
	place := func(path ...string) int {
		leaf, _ := c.schema.Lookup(path...)
		return len(c.schema.Columns()) - leaf.ColumnIndex
	}
	c.addendum, c.logFile, c.raw = place("addendum", "reason"), place("logfile"), place(rawColumn)
	for _, path := range [][]string{{"schedule", "starttimestamp"}, {"schedule", "endtimestamp"}, {"useridentity", "sessioncontext", "attributes", "creationdate"}} {
		c.times = append(c.times, place(path...))
	}
	context, _ := c.schema.Lookup("eventcontext")
	c.context = context.ColumnIndex
	return c
}

// keyColumns is for rows of the identifying columns only, without the record.
func keyColumns() columns {
	type key struct {
		EventTime          int64   `parquet:"eventtime,timestamp(millisecond)"`
		EventName          *string `parquet:"eventname"`
		EventID            *string `parquet:"eventid"`
		RecipientAccountID *string `parquet:"recipientaccountid"`
	}
	return columnsOf(parquet.SchemaOf(key{}))
}

func columnsOf(s *parquet.Schema) columns {
	place := func(name string) int {
		leaf, _ := s.Lookup(name)
		return leaf.ColumnIndex
	}
	return columns{
		schema: s,
		time:   place("eventtime"), account: place("recipientaccountid"), id: place("eventid"), name: place("eventname"),
	}
}

// identity returns a row's identity, borrowed from the row.
func (c *columns) identity(row parquet.Row) identity {
	i := identity{
		time:    row[c.time].Int64(),
		account: row[c.account].ByteArray(),
		id:      row[c.id].ByteArray(),
		name:    row[c.name].ByteArray(),
	}
	if len(i.id) == 0 && c.raw > 0 {
		i.raw = row[len(row)-c.raw].ByteArray()
	}
	return i
}
