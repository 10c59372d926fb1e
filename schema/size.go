package schema

import (
	"reflect"
	"time"
)

// Size returns about how many bytes of memory an event takes.
func (e *Event) Size() int64 {
	v := reflect.ValueOf(e).Elem()
	return rounded(int(v.Type().Size())) + held(v)
}

// held returns what a value refers to.
func held(v reflect.Value) (size int64) {
	switch v.Kind() {
	case reflect.String:
		return rounded(v.Len())
	case reflect.Pointer:
		if v.IsNil() {
			return 0
		}
		return rounded(int(v.Type().Elem().Size())) + held(v.Elem())
	case reflect.Slice:
		size = rounded(v.Cap() * int(v.Type().Elem().Size()))
		for i := range v.Len() {
			size += held(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return 0
		}
		for i := range v.NumField() {
			size += held(v.Field(i))
		}
	}
	return size
}

// rounded returns what the allocator gives for n bytes, about: classes are up to
// an eighth apart.
func rounded(n int) int64 { return int64((n+15)&^15 + n/16) }
