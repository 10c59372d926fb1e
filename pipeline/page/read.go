package page

import (
	"context"
	"slices"
	"time"

	"plantrail/pipeline/calls"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

// A Page is what there is to show of a table.
type Page struct {
	config   Config
	rows     int64
	from, to time.Time // of the rows
	accounts map[string]bool
	outcomes map[string]int // how many changes ended so
	reads    int64
	changes  []schema.Change // the newest first
	levels   []schema.Change // those that count for the timeline, also from before Since
	cut      bool            // levels has not all of them
	later    int64           // rows that are not before Until
	readers  readers
	coverage coverage
	files    []table.File // the table's, where there are proofs to compare
}

// Read takes from a table what there is to show. The error wraps
// [store.ErrChanged] if a run replaced a file of the table meanwhile: read
// again.
//
// It reads rows from before Since too, because they tell which level an account
// had then.
func Read(ctx context.Context, r *table.Reader, c Config) (*Page, error) {
	p := &Page{config: c, accounts: map[string]bool{}, outcomes: map[string]int{}, readers: readers{config: c}}
	query := calls.Query{Known: c.Until, Accounts: c.Accounts, Newest: true}
	for row, err := range calls.Rows(ctx, r, query) {
		if err != nil {
			return nil, err
		}
		switch {
		case !p.until(row.Time):
		case row.Change != nil:
			p.change(row.Change)
		case row.Read != nil:
			p.read(row.Read)
		default: // an event, and no call of its own
			p.row(row.Time, bounded(row.Account, c.Text))
		}
	}
	err := calls.Agree(ctx, r, query, p.changes, p.levels)
	if err != nil {
		return nil, err
	}
	if p.coverage, err = readCoverage(ctx, r, c); err == nil && len(c.Proofs) > 0 {
		p.files, err = r.Files(ctx)
	}
	return p, err
}

// shows reports whether the page is about an account.
func (c *Config) shows(account string) bool {
	return len(c.Accounts) == 0 || slices.Contains(c.Accounts, account)
}

// row counts a row. ok is false for one that the page is not about.
func (p *Page) row(at time.Time, account string) (ok bool) {
	if at.Before(p.config.Since) {
		return false
	}
	if p.rows == 0 {
		p.to = at
	}
	p.rows++
	p.from = at
	p.accounts[account] = true
	return true
}

// until counts a row that is not before Until, and reports whether it is.
func (p *Page) until(at time.Time) bool {
	if p.config.Until.IsZero() || at.Before(p.config.Until) {
		return true
	}
	p.later++
	return false
}

func (p *Page) change(c *schema.Change) {
	for _, text := range []*string{
		&c.Account, &c.Actor, &c.SourceIP, &c.Operation, &c.Level, &c.Schedule.StartLevel, &c.Schedule.StartOffer,
		&c.Schedule.EndLevel, &c.Schedule.EndOffer, &c.UpdateARN, &c.Error, &c.EventID,
		&c.EventSource, &c.Requested, &c.Responded,
	} {
		*text = bounded(*text, p.config.Text)
	}
	if c.Counts() {
		if len(p.levels) < p.config.Kept {
			p.levels = append(p.levels, *c)
		} else {
			p.cut = true
		}
	}
	if !p.row(c.Time, c.Account) {
		return
	}
	p.outcomes[c.Outcome]++
	if len(p.changes) < p.config.Kept {
		p.changes = append(p.changes, *c)
	}
}

func (p *Page) read(r *schema.Read) {
	r.Account, r.Actor = bounded(r.Account, p.config.Text), bounded(r.Actor, p.config.Text)
	if p.row(r.Time, r.Account) {
		p.reads++
		p.readers.count(r)
	}
}

// changed returns how many changes there are.
func (p *Page) changed() int {
	return p.outcomes[schema.Accepted] + p.outcomes[schema.Denied] + p.outcomes[schema.Failed]
}
