package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline/store"
	"plantrail/schema"
)

// Contended reports whether other runs write the table at this time, as far as
// this one can know: one of them was faster once, or the store is a server that
// may not keep two of them apart, whatever it seemed when it was probed.
func (t *Table) Contended() bool {
	if _, ok := t.location.Store.(*store.Dir); ok {
		return false // a lock keeps them apart
	}
	return t.refused.Load() || t.location.URL.Endpoint != ""
}

// Confirm makes sure that events which were merged into a partition are there
// still. Only the columns that identify them are read. It returns [ErrOverwritten]
// if some are not: then they must not be claimed.
func (t *Table) Confirm(ctx context.Context, partition string, events []schema.Event) error {
	merged, _ := distinct(events)
	return t.merges.Do(ctx, store.IsChanged, func() error {
		return t.confirmOnce(ctx, t.fileKey(partition), merged)
	})
}

func (t *Table) confirmOnce(ctx context.Context, key string, events []*schema.Event) (err error) {
	p := &partition{name: t.location.URI(key)}
	p.file, err = store.OpenRanges(ctx, t.location, key)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%s: it is gone: %w", p.name, ErrOverwritten)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	err = undamaged(p.name, func() error {
		p.table, err = parquet.OpenFile(p.file, p.file.Size)
		return err
	})
	if err != nil {
		return err
	}
	lost, _, _, err := t.fresh(p, events)
	if err == nil && len(lost) > 0 {
		err = fmt.Errorf("%s: %d of %d rows are not there: %w", p.name, len(lost), len(events), ErrOverwritten)
	}
	return err
}
