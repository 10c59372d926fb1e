package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// ErrNoRecords says that a log file is JSON, but not an object with an array
// "Records".
var ErrNoRecords = errors.New(`no "Records" array`)

// ErrNoTime says that a wanted record has no usable eventTime, so that it has
// no place in the table.
var ErrNoTime = errors.New("no usable eventTime")

// ErrNotJSON says that a wanted record is not JSON by the letter, so that readers
// of its rawevent would fail.
var ErrNotJSON = errors.New("not valid JSON")

// ErrNoSource says that a record names a wanted source, and has none itself: it is no
// record of CloudTrail, or one in a wrapping.
var ErrNoSource = errors.New("no eventSource of its own, and it speaks of Support Plans")

// ErrTwoSources says that a record has several sources, one of them wanted.
var ErrTwoSources = errors.New("several eventSource, one of them of Support Plans")

// A RecordError names a wanted record that could not become a row.
type RecordError struct {
	Record int   // its place in Records, from 0
	Err    error // why
}

// Error says which record it was, and why.
func (e *RecordError) Error() string {
	return fmt.Sprintf("record %d: %v", e.Record, e.Err)
}

// Unwrap returns the reason.
func (e *RecordError) Unwrap() error { return e.Err }

// Decode returns the wanted events of a log file, in its order, and the first of
// the wanted records that could not become a row. The events keep no reference to
// text. [DecodeText] is for log files whose text or events are too many to hold.
//
// logFile is the log file's URI. The error is [ErrNoRecords], or says where the
// text stops being JSON; there are no events then.
func Decode(text []byte, logFile string) (events []Event, rejected []*RecordError, err error) {
	whole := func(each func([]byte) error) error { return each(text) }
	all, err := DecodeText(whole, logFile, math.MaxInt64, nil, func(batch []Event) error {
		events = batch
		return nil
	})
	return events, all.First, err
}

// decodeRecord makes a row of a raw record that mentions a wanted source. ok is whether
// the record is wanted, as far as can be told.
//
// All columns come from the compacted record, so that what is in rawevent is what
// they say.
func decodeRecord(raw []byte) (event Event, ok bool, err error) {
	source := text(object(raw)["eventSource"])
	switch {
	case source == nil:
		return Event{}, true, ErrNoSource
	case !wanted(*source) && wantedBefore(raw):
		return Event{}, true, ErrTwoSources
	case !wanted(*source):
		return Event{}, false, nil
	}
	record := compact(raw)
	if !json.Valid(record) {
		return Event{}, true, ErrNotJSON // sonic lets some of that pass
	}
	fields := object(record)
	at := instant(fields["eventTime"])
	if at == nil {
		return Event{}, true, fmt.Errorf("%w in a record of %s", ErrNoTime, *source)
	}
	event.RawEvent = JSON(record)
	fill(&event, fields)
	event.EventTime = *at
	event.EventSource = *source
	fillDerived(&event, fields)
	return event, true, nil
}

// wantedBefore reports whether an eventSource of a record is wanted that is not its last.
func wantedBefore(raw rawJSON) bool {
	fields := json.NewDecoder(bytes.NewReader(raw))
	if _, err := fields.Token(); err != nil {
		return false
	}
	for fields.More() {
		key, err := fields.Token()
		var value json.RawMessage
		if err != nil || fields.Decode(&value) != nil {
			return false // what encoding/json does not read to its end is for the last one to tell
		}
		if source := text(rawJSON(value)); key == "eventSource" && source != nil && wanted(*source) {
			return true
		}
	}
	return false
}
