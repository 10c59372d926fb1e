package store

import "time"

// A timekeeper is a store that knows the time from somewhere else.
type timekeeper interface {
	skew() (ahead time.Duration, known bool)
}

// Skew returns how far the store's clock is ahead of this machine's, as its last
// answer told; known is false where there is no other clock, as for a directory.
// It is right to a few seconds.
func (l Location) Skew() (ahead time.Duration, known bool) {
	if k, ok := l.Store.(timekeeper); ok {
		return k.skew()
	}
	return 0, false
}

func (s *S3) skew() (ahead time.Duration, known bool) { return s.reader.bucket.Load().Skew() }
