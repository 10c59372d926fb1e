package table

import (
	"context"
	"slices"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/sync/errgroup"

	"plantrail/schema"
)

// originalColumn is the path of the column by which an addendum names the event that it
// amends.
func originalColumn() []string { return []string{addendumColumn, "originaleventid"} }

// amends reports whether a row is an addendum.
func (p *projection) amends(row parquet.Row) bool {
	return slices.ContainsFunc(row, func(v parquet.Value) bool { return v.Column() == p.original && !v.IsNull() })
}

// addendaWidth is how many partitions are opened at once for their addenda. Most hold
// none, which their footers tell, so that it is the way to the store that takes time.
const addendaWidth = 16

// Addenda returns the events that amend others, of those that a filter names, in its
// order. All partitions are looked at, but little is read of those without addenda.
func (r *Reader) Addenda(ctx context.Context, f Filter) ([]schema.Event, error) {
	f.Addenda = true
	partitions, err := r.partitions(ctx, f)
	if err != nil {
		return nil, err
	}
	found := make([][]schema.Event, len(partitions))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(addendaWidth)
	for i, name := range partitions {
		group.Go(func() error {
			_, err := r.partition(ctx, newQuery(f), name, func(e *schema.Event, err error) bool {
				if err == nil {
					found[i] = append(found[i], *e)
				}
				return err == nil
			})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}
