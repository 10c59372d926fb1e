package table

import (
	"time"

	"github.com/parquet-go/parquet-go"

	"plantrail/schema"
)

// A timeField is a column of times and where it goes. parquet-go writes times as
// the milliseconds that they are, but reads them by way of nanoseconds since
// 1970, which end in the year 2262. A schedule may well end in 9999.
type timeField struct {
	column int // its place in a row
	set    func(*schema.Event, time.Time)
}

// timeFields returns the columns of times that a schema has. A set is called for
// values that are not null, so what they are in is there.
func timeFields(s *parquet.Schema) []timeField {
	var fields []timeField
	add := func(set func(*schema.Event, time.Time), path ...string) {
		if leaf, ok := s.Lookup(path...); ok {
			fields = append(fields, timeField{leaf.ColumnIndex, set})
		}
	}
	add(func(e *schema.Event, t time.Time) { e.EventTime = t }, timeColumn)
	add(func(e *schema.Event, t time.Time) { e.Schedule.StartTimestamp = &t }, "schedule", "starttimestamp")
	add(func(e *schema.Event, t time.Time) { e.Schedule.EndTimestamp = &t }, "schedule", "endtimestamp")
	add(func(e *schema.Event, t time.Time) { e.UserIdentity.SessionContext.Attributes.CreationDate = &t },
		"useridentity", "sessioncontext", "attributes", "creationdate")
	return fields
}
