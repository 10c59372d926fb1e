package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"plantrail/pipeline/page"
	"plantrail/schema"
)

// fieldNames returns the names of a change's fields as programs read them: the
// columns of the view support_plan_changes.
func fieldNames() []string {
	return []string{
		"eventtime", "account", "actor", "channel", "sourceipaddress", "operation",
		"level", "startlevel", "starttime", "endlevel", "endtime", "updatearn",
		"outcome", "error", "eventid", "eventsource", "agreedby", "agreementeventid",
	}
}

// fields returns the values of a change's fields, in that order.
func fields(c *schema.Change) record {
	return record{
		instant(c.Time), c.Account, c.Actor, c.Channel, c.SourceIP, c.Operation,
		c.Level, c.Schedule.StartLevel, instant(c.Schedule.StartTime), c.Schedule.EndLevel, instant(c.Schedule.EndTime), c.UpdateARN,
		c.Outcome, c.Error, c.EventID, c.EventSource, c.AgreedBy, c.AgreementEventID,
	}
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.999Z")
}

// A record is a row of what programs read: its values in the order of their names.
// An empty text is not known.
type record []any

// records returns the changes as records.
func records(changes []schema.Change) []record {
	rows := make([]record, len(changes))
	for i := range changes {
		rows[i] = fields(&changes[i])
	}
	return rows
}

// writeJSON prints records as one array, a record a line.
func writeJSON(w io.Writer, names []string, rows []record) error {
	out := &lines{to: w}
	out.printf("[")
	for i, row := range rows {
		if i > 0 {
			out.printf(",")
		}
		text, err := row.json(names)
		if err != nil {
			return err
		}
		out.printf("\n%s", text)
	}
	if len(rows) > 0 {
		out.printf("\n")
	}
	out.printf("]\n")
	return out.err
}

// changeJSON returns a change as a JSON object on one line.
func changeJSON(c *schema.Change) (string, error) { return fields(c).json(fieldNames()) }

// json returns a record as a JSON object on one line. What is not known is null.
func (r record) json(names []string) (string, error) {
	var out strings.Builder
	begin := "{"
	for i, value := range r {
		text := fmt.Sprint(value)
		if s, ok := value.(string); ok && s == "" {
			text = "null"
		} else if ok {
			var err error
			if text, err = quoteJSON(s); err != nil {
				return "", err
			}
		}
		fmt.Fprintf(&out, "%s%q:%s", begin, names[i], text)
		begin = ","
	}
	return out.String() + "}", nil
}

// quoteJSON returns a text as a JSON string in which all is an escape that could
// act on a terminal.
func quoteJSON(s string) (string, error) {
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false) // an arrow is easier to read than \u003e
	if err := encoder.Encode(s); err != nil {
		return "", fmt.Errorf("write JSON: %w", err)
	}
	var out strings.Builder
	for _, r := range strings.TrimSuffix(quoted.String(), "\n") {
		switch {
		case strconv.IsGraphic(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String(), nil
}

// writeCSV prints records as RFC 4180 has it: commas, CRLF, a header.
//
// CSV is opened in spreadsheets, which run what begins like a formula, with signs
// of full width too. Such text gets an apostrophe before it, by which they take it
// for text. As on a terminal,
// what is not graphic is written as an escape, so that a record is a line. Who
// needs the text exactly asks for JSON.
func writeCSV(w io.Writer, names []string, rows []record) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	err := out.Write(names)
	for _, values := range rows {
		row := make([]string, len(values))
		for j, value := range values {
			text := page.Visible(fmt.Sprint(value))
			if sign, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@＝＋－＠", sign) {
				text = "'" + text
			}
			row[j] = text
		}
		err = errors.Join(err, out.Write(row))
	}
	out.Flush()
	return errors.Join(err, out.Error())
}
