package history

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// ReachDays is how many days Event history goes back.
const ReachDays = 90

const reach = ReachDays * 24 * time.Hour

// Config says what to look up.
type Config struct {
	EventSources []string
	Limits       *Limits
	Now          func() time.Time
	// MaxPages is how many pages a window of several days may have before it is halved.
	MaxPages int
	Log      *slog.Logger // what takes long, or is done in another way than was asked for
}

// DefaultMaxPages is a thousand events, ten seconds.
const DefaultMaxPages = 20

// A History is the Event history of an account and region. It implements
// [store.Store], for reading.
type History struct {
	Account, Region string

	config   Config
	ahead    time.Duration // of the service's clock before ours
	limit    *limit
	requests *store.Requests
	days     days
	told     sync.Once // that it takes long

	mutex sync.Mutex
	ways  []*way    // to it; the first is taken
	out   trail.Day // the last day that had begun to fall out of reach when it was looked up
}

// A way is how an Event history is reached: a role or a profile. It has the one call of
// the SDK's client that is made: the linker keeps all operations of a client that
// something can reach by its type.
type way struct {
	url    store.URL // as it was named
	lookUp func(context.Context, *cloudtrail.LookupEventsInput, ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error)
}

// minSkew is how far clocks must differ to be told apart: answers say their time in whole
// seconds, and are on the way for some.
const minSkew = time.Minute

// Open finds out whose Event history u leads to. u names the region.
func Open(ctx context.Context, u store.URL, shared *store.Shared, c Config) (*History, error) {
	cfg, err := shared.AWSConfig(ctx, u)
	if err != nil {
		return nil, err // which names u
	}
	cfg.Region = u.Region
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("%s: ask whose the credentials are: %w", u, remedied(u, err))
	}
	h := &History{Account: aws.ToString(who.Account), Region: u.Region, config: c, requests: &shared.Requests}
	if ahead, _ := awsmiddleware.GetAttemptSkew(who.ResultMetadata); ahead.Abs() >= minSkew {
		h.ahead = ahead
	}
	h.limit = c.Limits.of(place{h.Account, h.Region})
	client := cloudtrail.NewFromConfig(cfg, func(o *cloudtrail.Options) {
		if u.Endpoint != "" {
			o.BaseEndpoint = &u.Endpoint
		}
		o.Retryer = aws.NopRetryer{} // each attempt counts, so each goes through the limit
	})
	h.ways = []*way{{url: u, lookUp: client.LookupEvents}}
	return h, nil
}

// Join adds the ways of another History of the same account and region. They are taken
// where those before them are refused.
func (h *History) Join(other *History) { h.ways = append(h.ways, other.ways...) }

// way returns the way that is taken.
func (h *History) way() *way {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.ways[0]
}

// leave has another way taken than one that was refused. It reports whether there is one.
func (h *History) leave(refused *way, why error) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.ways[0] != refused {
		return true // somebody else has left it
	}
	if len(h.ways) == 1 {
		return false
	}
	h.ways = h.ways[1:]
	h.config.Log.Warn("refused: another source of the same account is used",
		slog.String("source", refused.url.String()), slog.String("instead", h.ways[0].url.String()), slog.Any("error", remedied(refused.url, why)))
	return true
}

// Skew returns how far the service's clock is ahead of this machine's.
func (h *History) Skew() time.Duration { return h.ahead }

// now is the time by the service's clock.
func (h *History) now() time.Time { return h.config.Now().Add(h.ahead) }

// Location returns the place that a History is: cloudtrail://account/region.
func (h *History) Location() store.Location {
	u := h.ways[0].url
	u.Bucket, u.Prefix = h.Account, h.Region
	return store.Location{Store: h, URL: u}
}

// Unit returns what there is to list, as far as s selects it: the days that Event
// history reaches.
func (h *History) Unit(s trail.Selection) trail.Unit {
	folder := h.Region + "/"
	u := trail.Unit{
		Account: h.Account, Region: h.Region, Folder: folder, Root: folder, Below: folder,
		Selection: trail.Selection{To: trail.LastDay},
	}
	span := trail.Span{From: max(s.From, h.Horizon()), To: min(s.To, trail.DayOf(h.now()))}
	if span.From <= span.To && s.Has(h.Account, h.Region) {
		u.Days = trail.Days{span}
	}
	return u
}

// Horizon returns the first day of which there is something still. It is not all there.
func (h *History) Horizon() trail.Day { return trail.DayOf(h.now().Add(-reach)) }

// Reached returns the last day that had begun to fall out of reach when it was looked up.
func (h *History) Reached() trail.Day {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.out
}

// lookedUp says that days were looked up, from the first on.
func (h *History) lookedUp(span trail.Span) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if horizon := h.Horizon(); span.From <= horizon {
		h.out = max(h.out, min(horizon, span.To))
	}
}
