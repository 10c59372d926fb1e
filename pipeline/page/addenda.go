package page

import (
	"context"
	"time"

	"plantrail/pipeline/table"
	"plantrail/schema"
)

// addenda knows which changes are told with what addenda say of them, and which are not
// told because they say it. Both are few: a table is looked through for addenda first,
// by columns that are nearly empty, and again only if it has some.
type addenda struct {
	originals map[call]bool // that addenda name
	told      map[row]schema.Change
}

// A call is one as an addendum names it.
type call struct{ account, eventID string }

// A row is what tells a change from the others.
type row struct {
	at time.Time
	call
	operation string
}

func rowOf(c *schema.Change) row { return row{c.Time, call{c.Account, c.EventID}, c.Operation} }

// readAddenda finds them among the rows before Until.
func readAddenda(ctx context.Context, r *table.Reader, c Config) (a addenda, err error) {
	found := false
	filter := table.Filter{Accounts: c.Accounts, Columns: []string{"addendum"}, Until: c.Until}
	for event, err := range r.Rows(ctx, filter) {
		if err != nil {
			return a, err
		}
		if found = event.Addendum != nil; found {
			break
		}
	}
	if !found {
		return a, nil
	}
	// An original may stand on either side of its addendum, so these come first.
	filter.Columns = schema.ChangeColumns()
	a.originals = map[call]bool{}
	if err := eachChange(ctx, r, filter, func(c *schema.Change) {
		if c.Addendum.EventID != "" {
			a.originals[call{c.Account, c.Addendum.EventID}] = true
		}
	}); err != nil {
		return a, err
	}
	var concerned []schema.Change
	if err := eachChange(ctx, r, filter, func(c *schema.Change) {
		if a.concern(c) {
			concerned = append(concerned, *c)
		}
	}); err != nil {
		return a, err
	}
	a.told = map[row]schema.Change{}
	for _, c := range schema.Amend(concerned) {
		a.told[rowOf(&c)] = c
	}
	return a, nil
}

func eachChange(ctx context.Context, r *table.Reader, f table.Filter, see func(*schema.Change)) error {
	for event, err := range r.Rows(ctx, f) {
		if err != nil {
			return err
		}
		if change, ok := schema.ChangeOf(event); ok {
			see(&change)
		}
	}
	return nil
}

func (a *addenda) concern(c *schema.Change) bool {
	return c.Addendum.EventID != "" || a.originals[call{c.Account, c.EventID}]
}

// tell returns a change as it is told; ok is false for an addendum of one that is.
func (a *addenda) tell(c schema.Change) (told schema.Change, ok bool) {
	if len(a.originals) == 0 || !a.concern(&c) {
		return c, true
	}
	told, ok = a.told[rowOf(&c)]
	return told, ok
}
