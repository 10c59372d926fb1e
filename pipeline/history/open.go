package history

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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
}

// DefaultMaxPages is a thousand events, ten seconds.
const DefaultMaxPages = 20

// A History is the Event history of an account and region. It implements
// [store.Store], for reading.
type History struct {
	Account, Region string

	config   Config
	url      store.URL // as it was named
	lookUp   lookUp
	limit    *limit
	requests *store.Requests
	days     days
}

// A lookUp is the one call that is made of the SDK's client. The linker keeps all
// operations of a client that something can reach by its type, and here only this one.
type lookUp func(context.Context, *cloudtrail.LookupEventsInput, ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error)

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
	h := &History{Account: aws.ToString(who.Account), Region: u.Region, config: c, url: u, requests: &shared.Requests}
	h.limit = c.Limits.of(place{h.Account, h.Region})
	client := cloudtrail.NewFromConfig(cfg, func(o *cloudtrail.Options) {
		if u.Endpoint != "" {
			o.BaseEndpoint = &u.Endpoint
		}
		o.Retryer = aws.NopRetryer{} // each attempt counts, so each goes through the limit
	})
	h.lookUp = client.LookupEvents
	return h, nil
}

// Location returns the place that a History is: cloudtrail://account/region.
func (h *History) Location() store.Location {
	u := h.url
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
	span := trail.Span{From: max(s.From, h.Horizon()), To: min(s.To, trail.DayOf(h.config.Now()))}
	if span.From <= span.To && s.Has(h.Account, h.Region) {
		u.Days = trail.Days{span}
	}
	return u
}

// Horizon returns the first day of which there is something still. It is not all there.
func (h *History) Horizon() trail.Day { return trail.DayOf(h.config.Now().Add(-reach)) }
