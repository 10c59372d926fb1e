package inventory

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/klauspost/compress/gzip"

	"plantrail/pipeline/store"
)

// readCSV adds the current objects of a CSV file, gzipped and without a header.
func readCSV(r io.Reader, c columns, add func(store.Object) error) error {
	inflated, err := gzip.NewReader(r)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	rows := csv.NewReader(inflated)
	rows.FieldsPerRecord = c.count
	rows.ReuseRecord = true
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, csv.ErrFieldCount) {
			return fmt.Errorf("%w: %d, and %d in the manifest", err, len(row), c.count)
		}
		if err != nil {
			return err
		}
		object, current, err := c.object(row)
		if err != nil {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
		if !current {
			continue
		}
		if err := add(object); err != nil {
			return err
		}
	}
}

// object reads a row. It says false for an old version and a delete marker,
// which are not in a listing.
func (c columns) object(row []string) (_ store.Object, current bool, err error) {
	field := func(at int) string {
		if at < 0 {
			return ""
		}
		return row[at]
	}
	if current, err = isTrue(field(c.latest), true); err != nil || !current {
		return store.Object{}, false, err
	}
	if marker, err := isTrue(field(c.marker), false); err != nil || marker {
		return store.Object{}, false, err
	}
	o := store.Object{ETag: etagOf(row[c.etag]), StorageClass: classOf(field(c.class), field(c.tier))}
	// As in a form: a space is a plus sign.
	if o.Key, err = url.QueryUnescape(row[c.key]); err != nil {
		return store.Object{}, false, fmt.Errorf("key %q: %w", row[c.key], err)
	}
	size, err := strconv.ParseUint(row[c.size], 10, 63)
	if err != nil {
		return store.Object{}, false, fmt.Errorf("key %q: size %q is not a number", o.Key, row[c.size])
	}
	o.Size = int64(size)
	return o, true, nil
}
