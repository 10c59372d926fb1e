package table_test

import (
	"math/rand/v2"
	"reflect"
	"time"

	"plantrail/schema"
)

func reflectOf(e *schema.Event) reflect.Value { return reflect.ValueOf(e).Elem() }

// fillHard sets the pointers in a struct that are nil, each with a probability.
func fillHard(random *rand.Rand, row reflect.Value, filled float64, texts []string) {
	for i := range row.NumField() {
		field := row.Field(i)
		if random.Float64() >= filled {
			continue
		}
		switch to := field.Addr().Interface().(type) {
		case **string:
			s := texts[random.IntN(len(texts))]
			*to = &s
		case **schema.JSON:
			s := schema.JSON(texts[random.IntN(len(texts))])
			*to = &s
		case **bool:
			b := random.IntN(2) == 0
			*to = &b
		case **time.Time:
			at := time.UnixMilli(random.Int64N(1 << 42)).UTC()
			*to = &at
		case *[]schema.Resource:
			for range random.IntN(4) {
				var r schema.Resource
				fillHard(random, reflect.ValueOf(&r).Elem(), filled, texts)
				*to = append(*to, r)
			}
		case *string, *time.Time, *schema.JSON:
			// Set already: these are never null.
		default:
			field.Set(reflect.New(field.Type().Elem()))
			fillHard(random, field.Elem(), filled, texts)
		}
	}
}
