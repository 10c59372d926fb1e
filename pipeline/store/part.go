package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"plantrail/pipeline/retry"
)

// A PartError says that other bytes came for a log file or digest than were listed: the
// store, or a cache in front of it, gave a part, or something else. It may pass.
type PartError struct{ Came, Listed int64 }

// Error implements error.
func (e *PartError) Error() string {
	return fmt.Sprintf("%d bytes came of %d that are listed: the store, or what is between, gives a part or something else", e.Came, e.Listed)
}

// Part returns nil if body may be all of a log file or digest that was listed with a size,
// else a [PartError]. A part that ends where a gzip member or a document ends is a file by
// itself, of fewer events. Some stores inflate what they give, and what has grown is of
// another version.
func Part(key string, body []byte, listed int64) error {
	came, whole := int64(len(body)), false
	switch {
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}), bytes.HasPrefix(body, []byte("\x28\xb5\x2f\xfd")):
		whole = came >= listed
	case bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n"), []byte("{")):
		whole = came >= listed || strings.HasSuffix(key, ".gz")
	default:
		whole = came == listed
	}
	if whole {
		return nil
	}
	return &PartError{came, listed}
}

// Whole calls get until what it got is whole, a few times while it returns a [PartError],
// and returns its last error.
func Whole(ctx context.Context, get func() error) error {
	again := retry.Policy{Attempts: 3, Step: 200 * time.Millisecond, Most: time.Second}
	return again.Do(ctx, func(err error) bool {
		var part *PartError
		return errors.As(err, &part)
	}, get)
}
