package store

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A clock is what a server's answers tell of its time. Their Date has seconds,
// and is as old as the answer was on its way.
type clock struct {
	ahead atomic.Int64
	known atomic.Bool
}

// observe notes the Date of an answer that has just come.
func (c *clock) observe(date string) {
	if at, err := http.ParseTime(date); err == nil {
		c.ahead.Store(int64(time.Until(at)))
		c.known.Store(true)
	}
}

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

func (s *S3) skew() (ahead time.Duration, known bool) {
	return time.Duration(s.clock.ahead.Load()), s.clock.known.Load()
}

// watch adds a step to the stack of an operation that notes each answer's Date.
func (c *clock) watch(stack *middleware.Stack) error {
	step := middleware.DeserializeMiddlewareFunc("WatchClock", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if response, ok := out.RawResponse.(*smithyhttp.Response); ok {
			c.observe(response.Header.Get("Date"))
		}
		return out, metadata, err
	})
	return stack.Deserialize.Add(step, middleware.After)
}
