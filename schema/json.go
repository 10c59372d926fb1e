package schema

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/bytedance/sonic"
)

// A rawJSON is a JSON value as delivered, borrowed from the text around it.
type rawJSON = sonic.NoCopyRawMessage

// parse decodes JSON into value. What sonic refuses, the standard library tries
// again: it nests deeper, and its errors name the place without quoting the
// text.
func parse(text []byte, value any) error {
	if sonic.Unmarshal(text, value) == nil {
		return nil
	}
	return json.Unmarshal(text, value)
}

// object returns the fields of a JSON object, nil if it is none. Of a field
// that occurs twice, the last counts.
func object(raw rawJSON) map[string]rawJSON {
	var fields map[string]rawJSON
	if kind(raw) != '{' || parse(raw, &fields) != nil {
		return nil
	}
	return fields
}

// text returns a JSON string's text, or a number or boolean as written.
func text(raw rawJSON) *string {
	var s string
	switch kind(raw) {
	case '"':
		if parse(raw, &s) != nil {
			return nil
		}
		s = strings.ToValidUTF8(s, "\uFFFD")
	case 't', 'f', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		s = string(bytes.TrimSpace(raw))
	default:
		return nil
	}
	return &s
}

// boolean returns a JSON boolean, or a string of one.
func boolean(raw rawJSON) *bool {
	s := text(raw)
	if s == nil || (*s != "true" && *s != "false") {
		return nil
	}
	b := *s == "true"
	return &b
}

// value returns a JSON value of any type; nil for null.
func value(raw rawJSON) *JSON {
	if kind(raw) == 'n' {
		return nil
	}
	v := JSON(raw)
	return &v
}

// kind returns the first byte of a JSON value, which tells its type; 0 for an
// absent one.
func kind(raw rawJSON) byte {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
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
