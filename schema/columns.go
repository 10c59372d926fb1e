package schema

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

// Parquet returns the table's columns as a Parquet schema.
func Parquet() *parquet.Schema {
	return parquet.NewSchema("event", parquet.SchemaOf(Event{}))
}

// ParquetOf returns the columns of a schema version up to [Version].
func ParquetOf(version int) *parquet.Schema {
	event := reflect.TypeFor[Event]()
	var fields []reflect.StructField
	for field := range event.Fields() {
		if field.Name != "EventContext" || version >= 2 {
			fields = append(fields, field)
		}
	}
	return parquet.NewSchema("event", parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface()))
}

// EventContextOf returns the column of that name, as the record in rawevent has it.
func EventContextOf(rawEvent []byte) *JSON {
	raw, there := object(rawEvent)["eventContext"]
	if !there {
		return nil
	}
	return value(raw)
}

// LongText returns the paths of the columns that hold JSON. Their values are
// long and never compared, so their bounds are not worth storing.
func LongText() [][]string {
	return jsonColumns(reflect.TypeFor[Event](), nil)
}

func jsonColumns(t reflect.Type, path []string) [][]string {
	var paths [][]string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("parquet"), ",")
		column := append(slices.Clone(path), name)
		field := t.Field(i).Type
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		switch {
		case field == reflect.TypeFor[JSON]():
			paths = append(paths, column)
		case field.Kind() == reflect.Struct && field != reflect.TypeFor[time.Time]():
			paths = append(paths, jsonColumns(field, column)...)
		}
	}
	return paths
}
