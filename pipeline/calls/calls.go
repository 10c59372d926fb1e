// Package calls reads from a table what was called, as people ask about it: each call
// once, with what addenda say of it, in the order of the rows.
//
// A table has a row for an event and one for each of its addenda, which may be anywhere.
//
//  1. All addenda are read, wherever they are: they are few, and a partition's footer
//     tells that it has none.
//  2. If there are any, the events that they name are looked for, by few columns.
//  3. The rows that are asked for are read once, and told by what is known then.
//
// So memory is needed for the addenda, and not for the rows.
package calls

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

// A Query says which rows to tell.
type Query struct {
	Since, Until time.Time // those of Since or later, and before Until; zero is no bound
	// Known is until when to look at what addenda say: what was said then or later was
	// not known yet. Zero is no bound. Of a row that is not before it nothing is amended.
	Known    time.Time
	Accounts []string // the calls of these; empty is all
	Newest   bool     // the newest first, else the oldest
}

// A Row is one of the table, as it is told: a change, a read, or neither. That is an
// addendum, which is told with its call and not for itself.
type Row struct {
	Time    time.Time
	Account string
	Change  *schema.Change
	Read    *schema.Read
}

// errLate says that an addendum was merged after the addenda were read.
var errLate = errors.New("an addendum came meanwhile")

// Rows reads the rows of a query, in order of time. Their texts are borrowed until the
// next row. Rows end after an error, which wraps [store.ErrChanged] if a run replaced a
// file of the table meanwhile: begin again.
func Rows(ctx context.Context, r *table.Reader, q Query) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		addenda, err := readAddenda(ctx, r, q)
		if err != nil {
			yield(Row{}, err)
			return
		}
		filter := table.Filter{Since: q.Since, Until: q.Until, Accounts: q.Accounts, Columns: schema.ChangeColumns(), Newest: q.Newest}
		for event, err := range r.Rows(ctx, filter) {
			var row Row
			if err == nil {
				row, err = q.row(event, addenda)
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			if q.asks(row.Account) && !yield(row, nil) {
				return
			}
		}
	}
}

func (q *Query) asks(account string) bool {
	return len(q.Accounts) == 0 || slices.Contains(q.Accounts, account)
}

// known reports whether what was said at a time is known.
func (q *Query) known(at time.Time) bool { return q.Known.IsZero() || at.Before(q.Known) }

func (q *Query) row(event *schema.Event, addenda *schema.Addenda) (Row, error) {
	change, ok := schema.ChangeOf(event)
	if !ok {
		row := Row{Time: event.EventTime, Account: event.Account()}
		if read, ok := schema.ReadOf(event); ok {
			row.Read = &read
		}
		return row, nil
	}
	row := Row{Time: change.Time, Account: change.Account}
	if !q.known(change.Time) {
		if change.Addendum.EventID == "" {
			row.Change = &change
		}
		return row, nil
	}
	if !addenda.Has(&change) {
		return Row{}, fmt.Errorf("read calls: %w: %w", store.ErrChanged, errLate)
	}
	if told, ok := addenda.Tell(change); ok {
		row.Change = &told
	}
	return row, nil
}

// readAddenda reads all addenda that are known.
func readAddenda(ctx context.Context, r *table.Reader, q Query) (*schema.Addenda, error) {
	events, err := r.Addenda(ctx, table.Filter{Until: q.Known, Accounts: q.Accounts, Columns: schema.ChangeColumns()})
	if err != nil {
		return nil, err
	}
	var all []schema.Change
	for i := range events {
		if change, ok := schema.ChangeOf(&events[i]); ok && change.Addendum.EventID != "" && q.asks(change.Account) {
			all = append(all, change.Clone())
		}
	}
	there, err := q.originals(ctx, r, schema.AmendedBy(all))
	return schema.NewAddenda(all, func(of schema.EventRef) bool { return there[of] }), err
}

// originals returns which of the events that addenda name are there, and are no addenda.
func (q *Query) originals(ctx context.Context, r *table.Reader, named map[schema.EventRef]bool) (there map[schema.EventRef]bool, err error) {
	there = map[schema.EventRef]bool{}
	if len(named) == 0 {
		return there, nil
	}
	filter := table.Filter{Until: q.Known, Columns: schema.RefColumns(), Newest: true}
	for of := range named {
		if !slices.Contains(filter.Accounts, of.Account) {
			filter.Accounts = append(filter.Accounts, of.Account)
		}
	}
	for event, err := range r.Rows(ctx, filter) {
		if err != nil {
			return nil, err
		}
		change, ok := schema.ChangeOf(event)
		if of := change.Ref(); ok && change.Addendum.EventID == "" && named[of] {
			if there[of.Clone()] = true; len(there) == len(named) {
				break
			}
		}
	}
	return there, nil
}
