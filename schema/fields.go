package schema

import (
	"bytes"
	"reflect"
	"strings"
	"time"

	"github.com/bytedance/sonic"
)

// A rawJSON is a JSON value as delivered, borrowed from the text around it.
type rawJSON = sonic.NoCopyRawMessage

// fill sets the fields of the struct that row points to from the JSON fields
// that their json tags name. A value that a field's type cannot hold leaves the
// field nil.
func fill(row any, fields map[string]rawJSON) {
	fillStruct(reflect.ValueOf(row).Elem(), fields)
}

func fillStruct(row reflect.Value, fields map[string]rawJSON) {
	for i := range row.NumField() {
		name := row.Type().Field(i).Tag.Get("json")
		raw := fields[name]
		if raw == nil || name == "-" {
			continue
		}
		switch field := row.Field(i).Addr().Interface().(type) {
		case **string:
			*field = text(raw)
		case **bool:
			*field = boolean(raw)
		case **time.Time:
			*field = instant(raw)
		case **JSON:
			*field = value(raw)
		case *[]Resource:
			*field = resources(raw)
		case *string, *time.Time, *JSON:
			// Required columns: decodeRecord sets them.
		default:
			fillNested(row.Field(i), raw)
		}
	}
}

// fillNested sets a pointer to a struct from a JSON object.
func fillNested(field reflect.Value, raw rawJSON) {
	if fields := object(raw); fields != nil {
		field.Set(reflect.New(field.Type().Elem()))
		fillStruct(field.Elem(), fields)
	}
}

// resources returns the elements of a JSON array, nil if it is none. An element
// that is not an object has nulls only, so that the others keep their places.
func resources(raw rawJSON) []Resource {
	var elements []rawJSON
	if kind(raw) != '[' || parse(raw, &elements) != nil {
		return nil
	}
	list := make([]Resource, len(elements))
	for i, element := range elements {
		fill(&list[i], object(element))
	}
	return list
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

// value returns a JSON value of any type, compacted; nil for null.
func value(raw rawJSON) *JSON {
	if kind(raw) == 'n' {
		return nil
	}
	v := JSON(compact(raw))
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
