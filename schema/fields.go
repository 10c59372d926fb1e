package schema

import (
	"reflect"
	"time"
)

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
