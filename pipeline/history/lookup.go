package history

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
	// slowAttempts is after how many it is said.
	slowAttempts = 3
	// maxRestarts is how often a window is begun again because its page token expired.
	maxRestarts = 10
)

// maxEmptyPages is how many pages in a row may have no event, and say that more follow:
// minutes.
const maxEmptyPages = 500

// errRepeated says that the pages are no sequence.
var errRepeated = errors.New("a page token came twice")

// errEmptyPages says that the pages do not end.
var errEmptyPages = fmt.Errorf("%d empty pages in a row, each of which says that more follow", maxEmptyPages)

// A record is an event of the history.
type record struct {
	id   string
	at   time.Time
	text string // as in a log file
	err  error  // why it is none
}

// errTooMany says that a window has more pages than are held.
var errTooMany = errors.New("too many events in a window")

// look looks up days, and yields each with its records, in order.
func (h *History) look(ctx context.Context, span trail.Span, yield func(map[trail.Day][]record, trail.Span) bool) (more bool, err error) {
	found, err := h.window(ctx, span)
	if err == nil {
		h.lookedUp(span)
		return yield(found, span), nil
	}
	if !errors.Is(err, errTooMany) {
		return false, err
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
				r := h.recordOf(&events[i], span.To)
				if was, twice := records[r.id]; !twice || was.err != nil {
					records[r.id] = r
				}
			}
			if *left--; *left < 0 && more && span.From < span.To {
				return errTooMany
			}
			return nil
		})
		switch {
		case !isExpiredPage(err) && !errors.Is(err, errRepeated):
			return records, err
		case restarts < maxRestarts:
		case isExpiredPage(err):
			return nil, fmt.Errorf("page tokens expired %d times, before the last page of %s to %s: run again, or select fewer days with --from: %w",
				restarts+1, span.From, span.To, err)
		default:
			return nil, fmt.Errorf("begun %d times, before the last page of %s to %s: run again: %w", restarts+1, span.From, span.To, err)
		}
	}
}

// recordOf returns an event's record, or why it has none. What has no time at all is of the
// day last, so that it is named.
func (h *History) recordOf(e *types.Event, last trail.Day) record {
	r := record{id: aws.ToString(e.EventId), at: aws.ToTime(e.EventTime), text: strings.TrimSpace(aws.ToString(e.CloudTrailEvent))}
	var fields struct {
		EventSource *string
		EventTime   time.Time
	}
	err := json.Unmarshal([]byte(r.text), &fields)
	var syntax *json.SyntaxError
	if e.EventTime == nil {
		if r.at = fields.EventTime; r.at.IsZero() {
			r.at = last.Time()
		}
	}
	switch {
	case r.text == "":
		r.err = errNoText
	case errors.As(err, &syntax) || r.text[0] != '{':
		r.err = errBroken
	case err == nil && (fields.EventSource == nil || !slices.Contains(h.config.EventSources, *fields.EventSource)):
		r.err = errOther
	}
	if r.err != nil {
		r.err = fmt.Errorf("event %s, %s of %s: %w", r.id, aws.ToString(e.EventName), r.at.UTC().Format(time.RFC3339), r.err)
	}
	if r.id == "" {
		r.id = cmp.Or(r.text, aws.ToString(e.EventName)+r.at.String())
	}
	return r
}

// What an event of LookupEvents may lack.
var (
	errNoText = errors.New("LookupEvents has no record of it (CloudTrailEvent is empty)")
	errBroken = errors.New("its record (CloudTrailEvent) is broken")
	errOther  = errors.New("its record (CloudTrailEvent) is of another event source")
)

// pages looks up the events of some days, from the newest page to the oldest.
func (h *History) pages(ctx context.Context, span trail.Span, source string, page func(events []types.Event, more bool) error) error {
	now := h.now()
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
	given := map[string]bool{}
	for empty := 0; ; {
		out, err := h.request(ctx, in)
		if err != nil {
			return err
		}
		in.NextToken = out.NextToken
		token := aws.ToString(out.NextToken)
		if err := page(out.Events, token != ""); err != nil || token == "" {
			return err
		}
		if empty++; len(out.Events) > 0 {
			empty = 0
		}
		switch {
		case given[token]:
			return errRepeated
		case empty == maxEmptyPages:
			return errEmptyPages
		}
		given[token] = true
	}
}

// request makes a request, again and again while the service is busy, and in another way
// where it is refused.
func (h *History) request(ctx context.Context, in *cloudtrail.LookupEventsInput) (out *cloudtrail.LookupEventsOutput, err error) {
	skewed := false
	for attempt := 0; attempt < maxAttempts; attempt++ {
		var throttled, again bool
		taken := h.way()
		over := h.limit.do(ctx, func() bool {
			h.requests.Lookup.Add(1)
			out, err = taken.lookUp(ctx, in)
			throttled, again = retried(err)
			if throttled {
				h.requests.Refused.Add(1)
			}
			return throttled || again
		})
		switch {
		case over != nil:
			return nil, over
		case isSkewed(err) && !skewed:
			skewed = true // the client knows the service's time from the answer
		case isRefused(err) && h.leave(taken, err):
			attempt = -1
		case !again:
			return out, err
		}
		h.slow(attempt, throttled, err)
	}
	return nil, fmt.Errorf("gave up after %d attempts: %w", maxAttempts, err)
}

// slow says that requests take long, once.
func (h *History) slow(attempt int, throttled bool, err error) {
	if attempt < slowAttempts {
		return
	}
	h.told.Do(func() {
		log := h.config.Log.With(slog.String("account", h.Account), slog.String("region", h.Region))
		if throttled {
			log.Warn("the service answers fewer requests than two a second: others look up the same Event history, so this takes longer")
		} else {
			log.Warn("no answer yet: trying again", slog.Any("error", err))
		}
	})
}
