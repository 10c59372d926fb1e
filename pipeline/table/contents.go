package table

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/store"
)

// contentsName is the document that says what the table consists of.
const contentsName = "contents.json"

// A Content is what a partition has to have, as of the last commit. Partitions only
// grow, so a file with fewer rows is not the one that a run left there.
type Content struct {
	Rows int64 `json:"rows"`
	Size int64 `json:"size"` // of its file, in bytes
	// From and To are the delivery days of the log files that its rows, and copies of
	// them, came from: what must be read again to make it anew.
	From string `json:"from"`
	To   string `json:"to"`
}

// join returns what both say of a partition. Of two sizes for the same rows, size
// tells which is that of the file: what was noted last need not have been put last.
func (c Content) join(d Content, size func() (int64, error)) (Content, error) {
	if c.Rows == 0 {
		return d, nil
	}
	c.From, c.To = min(c.From, d.From), max(c.To, d.To)
	var err error
	switch {
	case d.Rows > c.Rows:
		c.Rows, c.Size = d.Rows, d.Size
	case d.Rows == c.Rows && d.Size != c.Size:
		c.Size, err = size()
	}
	return c, err
}

// A Loss is a partition that does not have what it has to have.
type Loss struct {
	Partition string
	URI       string // of its file
	Content          // what it has to have
	Have      int64  // rows
	Err       error  // why its file cannot be read; nil: it can, or is gone
}

// Error implements error.
func (l *Loss) Error() string {
	switch {
	case l.Err != nil:
		return l.Err.Error()
	case l.Have == 0:
		return fmt.Sprintf("its file is gone, which had %d rows", l.Rows)
	}
	return fmt.Sprintf("its file has %d rows, and had %d: it is an older one, or not the table's", l.Have, l.Rows)
}

// Check compares the table's files with what it has to consist of. It takes two
// requests, and one more for each file that has another size than was noted.
func (t *Table) Check(ctx context.Context) ([]*Loss, error) {
	noted, _, err := t.contents(ctx)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for page, err := range t.location.List(ctx, store.Range{Prefix: t.location.Key(t.scheme.Column() + "=")}) {
		if err != nil {
			return nil, err
		}
		for _, o := range page.Objects {
			if path.Base(o.Key) == fileName {
				sizes[path.Base(path.Dir(o.Key))] = o.Size
			}
		}
	}
	if noted == nil {
		return nil, t.adopt(ctx, sizes)
	}
	var losses []*Loss
	for _, partition := range slices.Sorted(maps.Keys(noted)) {
		loss := &Loss{Partition: partition, URI: t.location.URI(t.fileKey(partition)), Content: noted[partition]}
		size, there := sizes[partition]
		if there && size == loss.Size {
			continue
		}
		if there {
			loss.Have, loss.Err = t.countRows(ctx, partition)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if loss.Err != nil || loss.Have < loss.Rows {
			losses = append(losses, loss)
		}
	}
	return losses, nil
}

// beginContents notes that a new table has nothing yet, before it is one: so a table
// without a note is an earlier version's.
func (t *Table) beginContents(ctx context.Context) error {
	err := t.PutDocument(ctx, contentsName, []byte("{}\n"), "")
	if errors.Is(err, store.ErrChanged) {
		return nil // another run begins it too, or one was cut off
	}
	return err
}

// adopt notes the files of a table that an earlier version wrote, as they are. Of
// what delivery days they came is not known, so any since their events.
func (t *Table) adopt(ctx context.Context, sizes map[string]int64) error {
	found := map[string]Content{}
	for partition, size := range sizes {
		from, _, ok := t.scheme.period(partition)
		if !ok {
			continue
		}
		rows, err := t.countRows(ctx, partition)
		if errors.Is(err, ErrDamaged) {
			continue // the merge that needs it says so
		}
		if err != nil {
			return err
		}
		found[partition] = Content{Rows: rows, Size: size, From: from.Format(time.DateOnly), To: "9999-12-31"}
	}
	return t.Note(ctx, found)
}

func (t *Table) countRows(ctx context.Context, partition string) (rows int64, err error) {
	p, err := t.openPartition(ctx, t.fileKey(partition))
	if err != nil {
		return 0, err
	}
	return p.rows(), p.close()
}

// rows returns how many rows a partition has.
func (p *partition) rows() int64 {
	if p.table == nil {
		return 0
	}
	return p.table.NumRows()
}

// Note notes what partitions have to have from now on. It comes after their rows and
// before the state that rests on them.
func (t *Table) Note(ctx context.Context, contents map[string]Content) error {
	return t.changeContents(ctx, func(noted map[string]Content) error {
		for partition, c := range contents {
			if c.Rows == 0 {
				continue
			}
			joined, err := noted[partition].join(c, func() (int64, error) { return t.sizeOf(ctx, partition) })
			if err != nil {
				return err
			}
			noted[partition] = joined
		}
		return nil
	})
}

// sizeOf returns the size of a partition's file; 0: there is none.
func (t *Table) sizeOf(ctx context.Context, partition string) (int64, error) {
	file, err := t.location.Open(ctx, t.fileKey(partition))
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return file.Size, file.Close()
}

// Forget forgets what partitions had, whose log files are to be read again.
func (t *Table) Forget(ctx context.Context, losses []*Loss) error {
	return t.changeContents(ctx, func(noted map[string]Content) error {
		for _, loss := range losses {
			delete(noted, loss.Partition)
		}
		return nil
	})
}

func (t *Table) changeContents(ctx context.Context, change func(map[string]Content) error) error {
	return t.merges.Do(ctx, store.IsChanged, func() error {
		noted, etag, err := t.contents(ctx)
		if err != nil {
			return err
		}
		if noted == nil {
			noted = map[string]Content{}
		}
		before := maps.Clone(noted)
		if err := change(noted); err != nil {
			return err
		}
		if maps.Equal(before, noted) {
			return nil
		}
		text, err := json.MarshalIndent(noted, "", " ")
		if err != nil {
			return err
		}
		return t.PutDocument(ctx, contentsName, append(text, '\n'), etag)
	})
}

// contents returns what is noted; nil: nothing ever was.
func (t *Table) contents(ctx context.Context) (noted map[string]Content, etag string, err error) {
	text, etag, err := t.Document(ctx, contentsName)
	if errors.Is(err, store.ErrNotFound) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	if err := json.Unmarshal(text, &noted); err != nil || noted == nil {
		return nil, "", fmt.Errorf("%s: %w", t.location.URI(t.location.Key(documents+contentsName)), errDamagedDocument)
	}
	for partition := range noted {
		if _, _, ok := t.scheme.period(partition); !ok || strings.Contains(partition, "/") {
			return nil, "", fmt.Errorf("%s: %w: %q is no partition", t.location.URI(t.location.Key(documents+contentsName)), errDamagedDocument, partition)
		}
	}
	return noted, etag, nil
}
