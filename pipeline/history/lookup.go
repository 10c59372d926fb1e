package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"plantrail/pipeline/trail"
)

const (
	// pageSize is the most that the service gives.
	pageSize = 50
	// maxAttempts is how often a request is made that is throttled or fails on the way:
	// minutes, as each has the next ones wait longer.
	maxAttempts = 20
	// maxRestarts is how often a window is begun again because its page token expired.
	maxRestarts = 10
)

// A record is an event of the history.
type record struct {
	id   string
	at   time.Time
	text string // as in a log file
}

// errTooMany says that a window has more pages than are held.
var errTooMany = errors.New("too many events in a window")

// look looks up days, and yields each with its records, in order.
func (h *History) look(ctx context.Context, span trail.Span, yield func(map[trail.Day][]record, trail.Span) bool) (more bool, err error) {
	found, err := h.window(ctx, span)
	if !errors.Is(err, errTooMany) {
		return err == nil && yield(found, span), err
	}
	middle := span.From + (span.To-span.From)/2
	if more, err = h.look(ctx, trail.Span{From: span.From, To: middle}, yield); !more {
		return more, err
	}
	return h.look(ctx, trail.Span{From: middle + 1, To: span.To}, yield)
}

// window looks up the events of some days, each once.
func (h *History) window(ctx context.Context, span trail.Span) (map[trail.Day][]record, error) {
	found := map[trail.Day][]record{}
	left := h.config.MaxPages
	for _, source := range h.config.EventSources {
		records, err := h.sourceWindow(ctx, span, source, &left)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if day := trail.DayOf(r.at); day >= span.From && day <= span.To {
				found[day] = append(found[day], r)
			}
		}
	}
	return found, nil
}

// sourceWindow looks up the events of one event source. A page token that expires has
// it begin again.
func (h *History) sourceWindow(ctx context.Context, span trail.Span, source string, left *int) (map[string]record, error) {
	for restarts := 0; ; restarts++ {
		records := map[string]record{}
		err := h.pages(ctx, span, source, func(events []types.Event, more bool) error {
			for i := range events {
				r := recordOf(&events[i])
				records[r.id] = r
			}
			if *left--; *left < 0 && more && span.From < span.To {
				return errTooMany
			}
			return nil
		})
		if !isExpiredPage(err) {
			return records, err
		}
		if restarts == maxRestarts {
			return nil, fmt.Errorf("page tokens expired %d times, before the last page of %s to %s: run again, or select fewer days with --from: %w",
				restarts+1, span.From, span.To, err)
		}
	}
}

func recordOf(e *types.Event) record {
	r := record{id: aws.ToString(e.EventId), at: aws.ToTime(e.EventTime), text: aws.ToString(e.CloudTrailEvent)}
	if r.id == "" {
		r.id = r.text
	}
	return r
}

// pages looks up the events of some days, from the newest page to the oldest.
func (h *History) pages(ctx context.Context, span trail.Span, source string, page func(events []types.Event, more bool) error) error {
	now := h.config.Now()
	from, to := span.From.Time(), (span.To + 1).Time()
	if oldest := now.Add(-reach); from.Before(oldest) {
		from = oldest
	}
	if to.After(now) {
		to = now
	}
	in := &cloudtrail.LookupEventsInput{
		StartTime: &from, EndTime: &to, MaxResults: aws.Int32(pageSize),
		LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventSource, AttributeValue: &source}},
	}
	for {
		out, err := h.request(ctx, in)
		if err != nil {
			return err
		}
		in.NextToken = out.NextToken
		more := aws.ToString(out.NextToken) != ""
		if err := page(out.Events, more); err != nil || !more {
			return err
		}
	}
}

// request makes a request, again and again while the service is busy.
func (h *History) request(ctx context.Context, in *cloudtrail.LookupEventsInput) (out *cloudtrail.LookupEventsOutput, err error) {
	for range maxAttempts {
		var throttled, again bool
		over := h.limit.do(ctx, func() bool {
			h.requests.Lookup.Add(1)
			out, err = h.lookUp(ctx, in)
			throttled, again = retried(err)
			if throttled {
				h.requests.Refused.Add(1)
			}
			return throttled || again
		})
		if over != nil {
			return nil, over
		}
		if !again {
			return out, err
		}
	}
	return nil, fmt.Errorf("gave up after %d attempts: %w", maxAttempts, err)
}
