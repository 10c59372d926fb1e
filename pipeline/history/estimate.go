package history

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"plantrail/pipeline/trail"
)

// errEnough says that one page is all that is asked for.
var errEnough = errors.New("enough")

// Estimate returns about how many requests it takes to look up some days. It asks for
// the newest page of each event source: how long a time that is of tells how many
// there are.
func (h *History) Estimate(ctx context.Context, span trail.Span) (requests int64, err error) {
	end := (span.To + 1).Time()
	if now := h.now(); end.After(now) {
		end = now
	}
	for _, source := range h.config.EventSources {
		err := h.pages(ctx, span, source, func(events []types.Event, more bool) error {
			requests++
			if more && len(events) > 0 {
				covered := max(end.Sub(aws.ToTime(events[len(events)-1].EventTime)), time.Second)
				requests += int64(math.Ceil(float64(end.Sub(span.From.Time()))/float64(covered))) - 1
			}
			return errEnough
		})
		if !errors.Is(err, errEnough) {
			return requests, remedied(h.way().url, err)
		}
	}
	return requests, nil
}
