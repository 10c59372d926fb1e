package verify

import (
	"context"
	"log/slog"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A Unit is an account's region in a source.
type Unit struct {
	trail.Unit
	Source *store.Location
}

// A metadataReader is a store that keeps metadata beside its objects. One that does not
// is a copy.
type metadataReader interface {
	GetWithMetadata(ctx context.Context, key string, buf []byte) (body []byte, metadata map[string]string, err error)
}

// A Config says how to verify, and within which limits.
type Config struct {
	// Keys returns the public keys for the digests of a region in a source.
	Keys func(ctx context.Context, source *store.Location, region string) (*digest.Keys, error)
	// Bounded says that the days were chosen by a person, so that hours of them
	// without digests are not proven; otherwise there is what there is.
	BoundedFrom, BoundedTo bool
	// Mine, if not nil, says whose log files and digests are verified here, in folders
	// where those of several lie: others verify the rest.
	Mine func(account, region string) bool

	Concurrency int   // requests in flight
	Workers     int   // log files hashed at once
	Memory      int64 // bound on bytes between reading and hashing
	MaxInflated int   // the largest log file that is inflated as a whole
	Limits      digest.Limits
	Now         time.Time
	Log         *slog.Logger

	// Verified, if not nil, is passed each verified log file, inflated, from many
	// goroutines. The bytes are borrowed for the call.
	Verified func(source *store.Location, key string, json []byte)
	// Judged, if not nil, is passed what becomes of each log file, from many goroutines.
	Judged func(uri string, verdict digest.Verdict)
	// Listed and Done, if not nil, are told of objects to be read, and of those that were.
	Listed func()
	Done   func(bytes int64)
}
