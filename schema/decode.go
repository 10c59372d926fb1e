package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/bytedance/sonic"
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
	all, err := DecodeText(whole, logFile, math.MaxInt64, func(batch []Event) error {
		events = batch
		return nil
	})
	return events, all.First, err
}

// parse decodes JSON into value. What sonic refuses, the standard library tries
// again: it nests deeper, and its errors name the place without quoting the
// text.
func parse(text []byte, value any) error {
	if sonic.Unmarshal(text, value) == nil {
		return nil
	}
	return json.Unmarshal(text, value)
}

// decodeRecord makes a row of a raw record. ok is whether the record is wanted.
func decodeRecord(raw []byte) (event Event, ok bool, err error) {
	fields := object(raw)
	source := text(fields["eventSource"])
	if source == nil || !wanted(*source) {
		return Event{}, false, nil
	}
	at := instant(fields["eventTime"])
	if at == nil {
		return Event{}, true, fmt.Errorf("%w in a record of %s", ErrNoTime, *source)
	}
	event.RawEvent = JSON(compact(raw))
	if !json.Valid([]byte(event.RawEvent)) {
		return Event{}, true, ErrNotJSON // sonic lets some of that pass
	}
	fill(&event, fields)
	event.EventTime = *at
	event.EventSource = *source
	fillDerived(&event, object(fields["requestParameters"]), object(fields["responseElements"]))
	return event, true, nil
}

// fillDerived sets the columns that depend on where an operation puts a value.
func fillDerived(event *Event, request, response map[string]rawJSON) {
	for _, call := range []map[string]rawJSON{request, response} {
		if event.SupportLevel == nil {
			event.SupportLevel = text(object(call["update"])["supportLevel"])
		}
		if event.SupportLevel == nil {
			event.SupportLevel = text(call["supportLevel"])
		}
		if event.SupportPlanUpdateARN == nil {
			event.SupportPlanUpdateARN = text(call["supportPlanUpdateArn"])
		}
	}
	if details := object(request["scheduleCreationDetails"]); details != nil {
		event.Schedule = new(Schedule)
		fill(event.Schedule, details)
	}
}

// compact returns raw without the white space between its tokens, with U+FFFD
// for what is not UTF-8, and with escapes for control characters in strings. All
// other bytes stay as they are.
func compact(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	inString := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\' && i+1 < len(raw):
			out = append(out, c, raw[i+1])
			i++
			continue
		case c == '"':
			inString = !inString
		case inString && c < ' ':
			out = fmt.Appendf(out, `\u%04x`, c)
			continue
		case !inString && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			continue
		}
		out = append(out, raw[i])
	}
	return []byte(strings.ToValidUTF8(string(out), "\uFFFD"))
}

// instant returns the time that a JSON value stands for, nil if it has none
// that a column can hold.
func instant(raw rawJSON) *time.Time {
	s := text(raw)
	if s == nil {
		return nil
	}
	t, ok := parseTime(*s)
	if !ok {
		return nil
	}
	return &t
}
