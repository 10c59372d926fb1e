package table

import (
	"errors"
	"testing"
)

// The format cannot say that an index or a footer is longer than 2 GiB.
func TestTooLong(t *testing.T) {
	f := &finisher{at: 1 << 31}
	if _, err := f.since(0); !errors.Is(err, errTooLong) {
		t.Errorf("2 GiB: %v", err)
	}
	if n, err := f.since(1); n != 1<<31-1 || err != nil {
		t.Errorf("a byte less: %d, %v", n, err)
	}
}
