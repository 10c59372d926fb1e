package state

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
)

// Files are files that are known one by one, in order. Nobody changes them.
//
// A day of log files needs no more than a count and a sum: they come in the order of
// their keys. Exports are called anything, so each is known by its own digest, 16
// bytes.
type Files []Digest

// FileOf returns what a file is known by.
func FileOf(key, etag string) Digest { return digestOf(key, etag) }

// Has reports whether a file is among them.
func (f Files) Has(d Digest) bool {
	_, found := slices.BinarySearchFunc(f, d, Digest.compare)
	return found
}

// with returns them and others.
func (f Files) with(more []Digest) Files {
	if len(more) == 0 {
		return f
	}
	all := slices.Concat(f, more)
	slices.SortFunc(all, Digest.compare)
	return slices.Compact(all)
}

func (d Digest) compare(e Digest) int {
	return cmp.Or(cmp.Compare(d.high, e.high), cmp.Compare(d.low, e.low))
}

// MarshalText writes base64.
func (f Files) MarshalText() ([]byte, error) {
	binaries := make([]byte, 0, 16*len(f))
	for _, d := range f {
		binaries = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(binaries, d.high), d.low)
	}
	return base64.StdEncoding.AppendEncode(nil, binaries), nil
}

// UnmarshalText reads what MarshalText wrote.
func (f *Files) UnmarshalText(text []byte) error {
	binaries, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil || len(binaries)%16 != 0 {
		return errors.New("files: not as they were written")
	}
	all := make(Files, 0, len(binaries)/16)
	for ; len(binaries) > 0; binaries = binaries[16:] {
		all = append(all, Digest{binary.BigEndian.Uint64(binaries), binary.BigEndian.Uint64(binaries[8:])})
	}
	if !slices.IsSortedFunc(all, Digest.compare) {
		return errors.New("files: not in order")
	}
	*f = all
	return nil
}
