package main

import (
	"strings"
	"testing"

	"plantrail/pipeline"
)

// Advice is about the stores that failed, and numbers agree with their nouns.
func TestSummaryAdvice(t *testing.T) {
	const local, bucket = "may read them", "kms:Decrypt"
	for name, test := range map[string]struct {
		units       []string
		want, never []string
	}{
		"a directory": {[]string{"file:///trail"}, []string{local, "Every run tries it again"}, []string{bucket, "archive"}},
		"a bucket":    {[]string{"s3://trail"}, []string{bucket, "Every run tries it again"}, []string{local}},
		"both":        {[]string{"s3://trail", "file:///trail"}, []string{local, bucket, "Every run tries them again"}, nil},
		"none":        {nil, nil, []string{local, bucket, "unreachable"}},
	} {
		t.Run(name, func(t *testing.T) {
			report := &pipeline.Report{Units: 1, Read: 1, BytesRead: 1}
			for _, unit := range test.units {
				report.Unreachable = append(report.Unreachable, pipeline.Unreachable{Unit: unit, Error: "no"})
			}
			var text strings.Builder
			summary{Report: report, whole: true}.print(&lines{to: &text})
			for _, want := range test.want {
				if !strings.Contains(text.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, text.String())
				}
			}
			for _, never := range test.never {
				if strings.Contains(text.String(), never) {
					t.Errorf("it says %q:\n%s", never, text.String())
				}
			}
		})
	}
}

// Up to date is only a run that came to its end, reached all, and read nothing new.
func TestSummaryUpToDate(t *testing.T) {
	broken := []pipeline.Quarantined{{Key: "a", Error: "x"}, {Key: "a", Error: "y"}}
	for name, test := range map[string]struct {
		report pipeline.Report
		whole  bool
		want   bool
	}{
		"nothing new":           {pipeline.Report{Units: 1}, true, true},
		"a broken one again":    {pipeline.Report{Units: 1, Read: 1, Quarantined: broken}, true, true},
		"one that holds no row": {pipeline.Report{Units: 1, Read: 1}, true, false},
		"not all reached":       {pipeline.Report{Units: 1, Unreachable: []pipeline.Unreachable{{}}}, true, false},
		"nothing there":         {pipeline.Report{}, true, false},
		"interrupted":           {pipeline.Report{Units: 1}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (summary{Report: &test.report, whole: test.whole}).upToDate(); got != test.want {
				t.Errorf("up to date: %t", got)
			}
		})
	}
}
