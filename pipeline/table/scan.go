package table

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline/store"
	"plantrail/schema"
)

// A query is a filter, and the columns that answer it.
type query struct {
	Filter
	keys   *projection // the columns that decide whether a row is wanted
	wanted *projection // the columns asked for, and those
}

const (
	timeColumn     = "eventtime"
	accountColumn  = "recipientaccountid"
	addendumColumn = "addendum"
	rawColumn      = "rawevent"
)

func newQuery(f Filter) *query {
	keys := []string{timeColumn, accountColumn}
	if f.Addenda {
		keys = append(keys, addendumColumn)
	}
	q := &query{Filter: f, keys: project(keys...), wanted: project()}
	if len(f.Columns) > 0 {
		q.wanted = project(append(keys, f.Columns...)...)
	}
	return q
}

// A scan reads the rows of one file that a query wants.
//
// Each row group is passed over by its statistics, or pruned to a span of rows
// by its page index. The span is read in steps from one end to the other. With
// accounts or addenda to look for, the columns that decide are read first, and the others
// only where a row is wanted.
type scan struct {
	*query
	name   string
	source *source
	file   *parquet.File
}

func newScan(file *store.File, name string, q *query) (s *scan, err error) {
	s = &scan{query: q, name: name, source: &source{File: file}}
	err = s.undamaged(func() error {
		s.file, err = parquet.OpenFile(s.source, file.Size, parquet.SkipMagicBytes(true))
		return err
	})
	if err == nil {
		err = checkVersion(s.file, name)
	}
	return s, err
}

// A source is a file that remembers why it could not be read.
type source struct {
	*store.File
	err error
}

// ReadAt implements [io.ReaderAt]. Offsets come from the file: what a damaged one
// asks for beyond its ends is no failure of the store.
func (s *source) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.File.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) && at >= 0 && at < s.Size {
		s.err = err
	}
	return n, err
}

// undamaged calls read, and tells a file that is damaged from one that could not
// be fetched.
func (s *scan) undamaged(read func() error) error {
	err := undamaged(s.name, read)
	if err != nil && s.source.err != nil {
		return s.source.err
	}
	return err
}

// batches yields the wanted rows, those of a step at a time.
func (s *scan) batches(ctx context.Context) iter.Seq2[[]schema.Event, error] {
	return func(yield func([]schema.Event, error) bool) {
		groups := slices.Clone(s.file.RowGroups())
		if s.Newest {
			slices.Reverse(groups)
		}
		for _, group := range groups {
			more, err := s.group(ctx, group, yield)
			if err != nil {
				yield(nil, err)
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// group yields the wanted rows of a row group. more is false when the caller has
// seen enough.
func (s *scan) group(ctx context.Context, group parquet.RowGroup, yield func([]schema.Event, error) bool) (more bool, err error) {
	var rows span
	err = s.undamaged(func() error {
		rows, err = s.prune(group)
		return err
	})
	if err != nil || rows.empty() {
		return true, err
	}
	keys, wanted := &groupRows{open: s.keys.bareRows, group: group}, &groupRows{open: s.wanted.rows, group: group}
	defer func() { err = errors.Join(err, keys.close(), wanted.close()) }()
	for step := range rows.steps(s.Newest) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		var events []schema.Event
		err := s.undamaged(func() error {
			found := []span{step}
			if len(s.Accounts) > 0 || s.Addenda {
				if found, err = s.look(keys, step); err != nil {
					return err
				}
			}
			events, err = s.read(wanted, found)
			return err
		})
		if err != nil {
			return false, err
		}
		if s.Newest {
			slices.Reverse(events)
		}
		if len(events) > 0 && !yield(events, nil) {
			return false, nil
		}
	}
	return true, nil
}

// look returns where in a step rows are wanted. To read a few rows too many costs
// less than to begin anew behind them.
func (s *scan) look(keys *groupRows, step span) (found []span, err error) {
	at := step.from
	err = keys.read(step, func(row parquet.Row) error {
		if s.wants(s.keys, row) {
			if last := len(found) - 1; last >= 0 && at-found[last].to < batchRows {
				found[last].to = at + 1
			} else {
				found = append(found, span{at, at + 1})
			}
		}
		at++
		return nil
	})
	return found, err
}

// read returns the wanted rows of some spans, which ascend.
func (s *scan) read(rows *groupRows, spans []span) (events []schema.Event, err error) {
	var last time.Time
	for _, found := range spans {
		err := rows.read(found, func(row parquet.Row) error {
			if !s.wants(s.wanted, row) {
				return nil
			}
			event, err := s.wanted.event(row)
			if err == nil && event.EventTime.Before(last) {
				err = errors.New("its rows are not sorted")
			}
			last = event.EventTime
			events = append(events, event)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return events, nil
}

// wants reports whether the filter names a row.
func (q *query) wants(p *projection, row parquet.Row) bool {
	at, account := time.UnixMilli(row[p.time].Int64()), string(row[p.account].ByteArray())
	return !q.before(at) && !q.behind(at) &&
		(len(q.Accounts) == 0 || account == "" || slices.Contains(q.Accounts, account)) &&
		(!q.Addenda || p.amends(row))
}

// before reports whether a time is before those wanted, behind whether it is
// behind them.
func (q *query) before(t time.Time) bool { return !q.Since.IsZero() && t.Before(q.Since) }
func (q *query) behind(t time.Time) bool { return !q.Until.IsZero() && !t.Before(q.Until) }
