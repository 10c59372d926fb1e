package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

const (
	// blockSize is how much of an object one request asks for: a round trip
	// costs about as much time as these bytes.
	blockSize = 256 << 10
	// tailSize is what the first request asks for, from the object's end. A
	// Parquet file begins there, and most files of a table are smaller.
	tailSize = 4 * blockSize
	// keptBlocks is how many blocks are kept, so that columns read side by side
	// do not fetch each other's again.
	keptBlocks = 64
)

// OpenRanges opens an object for reading parts of it. Of an object in S3 only
// those parts are fetched. If the object is replaced meanwhile, reads of what was
// not fetched yet fail with [ErrChanged]: open it again. Reads end with ctx.
func OpenRanges(ctx context.Context, l Location, key string) (*File, error) {
	if s, ok := l.Store.(*S3); ok {
		return s.openRanges(ctx, key)
	}
	return l.Open(ctx, key)
}

func (s *S3) openRanges(ctx context.Context, key string) (*File, error) {
	tail, out, err := s.getRange(ctx, key, fmt.Sprintf("bytes=-%d", tailSize), "")
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "InvalidRange" {
		return s.Open(ctx, key) // an empty object has no last bytes
	}
	if err != nil {
		return nil, s.fail("open", key, err)
	}
	size := int64(len(tail))
	if out.ContentRange != nil {
		_, total, _ := strings.Cut(*out.ContentRange, "/")
		if size, err = strconv.ParseInt(total, 10, 64); err != nil || size < int64(len(tail)) {
			return nil, s.fail("open", key, fmt.Errorf("the answer's Content-Range is %q", *out.ContentRange))
		}
	}
	etag := aws.ToString(out.ETag)
	r := &rangeReader{size: size, tail: tail, fetch: func(from, to int64) ([]byte, error) {
		body, _, err := s.getRange(ctx, key, fmt.Sprintf("bytes=%d-%d", from, to-1), etag)
		if err == nil && int64(len(body)) != to-from {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, s.fail("read", key, err)
		}
		return body, nil
	}}
	return &File{ReaderAt: r, Closer: io.NopCloser(nil), Size: size, ETag: etag}, nil
}

// getRange fetches a part of an object, if the object has the given ETag or that
// is empty.
func (s *S3) getRange(ctx context.Context, key, part, etag string) ([]byte, *s3.GetObjectOutput, error) {
	var body []byte
	var out *s3.GetObjectOutput
	err := bodies().Do(ctx, isBroken, func() (err error) {
		out, err = s.client.GetObject(ctx, &s3.GetObjectInput{
			Bucket: &s.url.Bucket, Key: &key, Range: &part, IfMatch: optional(etag),
		}, s.each)
		if err == nil {
			body, err = readBody(out, nil)
		}
		return err
	})
	return body, out, err
}

// A rangeReader reads an object block by block as it is asked for.
type rangeReader struct {
	size  int64
	tail  []byte // the object's last bytes
	fetch func(from, to int64) ([]byte, error)

	mutex  sync.Mutex
	blocks []block // the last ones used, the latest first
}

type block struct {
	at    int64
	bytes []byte
}

// ReadAt implements [io.ReaderAt].
func (r *rangeReader) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		if at >= r.size {
			return n, io.EOF
		}
		from, err := r.bytesAt(at)
		if err != nil {
			return n, err
		}
		copied := copy(p[n:], from)
		n, at = n+copied, at+int64(copied)
	}
	return n, nil
}

// bytesAt returns what is there at an offset, one byte or more.
func (r *rangeReader) bytesAt(at int64) ([]byte, error) {
	tailAt := r.size - int64(len(r.tail))
	if at >= tailAt {
		return r.tail[at-tailAt:], nil
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	start := at - at%blockSize
	var b block
	if i := slices.IndexFunc(r.blocks, func(b block) bool { return b.at == start }); i >= 0 {
		b = r.blocks[i]
		r.blocks = slices.Delete(r.blocks, i, i+1)
	} else {
		bytes, err := r.fetch(start, min(start+blockSize, tailAt))
		if err != nil {
			return nil, err
		}
		b = block{at: start, bytes: bytes}
	}
	r.blocks = slices.Insert(r.blocks[:min(len(r.blocks), keptBlocks-1)], 0, b)
	return b.bytes[at-start:], nil
}
