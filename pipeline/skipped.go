package pipeline

import (
	"maps"
	"slices"

	"plantrail/pipeline/trail"
)

// A SkippedKind is what kind of objects are no log files: the type that their folder
// or their own name tells, or that they are folder markers, or not named as log
// files.
type SkippedKind struct {
	Kind    string `json:"kind"`
	Objects int64  `json:"objects"`
	More    bool   `json:"more,omitempty"` // there are more than were counted
	First   string `json:"first"`          // the URI of one
}

// kinds adds up skipped objects, by kind.
type kinds map[string]SkippedKind

func (k *kinds) add(kind, first string, o trail.Other) {
	if *k == nil {
		*k = kinds{}
	}
	sum := (*k)[kind]
	if sum.Objects == 0 || o.Objects > 0 && first < sum.First {
		sum.First = first
	}
	(*k)[kind] = SkippedKind{Kind: kind, Objects: sum.Objects + o.Objects, More: sum.More || o.More, First: sum.First}
}

func (k kinds) sum() (objects int64) {
	for _, kind := range k {
		objects += kind.Objects
	}
	return objects
}

// list returns the kinds in order.
func (k kinds) list() []SkippedKind {
	list := []SkippedKind{}
	for _, name := range slices.Sorted(maps.Keys(k)) {
		if k[name].Objects > 0 {
			list = append(list, k[name])
		}
	}
	return list
}
