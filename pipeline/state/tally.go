package state

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
)

// A Tally counts a set of log files.
type Tally struct {
	Count  int    `json:"count"`
	Last   string `json:"last,omitempty"` // the key that sorts last, below the region's folder; not of months
	Digest Digest `json:"digest"`
	// Missing is how many log files of a day were listed once and are not any more.
	// Nothing in the tally is about them, but the day does not settle.
	Missing int `json:"missing,omitempty"`
	// Empty are the settled days of a month without a log file, a bit each, the first
	// of the month the lowest. It is 0 too where nobody has noted it.
	Empty uint32 `json:"empty,omitempty"`
}

// Add counts a log file. Keys may come in any order.
func (t *Tally) Add(key, etag string) {
	t.Count++
	t.Last = max(t.Last, key)
	t.Digest.add(digestOf(key, etag))
}

// Same reports whether two tallies are of the same log files.
func (t Tally) Same(u Tally) bool { return t.Count == u.Count && t.Digest == u.Digest }

// A Digest is a sum of hashes, modulo 2^128.
type Digest struct{ high, low uint64 }

func digestOf(key, etag string) Digest {
	var room [256]byte // enough for nearly all
	text := strconv.AppendInt(room[:0], int64(len(key)), 10)
	text = append(append(append(text, ':'), key...), etag...)
	sum := sha256.Sum256(text)
	return Digest{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
}

func (d *Digest) add(e Digest) {
	var carry uint64
	d.low, carry = bits.Add64(d.low, e.low, 0)
	d.high, _ = bits.Add64(d.high, e.high, carry)
}

// MarshalText writes 32 hexadecimal digits.
func (d Digest) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%016x%016x", d.high, d.low), nil
}

// UnmarshalText reads 32 hexadecimal digits.
func (d *Digest) UnmarshalText(text []byte) (err error) {
	if len(text) != 32 {
		return fmt.Errorf("digest %q: not 32 digits", text)
	}
	if d.high, err = strconv.ParseUint(string(text[:16]), 16, 64); err != nil {
		return fmt.Errorf("digest %q: %w", text, err)
	}
	if d.low, err = strconv.ParseUint(string(text[16:]), 16, 64); err != nil {
		return fmt.Errorf("digest %q: %w", text, err)
	}
	return nil
}
