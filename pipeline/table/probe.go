package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"plantrail/pipeline/store"
)

// provenPuts numbers what a store was tried for: another number has each table's
// store tried again.
const provenPuts = 1

// A prober is a store that may be any server, so that its puts must be tried
// before they are trusted.
type prober interface {
	ProbePuts(ctx context.Context, key string, document func(token string) []byte) error
}

// OpeningPuts returns how many puts it takes to open a table, or to begin one.
func OpeningPuts(u store.URL, begin bool) int64 {
	switch {
	case u.Bucket == "" && begin:
		return 3
	case u.Bucket == "":
		return 1
	case begin:
		return 4 + store.ProbePutCount(u)
	}
	return 2
}

// checkStore finds out whether the store heeds the conditions of a put. That it
// heeds the one for a new file, checkPut has found out.
//
// Each run tries what costs a request, as a table may have been copied to another
// store. The rest is tried once, with the table's description, which then says so.
func (t *Table) checkStore(ctx context.Context) error {
	if _, ok := t.location.Store.(*store.Dir); ok {
		return nil // a lock keeps writers apart
	}
	const wrong = `"00000000000000000000000000000000"`
	key := t.location.Key(metaName)
	text, err := t.meta.text()
	if err != nil {
		return err
	}
	switch err := t.location.Put(ctx, key, bytes.NewReader(text), int64(len(text)), wrong); {
	case err == nil:
		return fmt.Errorf("it puts a file whatever If-Match says: %w", ErrUnconditional)
	case !errors.Is(err, store.ErrChanged):
		return err
	}
	p, ok := t.location.Store.(prober)
	if !ok || t.meta.Puts == provenPuts {
		return nil
	}
	t.meta.Puts = provenPuts
	return p.ProbePuts(ctx, key, func(token string) []byte {
		m := t.meta
		if m.Probe = token; token != "" {
			m.Puts = 0
		}
		text, _ := m.text() // as it could be above
		return text
	})
}
