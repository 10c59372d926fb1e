package store

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"plantrail/pipeline/store/wire"
)

// A Shared is what the stores of one run have in common: its limits, its
// counts, and what is built once for all places that are reached in the same
// way. So thousands of sources may be a handful of clients, and cost a role
// that many of them name one request.
type Shared struct {
	Concurrency int      // requests in flight at most; connections are kept for as many
	Requests    Requests // as sent
	// Stall is how long a connection may be silent while an answer is due; 0 is
	// DefaultStall. The request is then tried again on another one.
	Stall time.Duration
	// LockWait is how long a writer of a directory waits for another one that
	// does not let go; 0 is DefaultLockWait.
	LockWait time.Duration
	// Log is told what takes long; nil tells nobody.
	Log *slog.Logger

	configs cache[string, aws.Config] // by profile; each has a connection pool
	logins  cache[login, aws.CredentialsProvider]
	clients cache[clientKey, *s3.Client]
	regions cache[URL, string]          // of buckets, by URL without a prefix
	wires   cache[string, *wire.Client] // by profile
	paces   cache[URL, *pace]           // by bucket and endpoint

	turns cache[string, chan struct{}] // of writers, by folder
}

// log returns where to tell what takes long.
func (s *Shared) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// DefaultStall is longer than S3 takes for anything but an overload.
const DefaultStall = 30 * time.Second

// A login is whom requests come from.
type login struct {
	profile, roleARN, externalID string
	region                       string // that the role is assumed in
}

// A clientKey is what sources must agree in to share a client.
type clientKey struct {
	login
	region, endpoint string
	pathStyle        bool
}

// A cache builds each value once, also for many who ask at the same time: the
// others wait. A failure is kept as well, so that it costs no more than a
// success, unless it is only that the context of the first one has ended.
type cache[K comparable, V any] struct {
	mutex   sync.Mutex
	entries map[K]*entry[V]
}

type entry[V any] struct {
	mutex sync.Mutex
	built bool
	value V
	err   error
}

func (c *cache[K, V]) get(ctx context.Context, key K, build func() (V, error)) (V, error) {
	c.mutex.Lock()
	if c.entries == nil {
		c.entries = map[K]*entry[V]{}
	}
	e := c.entries[key]
	if e == nil {
		e = new(entry[V])
		c.entries[key] = e
	}
	c.mutex.Unlock()

	e.mutex.Lock()
	defer e.mutex.Unlock()
	if !e.built {
		e.value, e.err = build()
		e.built = e.err == nil || ctx.Err() == nil
	}
	return e.value, e.err
}
