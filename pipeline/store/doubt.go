package store

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"plantrail/pipeline/store/wire"
)

const (
	// firstAttempts is how often a request is sent to a server that has never
	// answered: its name or its port may be wrong. That takes some seconds; who has
	// answered once is believed to come back, and asked for minutes.
	firstAttempts = 4
	// doubtEvery is how often it is said at most why a bucket is asked again.
	doubtEvery = 30 * time.Second
)

// A doubt is what is known of whether a bucket's server is there.
type doubt struct {
	log      *slog.Logger
	answered atomic.Bool  // ever, if only with a refusal
	said     atomic.Int64 // when it was last said why it is asked again
}

// again reports whether a request that failed, and may fare better later, is worth
// another attempt. It says why it is needed: at once where nothing was ever answered,
// and where an answer fails to come for a while.
func (d *doubt) again(place URL, err error, attempt int) bool {
	unanswered := !isAnswer(err) && !d.answered.Load()
	if unanswered && attempt >= firstAttempts {
		return false
	}
	now := time.Now().UnixNano()
	last := d.said.Load()
	if (unanswered || attempt >= firstAttempts) && (last == 0 || now-last > int64(doubtEvery)) && d.said.CompareAndSwap(last, now) {
		d.log.Warn("asked again", slog.String("place", place.String()), slog.String("endpoint", place.Endpoint), slog.Any("error", err))
	}
	return true
}

// isAnswer reports whether a failure is what a server answered.
func isAnswer(err error) bool {
	var refusal *wire.Refusal
	var response *awshttp.ResponseError
	return errors.As(err, &refusal) || errors.As(err, &response)
}

// doubting has the SDK ask again as [doubt] says, once: it is for one request.
type doubting struct {
	aws.Retryer
	doubt   *doubt
	url     URL
	attempt int
}

// IsErrorRetryable implements [aws.Retryer].
func (r *doubting) IsErrorRetryable(err error) bool {
	r.attempt++
	return r.Retryer.IsErrorRetryable(err) && r.doubt.again(r.url, err, r.attempt)
}
