package trail

import (
	"testing"
	"time"
)

// FuzzParseFolder holds a day's parsing against the standard library's.
func FuzzParseFolder(f *testing.F) {
	for _, s := range []string{"2024/02/29", "2023/02/29", "1969/12/31", "9999/12/31", "2024/13/01", "2024/00/10", "2024/1/01", "+024/01/01", "2024-01-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		day, ok := parseFolder(s)
		want, err := time.Parse(dayFolder, s)
		if valid := err == nil && len(s) == len(dayFolder) && want.Year() >= 1970; ok != valid || ok && day != DayOf(want) {
			t.Errorf("%q is %v, %t, want %v, %t", s, day, ok, DayOf(want), valid)
		}
	})
}
