package pipeline

import (
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// KnownBad is a log file that Config.KnownBad names, and that failed as somebody has
// said it would.
type KnownBad struct {
	Key     string `json:"key"`     // the log file's URI
	Outcome string `json:"outcome"` // [WasQuarantined] or [WasUnreachable]
	Error   string `json:"error"`
}

// What became of a [KnownBad].
const (
	WasQuarantined = "quarantined"
	WasUnreachable = "unreachable"
)

// KnownBadOver is a log file that Config.KnownBad names without need.
type KnownBadOver struct {
	Key string `json:"key"`
	Why string `json:"why"` // what it is instead
}

// Why a log file need not be named as known bad any more.
const (
	knownRead  = "it was read whole"
	knownGone  = "it is not there any more"
	knownUnmet = "no such log file was tried: it was read before, is not there, or is spelled otherwise"
)

// known follows what becomes of the log files that are named as known bad. They are
// tried like all others.
type known map[string]bool // by URI; whether it was met

func newKnown(uris []string) known {
	k := make(known, len(uris))
	for _, uri := range uris {
		k[uri] = false
	}
	return k
}

// has reports whether a log file is named as known bad.
func (k known) has(uri string) bool {
	_, named := k[uri]
	return named
}

// knownFailed adds a failure of a log file, if it is named as known bad.
func (r *Report) knownFailed(uri, outcome string, err error, log *slog.Logger) bool {
	if !r.known.has(uri) {
		return false
	}
	r.known[uri] = true
	r.KnownBad = append(r.KnownBad, KnownBad{Key: uri, Outcome: outcome, Error: err.Error()})
	log.Info("known bad", slog.String("key", uri), slog.Any("error", err))
	return true
}

// knownOver adds a log file that did not fail, if it is named as known bad.
func (r *Report) knownOver(uri, why string, log *slog.Logger) {
	if !r.known.has(uri) {
		return
	}
	r.known[uri] = true
	r.KnownBadOver = append(r.KnownBadOver, KnownBadOver{Key: uri, Why: why})
	r.name(log, "not bad any more: take it out of the list of known bad log files", maxNamed, slog.String("key", uri), slog.String("why", why))
}

// knownResult follows a log file that is named as known bad.
func (r *Report) knownResult(f *result, log *slog.Logger) {
	if len(r.known) == 0 || f.more {
		return
	}
	uri := f.file.uri()
	switch {
	case f.outcome == read && f.rejected.Count == 0 && f.found.Broken == 0:
		r.knownOver(uri, knownRead, log)
	case f.outcome == unreachable && errors.Is(f.err, store.ErrArchived) && r.known.has(uri):
		r.known[uri] = true // it is counted with its region
	}
}

// knownUnmet adds, after a run over all there is, the log files that are named as known bad
// and that nobody has met. It says so once.
func (r *Report) knownUnmet(log *slog.Logger) {
	var unmet []string
	for _, uri := range slices.Sorted(maps.Keys(r.known)) {
		if !r.known[uri] {
			unmet = append(unmet, uri)
			r.KnownBadOver = append(r.KnownBadOver, KnownBadOver{Key: uri, Why: knownUnmet})
		}
	}
	if len(unmet) > 0 {
		log.Warn("named as known bad, and not tried: they were read before, are not there, or are spelled otherwise",
			slog.Int("log_files", len(unmet)), slog.String("first", unmet[0]))
	}
}

// whole reports whether a run meets all log files that failed before.
func (c *Config) whole() bool {
	return c.Shard.all() && len(c.Selection.Accounts)+len(c.Selection.Regions) == 0 &&
		c.Selection.From <= 0 && c.Selection.To >= trail.DayOf(c.Now())
}

func sortKnown(bad []KnownBad, over []KnownBadOver) {
	slices.SortFunc(bad, func(a, b KnownBad) int { return strings.Compare(a.Key+a.Error, b.Key+b.Error) })
	slices.SortFunc(over, func(a, b KnownBadOver) int { return strings.Compare(a.Key, b.Key) })
}
