//go:build !race

package measure_test

import (
	"testing"

	"plantrail/bench/measure"
)

// The race detector's own memory would hide what this is about.

// What this process once took is not taken for its child's.
func TestRunByLargeParent(t *testing.T) {
	touch(400 * megabyte)
	got, err := measure.Run(child("nothing"))
	if err != nil || got.Peak > 200*megabyte {
		t.Errorf("%+v, %v", got, err)
	}
}
