package pipeline

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/export"
	"plantrail/pipeline/gunzip"
	"plantrail/pipeline/trail"
	"plantrail/schema"
)

// A result is what became of a log file. A log file with many events has several, of
// which the last says the rest.
type result struct {
	file      logFile
	outcome   outcome
	more      bool  // other results of the log file follow
	delivered int64 // bytes
	inflated  int64 // bytes of JSON
	noted     bool  // it was noted as begun
	matched   bool  // it had events, here or in earlier results
	events    []schema.Event
	rejected  schema.Rejected // records that cannot be read
	err       error           // why it is unreachable or unreadable
	found     export.Result   // what an export held

	// committed asks the collector, instead, to commit what has come together, and is
	// closed then.
	committed chan<- struct{}
}

// decode finds the events in log files and closes out. begin is called before a log
// file is decoded that is too large to be held.
func decode(c *Config, budget *byteBudget, begin func(*logFile), in <-chan fetched, out chan<- result) error {
	defer close(out)
	var group errgroup.Group
	for range c.Workers {
		group.Go(func() error {
			d := newDecoder(c)
			defer d.close()
			d.emit = func(r result) { out <- r } // collect takes until out is closed
			d.begin = func(f *logFile) {
				committed := make(chan struct{})
				out <- result{committed: committed}
				<-committed
				begin(f)
			}
			for f := range in {
				r := result{file: f.file, outcome: f.outcome, err: f.err}
				switch {
				case f.stream != nil:
					d.decodeStream(&r, f.stream)
				case f.body != nil && f.file.Batch.Export:
					d.decodeExport(&r, f.body.bytes)
					budget.release(f.body)
				case f.body != nil:
					d.decode(&r, f.body.bytes)
					budget.release(f.body)
					r.lacks()
				}
				out <- r
			}
			return nil
		})
	}
	return group.Wait()
}

// lacks adds the events of a day of Event history of which the service gave no record.
func (r *result) lacks() {
	if r.file.source.history == nil || r.outcome != read {
		return
	}
	for _, err := range r.file.source.history.Lacks(r.file.Key) {
		r.rejected.Add(r.rejected.Count, err)
	}
}

// A decoder is one worker's. Its buffers are used for one log file after another.
type decoder struct {
	limit  int   // of a text, inflated
	whole  int   // of a text that is held
	batch  int64 // of events that are emitted at once
	gunzip Gunzipper
	json   []byte
	large  largeText
	begin  func(*logFile) // before a large log file is decoded
	emit   func(result)   // takes a result that is not a log file's last

	maxExport int64           // of an export, inflated
	selection trail.Selection // of records of exports
}

func newDecoder(c *Config) decoder {
	s := c.shares()
	return decoder{
		limit: c.MaxInflated, whole: min(s.text, c.MaxInflated), batch: s.batch, gunzip: c.Gunzip(),
		large:     largeText{limit: c.MaxInflated, window: s.text},
		maxExport: c.MaxExport, selection: c.Selection,
	}
}

// decode fills in a log file's last result from its bytes as delivered, and emits
// those before. A log file that holds nothing costs no allocation.
func (d *decoder) decode(r *result, delivered []byte) {
	r.delivered = int64(len(delivered))
	json, err := d.inflate(delivered)
	switch {
	case errors.Is(err, errLarge):
		*r = d.decodeLarge(*r, delivered)
	case err != nil:
		r.outcome, r.err = unreadable, err
	default:
		r.inflated = int64(len(json))
		if !schema.Dismiss(json) {
			*r = d.events(*r, func(each func([]byte) error) error { return each(json) })
		}
	}
}

// events decodes the events of a log file.
func (d *decoder) events(r result, text schema.Text) result {
	var span schema.Span
	if day := r.file.Named.Day; day != 0 {
		span.Delivered = day.Time()
	}
	var err error
	r.rejected, err = schema.DecodeText(text, r.file.origin(), d.batch, span.Check, func(events []schema.Event) error {
		if len(r.events) > 0 {
			d.emit(result{file: r.file, more: true, events: r.events})
		}
		r.matched, r.events = true, events
		return nil
	})
	if err != nil {
		r.outcome, r.err = unreadable, err
	}
	return r
}

// errLarge says that a text is too long to be held.
var errLarge = errors.New("too long to be held")

// errFormat says that a log file is neither compressed nor JSON.
var errFormat = errors.New("neither gzip nor zstd nor JSON")

// A format is what a log file is. Its first bytes tell: names are only a hint.
type format int

const (
	unknownFormat format = iota
	gzipped
	zstandard
	plain
)

// zstdMagic is how zstd begins.
const zstdMagic = "\x28\xb5\x2f\xfd"

func formatOf(delivered []byte) format {
	switch {
	case bytes.HasPrefix(delivered, []byte{0x1f, 0x8b}):
		return gzipped
	case bytes.HasPrefix(delivered, []byte(zstdMagic)):
		return zstandard
	case bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(delivered, []byte(byteOrderMark)), " \t\r\n"), []byte("{")):
		return plain
	}
	return unknownFormat
}

// inflate returns a log file's JSON, valid until the next call, or errLarge.
func (d *decoder) inflate(delivered []byte) ([]byte, error) {
	if len(delivered) == 0 {
		return nil, errors.New("empty file")
	}
	var err error
	switch formatOf(delivered) {
	case gzipped:
		// The last bytes say how long the text is, if they are true and there is one
		// member: it need not be tried.
		if len(delivered) >= 4 && int64(binary.LittleEndian.Uint32(delivered[len(delivered)-4:])) > int64(d.whole) && d.whole < d.limit {
			return nil, errLarge
		}
		d.json, err = d.gunzip.Decode(d.json, delivered, d.whole)
	case zstandard:
		d.json, err = d.large.unzstd(d.json, delivered, d.whole)
	case plain:
		if len(delivered) > d.whole {
			return nil, errLarge
		}
		return bytes.TrimPrefix(delivered, []byte(byteOrderMark)), nil
	default:
		return nil, errFormat
	}
	if errors.Is(err, gunzip.ErrTooLarge) && d.whole < d.limit {
		return nil, errLarge
	}
	if err == nil && len(d.json) > 0 && d.json[0] != '{' {
		return d.inner(d.json)
	}
	return d.json, err
}

// inner returns the text in what a file inflates to where that does not begin as
// CloudTrail's does: it is compressed again, or begins with a mark.
func (d *decoder) inner(inflated []byte) ([]byte, error) {
	if f := formatOf(inflated); f != gzipped && f != zstandard {
		return bytes.TrimPrefix(inflated, []byte(byteOrderMark)), nil
	}
	text, closeAll, err := unwrapped(bytes.NewReader(inflated), d.large.window)
	defer closeAll()
	if err != nil {
		return nil, fmt.Errorf("inflate: %w", err)
	}
	all, err := io.ReadAll(io.LimitReader(text, int64(d.whole)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("inflate: %w", err)
	case len(all) > d.whole && d.whole < d.limit:
		return nil, errLarge
	case len(all) > d.whole:
		return nil, fmt.Errorf("inflate: %w of %d bytes", gunzip.ErrTooLarge, d.limit)
	}
	return bytes.TrimPrefix(all, []byte(byteOrderMark)), nil
}

// errFound ends a search.
var errFound = errors.New("found")

// decodeLarge decodes a log file whose text comes in pieces: it is searched first,
// and nearly always that is all.
func (d *decoder) decodeLarge(r result, delivered []byte) result {
	var size int64
	text := d.largeText(delivered, &size)
	var search schema.Search
	err := text(func(piece []byte) error {
		if search.Write(piece); search.Found() {
			return errFound
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errFound):
		r.outcome, r.err = unreadable, err
	case err != nil || !search.Dismissed():
		d.begin(&r.file)
		r = d.events(r, text)
		r.noted = true
	}
	r.inflated = size
	return r
}

// largeText plays a log file's text without a mark at its beginning, also if it is
// compressed more than once.
func (d *decoder) largeText(delivered []byte, size *int64) schema.Text {
	text := d.large.text(delivered, size)
	again := false
	text(func(piece []byte) error { //nolint:errcheck // whoever plays it sees
		again = formatOf(piece) == gzipped || formatOf(piece) == zstandard
		return errFound
	})
	if again {
		text = d.pieces(func() io.Reader { return bytes.NewReader(delivered) }, int64(d.limit), size)
	}
	return func(each func([]byte) error) error {
		first := true
		return text(func(piece []byte) error {
			if first {
				first, piece = false, bytes.TrimPrefix(piece, []byte(byteOrderMark))
			}
			return each(piece)
		})
	}
}

func (d *decoder) close() { d.large.close() }
