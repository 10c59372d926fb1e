package store_test

import (
	"testing"

	"plantrail/pipeline/store"
)

func TestArchived(t *testing.T) {
	for class, want := range map[string]bool{
		"":                                   false,
		"STANDARD":                           false,
		"STANDARD_IA":                        false,
		"INTELLIGENT_TIERING":                false,
		"GLACIER_IR":                         false, // read at once, in spite of its name
		"GLACIER":                            true,
		"DEEP_ARCHIVE":                       true,
		"INTELLIGENT_TIERING/ARCHIVE_ACCESS": true,
		"INTELLIGENT_TIERING/DEEP_ARCHIVE_ACCESS":    true,
		"INTELLIGENT_TIERING/ARCHIVE_INSTANT_ACCESS": false,
	} {
		if got := (store.Object{StorageClass: class}).Archived(); got != want {
			t.Errorf("%q: archived is %v", class, got)
		}
	}
}
