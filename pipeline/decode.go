package pipeline

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/gunzip"
	"plantrail/schema"
)

// A result is what became of a log file.
type result struct {
	file      logFile
	outcome   outcome
	delivered int64 // bytes
	inflated  int64 // bytes of JSON
	events    []schema.Event
	rejected  []*schema.RecordError // records that cannot be read
	err       error                 // why it is unreachable or unreadable
}

// decode finds the events in log files and closes out.
func decode(c *Config, budget *byteBudget, in <-chan fetched, out chan<- result) error {
	defer close(out)
	var group errgroup.Group
	for range c.Workers {
		group.Go(func() error {
			d := decoder{limit: c.MaxInflated, gunzip: c.Gunzip()}
			defer d.close()
			for f := range in {
				r := result{file: f.file, outcome: f.outcome, err: f.err}
				if f.body != nil {
					d.decode(&r, f.body.bytes)
					budget.release(f.body)
				}
				out <- r // collect takes until out is closed
			}
			return nil
		})
	}
	return group.Wait()
}

// A decoder is one worker's. Its buffer is used for one log file after another.
type decoder struct {
	limit  int
	gunzip Gunzipper
	zstd   *zstd.Decoder // made when first needed
	json   []byte
}

// decode fills in a log file's result from its bytes as delivered.
func (d *decoder) decode(r *result, delivered []byte) {
	r.delivered = int64(len(delivered))
	json, err := d.inflate(delivered)
	if err == nil {
		r.inflated = int64(len(json))
		if schema.Dismiss(json) {
			return
		}
		r.events, r.rejected, err = schema.Decode(json, r.file.uri())
	}
	if err != nil {
		r.outcome, r.err = unreadable, err
	}
}

// keepJSON is the largest buffer that a worker keeps: enough for the log files
// of busy accounts, which inflate to 10 MB.
const keepJSON = 32 << 20

// errFormat says that a log file is neither compressed nor JSON.
var errFormat = errors.New("neither gzip nor zstd nor JSON")

// inflate returns a log file's JSON, valid until the next call. What the file
// is, its first bytes tell: names are only a hint.
func (d *decoder) inflate(delivered []byte) ([]byte, error) {
	if cap(d.json) > keepJSON {
		d.json = nil
	}
	var err error
	switch start := bytes.TrimLeft(delivered, " \t\r\n"); {
	case len(delivered) == 0:
		return nil, errors.New("empty file")
	case bytes.HasPrefix(delivered, []byte{0x1f, 0x8b}):
		d.json, err = d.gunzip.Decode(d.json, delivered, d.limit)
	case bytes.HasPrefix(delivered, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		d.json, err = d.unzstd(delivered)
	case bytes.HasPrefix(start, []byte("{")):
		return delivered, nil
	default:
		return nil, errFormat
	}
	return d.json, err
}

func (d *decoder) unzstd(delivered []byte) ([]byte, error) {
	if d.zstd == nil {
		var err error
		d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(d.limit))) //nolint:gosec // a limit is positive
		if err != nil {
			return nil, fmt.Errorf("inflate: %w", err)
		}
	}
	json, err := d.zstd.DecodeAll(delivered, d.json[:0])
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return nil, fmt.Errorf("inflate: %w of %d bytes", gunzip.ErrTooLarge, d.limit)
	}
	if err != nil {
		return nil, fmt.Errorf("inflate: %w", err)
	}
	return json, nil
}

func (d *decoder) close() {
	if d.zstd != nil {
		d.zstd.Close()
	}
}
