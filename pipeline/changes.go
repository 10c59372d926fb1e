package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/retry"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

// A ChangeWriter takes the plan changes that runs have put into a table.
type ChangeWriter interface {
	// Write takes a change that is in the table.
	Write(change *schema.Change) error
	// Publish gives what was written to whoever waits for it. A run that has opened its
	// table calls it once.
	// What it returns nil for has been told.
	Publish() error
}

// An announcer has each change told that a run adds to the table, at least once
// whatever happens:
//
//  1. Before rows are put, a document of the table notes which changes are among them.
//  2. When they are in the table, they are written.
//  3. At its end, also when it has failed or was interrupted, the run publishes what
//     it has written, and takes the notes back.
//
// A note that is left is from a run that was killed, or could not publish. The next
// run looks which of the noted changes are in the table, and tells them with its own;
// the others it comes upon when it reads their log files again.
//
// Notes are bounded: of a run that adds more changes than Config.MaxNoted and is killed,
// the first ones are told.
//
// Without a ChangeWriter changes are counted, and nothing is noted.
type announcer struct {
	config *Config
	report *Report
	table  *table.Table // nil until it is open
	noted  map[string]noted
	full   bool                // more is not noted
	told   map[string][]string // what was written, by the document that has its note
}

// A noted change is told apart by a digest: an event's ID is whatever a log file says.
type noted struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"` // of the event
	At   time.Time `json:"at"`   // when it was noted
}

// noteAge is how long a change is noted that is not in the table: the run that is
// about to put it there may be at work still.
const noteAge = 48 * time.Hour

// notedText is the document.
type notedText struct {
	Changes []noted `json:"changes"`
}

// notesFolder has a document a shard.
const notesFolder = "changes"

// notesName is the document of a run's shard.
func notesName(s Shard) string {
	if s.all() {
		return notesFolder + "/all.json"
	}
	return notesFolder + "/" + strings.ReplaceAll(s.String(), "/", "-of-") + ".json"
}

func noteOf(c *schema.Change) noted {
	var text []byte
	for _, part := range []string{c.Account, c.EventID, c.EventSource, c.Operation} {
		text = fmt.Appendf(text, "%d %s ", len(part), part)
	}
	hash := sha256.Sum256(fmt.Append(text, c.Time.UnixMilli()))
	return noted{ID: hex.EncodeToString(hash[:16]), Time: c.Time.UTC()}
}

// open takes up what earlier runs have noted and not told. One that is not a shard
// takes up what shards have left, too.
func (a *announcer) open(ctx context.Context, t *table.Table) error {
	a.table = t
	if a.config.Changes == nil {
		return nil
	}
	names := []string{notesName(a.config.Shard)}
	if a.config.Shard.all() {
		for name, err := range t.Documents(ctx, notesFolder) {
			if err != nil {
				return fmt.Errorf("read which changes are not told: %w", err)
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		text, _, err := a.read(ctx, name)
		if err != nil {
			return fmt.Errorf("read which changes are not told: %w", err)
		}
		found, err := a.find(ctx, text.Changes)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			a.config.Log.Warn("changes that an earlier run has not told are not told by this one either: the next tries again", slog.Any("error", err))
			continue
		}
		if err := a.recover(name, text.Changes, found); err != nil {
			return err
		}
	}
	return nil
}

// find returns those of the noted changes that are in the table.
func (a *announcer) find(ctx context.Context, changes []noted) (found []schema.Change, err error) {
	if len(changes) == 0 {
		return nil, nil
	}
	first, last := changes[0].Time, changes[0].Time
	wanted := map[string]bool{}
	for _, c := range changes {
		wanted[c.ID] = true
		if c.Time.Before(first) {
			first = c.Time
		}
		if c.Time.After(last) {
			last = c.Time
		}
	}
	filter := table.Filter{Since: first, Until: last.Add(time.Millisecond), Columns: schema.ChangeColumns()}
	err = notesAgain().Do(ctx, store.IsChanged, func() error {
		found = nil
		for event, err := range a.table.Reader().Rows(ctx, filter) {
			if err != nil {
				return err
			}
			if change, ok := schema.ChangeOf(event); ok && wanted[noteOf(&change).ID] {
				found = append(found, change)
			}
		}
		return nil
	})
	return found, err
}

// recover writes changes that were found. What is not in the table is new to the run
// that reads it again; its note stays for a while.
func (a *announcer) recover(name string, changes []noted, found []schema.Change) error {
	for i := range found {
		if err := a.write(&found[i]); err != nil {
			return err
		}
		a.told[name] = append(a.told[name], noteOf(&found[i]).ID)
	}
	for _, c := range changes {
		if a.config.Now().Sub(c.At) > noteAge {
			a.told[name] = append(a.told[name], c.ID)
		}
	}
	a.report.ChangesRecovered += int64(len(found))
	if len(found) > 0 {
		a.config.Log.Warn("changes that an earlier run has added and not told are told by this one", slog.Int("changes", len(found)))
	}
	return nil
}

// changesIn returns the changes among events.
func changesIn(events []*schema.Event) (changes []schema.Change) {
	for _, event := range events {
		if change, ok := schema.ChangeOf(event); ok {
			changes = append(changes, change)
		}
	}
	return changes
}

// note notes events that are about to be rows, as far as they are changes.
func (a *announcer) note(ctx context.Context, added []*schema.Event) error {
	if a.config.Changes == nil {
		return nil
	}
	changes := changesIn(added)
	room := a.config.MaxNoted - len(a.noted)
	if len(changes) > room && !a.full {
		a.full = true
		a.config.Log.Warn("more changes than are noted: if this run is killed, the others are not told", slog.Int("noted", a.config.MaxNoted))
	}
	if changes = changes[:min(len(changes), max(room, 0))]; len(changes) == 0 {
		return nil
	}
	for i := range changes {
		n := noteOf(&changes[i])
		n.At = a.config.Now().UTC()
		a.noted[n.ID] = n
	}
	err := a.update(ctx, notesName(a.config.Shard), func(text *notedText) {
		have := map[string]bool{}
		for _, n := range text.Changes {
			have[n.ID] = true
		}
		for id, n := range a.noted {
			if !have[id] {
				text.Changes = append(text.Changes, n)
			}
		}
	})
	if err != nil {
		return fmt.Errorf("note which changes are to be told: %w", err)
	}
	return nil
}

// added takes events that have become rows.
func (a *announcer) added(events []*schema.Event) error {
	changes := changesIn(events)
	a.report.Changes += int64(len(changes))
	if a.config.Changes == nil {
		return nil
	}
	name := notesName(a.config.Shard)
	for i := range changes {
		if err := a.write(&changes[i]); err != nil {
			return err
		}
		a.told[name] = append(a.told[name], noteOf(&changes[i]).ID)
	}
	return nil
}

func (a *announcer) write(c *schema.Change) error {
	if err := a.config.Changes.Write(c); err != nil {
		return fmt.Errorf("write changes: %w", err)
	}
	return nil
}

// publish ends what was begun with open. A run that could not begin has no news, and
// takes nothing from those of the run before.
func (a *announcer) publish(ctx context.Context) error {
	if a.config.Changes == nil || a.table == nil {
		return nil
	}
	if err := a.config.Changes.Publish(); err != nil {
		if a.report.Changes+a.report.ChangesRecovered > 0 {
			err = fmt.Errorf("%w: the next run tells these changes again", err)
		}
		return err
	}
	for name, ids := range a.told {
		told := map[string]bool{}
		for _, id := range ids {
			told[id] = true
		}
		err := a.update(ctx, name, func(text *notedText) {
			text.Changes = slices.DeleteFunc(text.Changes, func(n noted) bool { return told[n.ID] })
		})
		if err != nil {
			a.config.Log.Warn("not noted that changes are told: the next run tells them again", slog.Any("error", err))
		}
	}
	return nil
}

// notesAgain is how a document is written that other runs write too.
func notesAgain() retry.Policy {
	return retry.Policy{Attempts: 20, Step: 20 * time.Millisecond, Most: 400 * time.Millisecond}
}

// update writes a document, unless it stays as it is.
func (a *announcer) update(ctx context.Context, name string, change func(*notedText)) error {
	return notesAgain().Do(ctx, store.IsChanged, func() error {
		text, etag, err := a.read(ctx, name)
		if err != nil {
			return err
		}
		before := slices.Clone(text.Changes)
		change(&text)
		slices.SortFunc(text.Changes, func(a, b noted) int { return strings.Compare(a.ID, b.ID) })
		if slices.Equal(before, text.Changes) {
			return nil
		}
		body, err := json.Marshal(notedText{Changes: append([]noted{}, text.Changes...)})
		if err != nil {
			return err
		}
		return a.table.PutDocument(ctx, name, append(body, '\n'), etag)
	})
}

func (a *announcer) read(ctx context.Context, name string) (text notedText, etag string, err error) {
	body, etag, err := a.table.Document(ctx, name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return text, "", nil
	case err != nil:
		return text, "", err
	case json.Unmarshal(body, &text) != nil:
		a.config.Log.Warn("not as it was written: set aside", slog.String("document", path.Join(notesFolder, path.Base(name))))
		return notedText{}, etag, nil
	}
	return text, etag, nil
}
