package main

import (
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
)

// A value of a label may be any text, and must not end its line or the file's use.
func TestMetricsLabels(t *testing.T) {
	for value, want := range map[string]string{
		`v1`:        `version="v1"`,
		`a"b\c`:     `version="a\"b\\c"`,
		"a\nb":      `version="a\nb"`,
		"a\xffb":    "version=\"a\ufffdb\"",
		"Größe ≥ 1": `version="Größe ≥ 1"`,
	} {
		text := string(metricsText(&pipeline.Report{Version: value}, time.Now(), 0, nil))
		if !strings.Contains(text, "plantrail_build_info{"+want+",goversion=") {
			t.Errorf("of %q it made %s", value, text)
		}
	}
}

// The time of the last success is carried on from what an earlier version wrote.
func TestMetricsSuccess(t *testing.T) {
	now := time.UnixMilli(1_764_098_513_125)
	for name, test := range map[string]struct {
		before string
		code   int
		want   string // "": nothing
	}{
		"the first run fails":              {"", 1, ""},
		"it succeeds":                      {"", 0, "1764098513.125"},
		"written as a power":               {"# HELP x y\n" + lastSuccess + " 1.764098e+09\n", 3, "1764098000"},
		"without a line's end":             {lastSuccess + " 12.5", 1, "12.5"},
		"with a carriage return":           {lastSuccess + " 12.5\r\n", 1, "12.5"},
		"only spoken of":                   {"# HELP " + lastSuccess + " 12\n", 1, ""},
		"not a number":                     {lastSuccess + " soon\n", 1, ""},
		"no time":                          {lastSuccess + " NaN\n", 1, ""},
		"another name that begins like it": {lastSuccess + "_total 12\n", 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := string(metricsText(&pipeline.Report{}, now, test.code, []byte(test.before)))
			_, after, found := strings.Cut(text, "\n"+lastSuccess+" ")
			got, _, _ := strings.Cut(after, "\n")
			if found != (test.want != "") || got != test.want {
				t.Errorf("it carries on %q, want %q", got, test.want)
			}
		})
	}
}
