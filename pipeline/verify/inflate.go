package verify

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/klauspost/compress/zstd"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/gunzip"
)

// A worker inflates and hashes. Its buffers are used for one object after another.
type worker struct {
	gunzip gunzip.Decoder
	zstd   *zstd.Decoder // made when first needed
	buf    []byte
	window []byte
}

// keepBuffer is the largest buffer that a worker keeps.
const keepBuffer = 32 << 20

// errAppended says that a file goes on after its end. CloudTrail writes one member, and
// no padding.
var errAppended = errors.New("something was appended to it")

// inflate returns what an object holds, as its name says; the bytes are valid until the
// next call.
func (w *worker) inflate(key string, body []byte, limit int) ([]byte, error) {
	if cap(w.buf) > keepBuffer {
		w.buf = nil
	}
	var err error
	switch {
	case strings.HasSuffix(key, ".json"):
		return body, nil
	case strings.HasSuffix(key, ".zst"):
		if w.zstd == nil {
			w.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(limit))) //nolint:gosec // a limit is positive
			if err != nil {
				return nil, fmt.Errorf("inflate: %w", err)
			}
		}
		w.buf, err = w.zstd.DecodeAll(body, w.buf[:0])
		return w.buf, err
	}
	w.buf, err = w.gunzip.Decode(w.buf, body, limit)
	if err == nil && w.gunzip.Members()+w.gunzip.Padding() > 1 {
		return nil, errAppended
	}
	return w.buf, err
}

// hash returns the hash of a log file. It is hashed as it is inflated where it is too
// large to be held; then json is nil.
func (w *worker) hash(key string, body []byte, limit int) (hash digest.Hash, json []byte, err error) {
	json, err = w.inflate(key, body, limit)
	if err == nil {
		return sha256.Sum256(json), json, nil
	}
	if !errors.Is(err, gunzip.ErrTooLarge) {
		return hash, nil, err
	}
	sum := sha256.New()
	w.window, err = w.gunzip.Stream(w.window, body, math.MaxInt, func(piece []byte) error {
		_, err := sum.Write(piece)
		return err
	})
	if err == nil && w.gunzip.Members()+w.gunzip.Padding() > 1 {
		err = errAppended
	}
	sum.Sum(hash[:0])
	return hash, nil, err
}

func (w *worker) close() {
	if w.zstd != nil {
		w.zstd.Close()
	}
}
