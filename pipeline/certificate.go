package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/verify"
	"plantrail/schema"
)

// ErrNoCertificate says that what was verified is not all proven.
var ErrNoCertificate = errors.New("no certificate")

// A Certificate says what is proven of a span: that these are all log files that
// CloudTrail delivered for it, and each plan change in them, or that there was none.
type Certificate struct {
	Kind    string      `json:"kind"` // CertificateKind
	Made    time.Time   `json:"made"`
	Version string      `json:"version"` // of the program
	Sources []string    `json:"sources"`
	Span    digest.Span `json:"span"` // all of its hours are proven, of each unit
	Units   []CertUnit  `json:"units"`

	PlanChanges []CertChange `json:"plan_changes"` // in order of time
	Table       *CertTable   `json:"table,omitempty"`
	NotProven   []string     `json:"not_proven"` // of what lies beside the span, and why
}

// CertificateKind names the form of a certificate.
const CertificateKind = "plantrail certificate 1"

// A CertUnit is an account's region.
type CertUnit struct {
	Account  string      `json:"account"`
	Region   string      `json:"region"`
	LogFiles int         `json:"log_files"` // delivered in the span, all verified
	Chains   []CertChain `json:"chains"`
}

// A CertChain is a chain of digests that proves it.
type CertChain struct {
	Trail        string          `json:"trail"`
	HomeRegion   string          `json:"home_region"`
	Backfill     bool            `json:"backfill,omitempty"`
	Digests      int             `json:"digests"`
	First        verify.ChainEnd `json:"first"`
	Last         verify.ChainEnd `json:"last"`
	Signature    string          `json:"last_signature"` // CloudTrail's, of the last digest
	Fingerprints []string        `json:"fingerprints"`
}

// A CertChange is a plan change that a verified log file says.
type CertChange struct {
	Time      time.Time `json:"time"`
	Account   string    `json:"account"`
	Operation string    `json:"operation"`
	Level     string    `json:"level,omitempty"`
	Outcome   string    `json:"outcome"`
	Actor     string    `json:"actor"`
	EventID   string    `json:"event_id"`
	LogFile   string    `json:"log_file"`
}

// A CertTable is what the table's files were when they were compared with the log files.
type CertTable struct {
	URL   string       `json:"url"`
	Files []table.File `json:"files"`
}

// A changeLog collects the plan changes in verified log files.
type changeLog struct {
	mutex    sync.Mutex
	changes  []CertChange
	rejected []string // log files of which a record cannot be read
}

// take reads a verified log file, and returns its events.
func (l *changeLog) take(source *store.Location, key string, json []byte) []schema.Event {
	if json != nil && schema.Dismiss(json) {
		return nil
	}
	uri := source.URI(key)
	events, rejected, err := schema.Decode(json, uri)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err != nil || len(rejected) > 0 {
		l.rejected = append(l.rejected, uri)
	}
	for i := range events {
		c, ok := schema.ChangeOf(&events[i])
		if !ok {
			continue
		}
		l.changes = append(l.changes, CertChange{
			Time: c.Time, Account: c.Account, Operation: c.Operation, Level: c.Level, Outcome: c.Outcome, Actor: c.Actor, EventID: c.EventID, LogFile: uri,
		})
	}
	return events
}

// distinct returns each change once, of the log file whose name sorts first.
func (l *changeLog) distinct() []CertChange {
	slices.SortFunc(l.changes, func(a, b CertChange) int {
		return strings.Compare(a.order()+a.LogFile, b.order()+b.LogFile)
	})
	changes := slices.CompactFunc(l.changes, func(a, b CertChange) bool { return a.EventID != "" && a.order() == b.order() })
	return append([]CertChange{}, changes...)
}

func (c *CertChange) order() string {
	return c.Time.UTC().Format("2006-01-02T15:04:05.000") + "\n" + c.Account + "\n" + c.EventID + "\n" + c.Operation + "\n"
}

// Certify returns the certificate of what was verified, or an error that wraps
// [ErrNoCertificate] and says what is not proven.
func (r *VerifyReport) Certify(c *VerifyConfig) (*Certificate, error) {
	if err := r.certifiable(c); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoCertificate, err)
	}
	cert := &Certificate{
		Kind: CertificateKind, Made: r.Made, Version: c.Version, Sources: r.Selection.Sources,
		Span:  digest.Span{From: c.Selection.From.Time(), To: (c.Selection.To + 1).Time()},
		Units: []CertUnit{}, PlanChanges: r.changes.distinct(), NotProven: []string{},
	}
	for _, u := range r.Units {
		unit := CertUnit{Account: u.Account, Region: u.Region, LogFiles: u.LogFiles.Verified, Chains: []CertChain{}}
		for _, chain := range r.Chains {
			if chain.Account != u.Account || chain.Region != u.Region || chain.First == nil || !strings.HasPrefix(u.Folder, chain.Folder) {
				continue
			}
			unit.Chains = append(unit.Chains, CertChain{
				Trail: chain.Trail, HomeRegion: chain.HomeRegion, Backfill: chain.Backfill, Digests: chain.Digests.Verified,
				First: *chain.First, Last: *chain.Last, Signature: chain.LastSignature, Fingerprints: chain.Fingerprints,
			})
			if chain.EndsEarly {
				cert.NotProven = append(cert.NotProven, fmt.Sprintf("%s %s %s: this trail has no digest after %s; another proves the rest",
					chain.Account, chain.Region, chain.Trail, chain.Proven[len(chain.Proven)-1].To.Format(time.RFC3339)))
			}
		}
		cert.Units = append(cert.Units, unit)
	}
	if r.Table != nil {
		cert.Table = &CertTable{URL: c.Table.String(), Files: r.Table.Files}
	}
	return cert, nil
}

// certifiable says why there can be no certificate.
func (r *VerifyReport) certifiable(c *VerifyConfig) error {
	switch altered, unproven := r.Worst(); {
	case !c.BoundedFrom || !c.BoundedTo:
		return errors.New("it is of a span of days: name it with --from and --to")
	case c.Now().Before((c.Selection.To + 1).Time().Add(verify.Due)):
		return fmt.Errorf("%s is not over, or its last digests are not due yet", c.Selection.To)
	case !c.Shard.all():
		return errors.New("a shard is a part of the units: verify all of them")
	case len(r.Units) == 0:
		return errors.New("nothing of the selection is there")
	case r.Table != nil && r.Table.Altered():
		f := r.Table.Findings[0]
		return fmt.Errorf("the table: %s: event %s of %s: %s", f.Verdict, f.EventID, f.LogFile, f.Error)
	case r.Table != nil && len(r.Table.Unread) > 0:
		u := r.Table.Unread[0]
		return fmt.Errorf("the table has not read %s %s of %s", u.Account, u.Region, u.Days[0].From)
	case len(r.changes.rejected) > 0:
		return fmt.Errorf("records that cannot be read may be plan changes: in %s", r.changes.rejected[0])
	case len(r.Findings) > 0:
		f := r.Findings[0]
		return fmt.Errorf("%s: %s: %s, and %d more findings", f.Verdict, f.Key, f.Error, len(r.Findings)-1)
	case len(r.Unreachable) > 0:
		return fmt.Errorf("%s could not be reached: %s", r.Unreachable[0].Unit, r.Unreachable[0].Error)
	case altered, unproven:
		for _, u := range r.Units {
			for _, span := range u.Unproven {
				return fmt.Errorf("%s %s from %s to %s: no proven digest", u.Account, u.Region, span.From.Format(time.RFC3339), span.To.Format(time.RFC3339))
			}
		}
		return errors.New("not all of it is proven")
	}
	return nil
}
