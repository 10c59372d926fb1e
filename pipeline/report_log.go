package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"math"
)

// attrs are the selection as log attributes.
func (s *ReportSelection) attrs() []any {
	attrs := []any{slog.Int("sources", len(s.Sources)), slog.String("table", s.Table), slog.String("partition", s.Partition)}
	if s.From != "" {
		attrs = append(attrs, slog.String("from", s.From))
	}
	attrs = append(attrs, slog.String("to", s.To))
	if s.Shard != "" {
		attrs = append(attrs, slog.String("shard", s.Shard))
	}
	if len(s.Accounts) > 0 {
		attrs = append(attrs, slog.Any("accounts", s.Accounts))
	}
	if len(s.Regions) > 0 {
		attrs = append(attrs, slog.Any("regions", s.Regions))
	}
	return attrs
}

// logEnd logs what the run came to. Why it failed, the caller is told.
func (r *Report) logEnd(log *slog.Logger, err error) {
	attrs := []any{
		slog.Int64("listed", r.Listed), slog.Int64("already_done", r.AlreadyDone), slog.Int64("read", r.Read),
		slog.Int64("events", r.Events), slog.Int64("rows_added", r.RowsAdded),
		slog.Int("quarantined", len(r.Quarantined)), slog.Int("unreachable", len(r.Unreachable)),
		slog.Float64("elapsed_seconds", math.Round(r.ElapsedSeconds*1000)/1000),
	}
	switch {
	case errors.Is(err, context.Canceled):
		log.Warn("run interrupted", attrs...)
		return
	case err != nil:
		log.Error("run failed", attrs...)
		return
	}
	log.Info("run ended", attrs...)
}

// name logs a line about one log file or folder, which attrs name, unless limit
// lines of its kind are there. The first that is left out is replaced by a line
// that says so.
func (r *Report) name(log *slog.Logger, kind string, limit int, attrs ...any) {
	if r.named == nil {
		r.named = map[string]int{}
	}
	switch r.named[kind]++; {
	case r.named[kind] <= limit:
		log.Warn(kind, attrs...)
	case r.named[kind] == limit+1:
		log.Warn("no more lines of this kind: what the next run tries again, the report names", slog.String("kind", kind), slog.Int("named", limit))
	}
}
