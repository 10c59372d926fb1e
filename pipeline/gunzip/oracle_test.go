package gunzip_test

import (
	"bytes"
	stdflate "compress/flate"
	stdgzip "compress/gzip"
	"errors"
	"io"
	"testing"

	"plantrail/pipeline/gunzip"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// A gzipper is a writer of gzip files that can be used again.
type gzipper interface {
	io.WriteCloser
	Reset(io.Writer)
}

// newGzipper returns klauspost's writer.
func newGzipper(tb testing.TB, level int) gzipper {
	tb.Helper()
	w, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// newStdGzipper returns the standard library's writer.
func newStdGzipper(tb testing.TB, level int) gzipper {
	tb.Helper()
	w, err := stdgzip.NewWriterLevel(nil, level)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func packWith(tb testing.TB, w gzipper, b []byte) []byte {
	tb.Helper()
	var buf bytes.Buffer
	w.Reset(&buf)
	if _, err := w.Write(b); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

// pack gzips b with klauspost's writer.
func pack(tb testing.TB, b []byte, level int) []byte {
	tb.Helper()
	return packWith(tb, newGzipper(tb, level), b)
}

// stdPack gzips b with the standard library's writer.
func stdPack(tb testing.TB, b []byte, level int) []byte {
	tb.Helper()
	return packWith(tb, newStdGzipper(tb, level), b)
}

// An opener starts to inflate a file or stream.
type opener func(io.Reader) (io.Reader, error)

func openFile(r io.Reader) (io.Reader, error) {
	z, err := gzip.NewReader(r)
	return &padded{r.(*bytes.Reader), z}, err
}

func openFileStd(r io.Reader) (io.Reader, error) {
	z, err := stdgzip.NewReader(r)
	return &padded{r.(*bytes.Reader), z}, err
}

// A padded file may have zeros behind its last member, which other readers refuse.
type padded struct {
	src    *bytes.Reader
	member interface {
		io.Reader
		Multistream(more bool)
		Reset(r io.Reader) error
	}
}

func (p *padded) Read(out []byte) (int, error) {
	p.member.Multistream(false)
	n, err := p.member.Read(out)
	if n > 0 {
		return n, nil
	}
	if !errors.Is(err, io.EOF) {
		return 0, err
	}
	rest := make([]byte, p.src.Len())
	at := p.src.Size() - int64(p.src.Len())
	if _, err := p.src.ReadAt(rest, at); len(bytes.Trim(rest, "\x00")) == 0 {
		return 0, io.EOF
	} else if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return 0, p.member.Reset(p.src)
}

func openStream(r io.Reader) (io.Reader, error)    { return flate.NewReader(r), nil }
func openStreamStd(r io.Reader) (io.Reader, error) { return stdflate.NewReader(r), nil }

// expand inflates src with another decoder.
func expand(open opener, src []byte, limit int) ([]byte, error) {
	r, err := open(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(out) > limit {
		return nil, gunzip.ErrTooLarge
	}
	return out, err
}

// agree fails the test unless got and err, the outcome for src, are those of
// klauspost's decoder. On errors only the verdict counts.
//
// There is one exception. When a block has an empty code, that decoder goes on
// with the table of the block before, where the format has nothing to decode.
// So the standard library, which refuses this, may overrule it.
func agree(tb testing.TB, open, second opener, src []byte, limit int, got []byte, err error) {
	tb.Helper()
	want, wantErr := expand(open, src, limit)
	if (err == nil) != (wantErr == nil) {
		want, wantErr = expand(second, src, limit)
	}
	if (err == nil) != (wantErr == nil) {
		tb.Fatalf("Decode: error %v, want %v\nof %x", err, wantErr, src)
	}
	if err == nil && !bytes.Equal(got, want) {
		tb.Fatalf("Decode: %d bytes differ from the %d wanted\nof %x", len(got), len(want), src)
	}
	if err != nil && !known(err) {
		tb.Fatalf("Decode: error %v is none of the package's", err)
	}
}

func known(err error) bool {
	for _, target := range []error{
		gunzip.ErrTooLarge, gunzip.ErrTruncated, gunzip.ErrHeader, gunzip.ErrCorrupt, gunzip.ErrChecksum,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
