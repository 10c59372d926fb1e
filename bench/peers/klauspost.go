package peers

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
)

// Klauspost does what plantrail run does, with klauspost's gzip decoder in the
// place of plantrail's own.
func Klauspost(ctx context.Context, source, table string) (events int64, err error) {
	c := pipeline.DefaultConfig()
	c.Gunzip = func() pipeline.Gunzipper { return new(Gunzipper) }
	u, err := store.ParseURL(source)
	if err != nil {
		return 0, fmt.Errorf("parse source: %w", err)
	}
	c.Sources = []store.URL{u}
	if c.Table, err = store.ParseURL(table); err != nil {
		return 0, fmt.Errorf("parse table: %w", err)
	}
	report, err := pipeline.Run(ctx, c)
	if err != nil {
		return 0, err
	}
	if !report.Complete() {
		return 0, errors.New("run pipeline: log files were not read")
	}
	return report.Events, nil
}

// A Gunzipper is klauspost's decoder as the pipeline uses one. Its zero value
// is ready.
type Gunzipper struct {
	src bytes.Reader
	gz  *gzip.Reader
}

const (
	// trailerSize is that of a gzip file's last four bytes, which say how large
	// it is inflated.
	trailerSize = 4
	// minRoom is how much room there is at least before more is made.
	minRoom = 512
)

// Decode implements [pipeline.Gunzipper].
func (g *Gunzipper) Decode(dst, src []byte, limit int) ([]byte, error) {
	g.src.Reset(src)
	if err := g.reset(); err != nil {
		return dst, fmt.Errorf("inflate: %w", err)
	}
	dst = dst[:0]
	if size := inflatedSize(src); size <= limit && size >= cap(dst) {
		dst = make([]byte, 0, size+minRoom)
	}
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, make([]byte, minRoom)...)[:len(dst)]
		}
		n, err := g.gz.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > limit:
			return dst, fmt.Errorf("inflate: larger than %d bytes", limit)
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst, fmt.Errorf("inflate: %w", err)
		}
	}
}

// reset reads the header of a file.
func (g *Gunzipper) reset() (err error) {
	if g.gz == nil {
		g.gz, err = gzip.NewReader(&g.src)
		return err
	}
	return g.gz.Reset(&g.src)
}

// inflatedSize returns what a file's end says of its size: a hint.
func inflatedSize(src []byte) int {
	if len(src) < trailerSize {
		return 0
	}
	return int(binary.LittleEndian.Uint32(src[len(src)-trailerSize:]))
}
