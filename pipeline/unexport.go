package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"plantrail/pipeline/export"
	"plantrail/pipeline/gunzip"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// errNoRecord says that an export holds none.
var errNoRecord = errors.New("no CloudTrail record in it")

// exportDays is how many days the events of one export may be of: twenty years.
const exportDays = 20 * 366

// decodeExport fills in an export's last result from its bytes as delivered.
func (d *decoder) decodeExport(r *result, delivered []byte) {
	r.delivered = int64(len(delivered))
	text, err := d.inflateExport(delivered)
	switch {
	case errors.Is(err, errLarge):
		d.begin(&r.file)
		r.noted = true
		d.records(r, d.pieces(func() io.Reader { return bytes.NewReader(delivered) }, d.maxExport, &r.inflated))
	case err != nil:
		r.outcome, r.err = unreadable, err
	default:
		r.inflated = int64(len(text))
		d.records(r, func(each func([]byte) error) error { return each(text) })
	}
}

// decodeStream is decodeExport of a file that is not in memory. It closes it.
func (d *decoder) decodeStream(r *result, file *store.File) {
	d.begin(&r.file)
	r.noted, r.delivered = true, file.Size
	d.records(r, d.pieces(func() io.Reader { return io.NewSectionReader(file, 0, file.Size) }, d.maxExport, &r.inflated))
	if err := file.Close(); err != nil && r.err == nil {
		r.outcome, r.err = unreadable, fmt.Errorf("close: %w", err)
	}
}

// inflateExport returns an export's text, valid until the next call, or errLarge.
func (d *decoder) inflateExport(delivered []byte) ([]byte, error) {
	if formatOf(delivered) == unknownFormat {
		if len(delivered) > d.whole {
			return nil, errLarge
		}
		return delivered, nil
	}
	return d.inflate(delivered)
}

// pieces plays a text that is not held. Whenever it is played, inflated becomes its
// size as far as it came.
func (d *decoder) pieces(open func() io.Reader, limit int64, inflated *int64) func(each func(piece []byte) error) error {
	return func(each func([]byte) error) error {
		*inflated = 0
		text, closeAll, err := unwrapped(open(), d.large.window)
		defer closeAll()
		if err != nil {
			return fmt.Errorf("inflate: %w", err)
		}
		piece := make([]byte, pieceSize)
		for {
			n, err := text.Read(piece)
			if *inflated += int64(n); *inflated > limit {
				return fmt.Errorf("inflate: %w of %d bytes", gunzip.ErrTooLarge, limit)
			}
			if n > 0 {
				if err := each(piece[:n]); err != nil {
					return err
				}
			}
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
				return fmt.Errorf("inflate: a zstd window of over %d MiB: %w", d.large.window>>20, errMemory)
			case err != nil:
				return fmt.Errorf("inflate: %w", err)
			}
		}
	}
}

// records decodes the records of an export.
func (d *decoder) records(r *result, text export.Text) {
	inflate := func(gzip []byte, limit int) ([]byte, error) {
		return d.gunzip.Decode(nil, gzip, limit)
	}
	all := func(each func([]byte) error) (err error) {
		r.found, err = export.Records(text, export.Config{Inflate: inflate, Limit: d.large.window, Wanted: schema.Named}, each)
		if noted := r.found.Noted(); err == nil && r.found.Records == 0 && noted != nil {
			return fmt.Errorf("%w: %w", errNoRecord, noted)
		}
		return err
	}
	var keep func(*schema.Event) bool
	if !d.selection.All() {
		keep = func(e *schema.Event) bool { return selects(d.selection, e) }
	}
	span := schema.Span{MaxDays: exportDays}
	var err error
	r.rejected, err = schema.DecodeRecords(all, r.file.uri(), d.batch, keep, span.Check, func(events []schema.Event) error {
		if len(r.events) > 0 {
			d.emit(result{file: r.file, more: true, events: r.events})
		}
		r.matched, r.events = true, events
		return nil
	})
	if err != nil {
		r.outcome, r.err, r.found = unreadable, err, export.Result{}
	}
}

// selects reports whether an event of an export is of a selection. An export says
// neither whose it is nor when it was delivered, so the event has to.
func selects(s trail.Selection, e *schema.Event) bool {
	account := e.RecipientAccountID
	if account == nil && e.UserIdentity != nil {
		account = e.UserIdentity.AccountID
	}
	day := trail.DayOf(e.EventTime)
	return s.Has(value(account), value(e.AWSRegion)) && day >= s.From && day <= s.To
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
