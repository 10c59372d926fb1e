package inventory

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"plantrail/pipeline/store"
)

// A row is an object between its data file and the listing: its key, and a tail
// that holds the rest. Rows are sorted by both, so that of two rows with one key
// the same is kept in every run.

const (
	maxKey  = 1024 // bytes; S3 takes no longer ones
	maxTail = 1024 // so that a row fits into a slab
)

// A tail begins with the size. Then come the storage class, as its place among
// classes or as text behind a 0, and the ETag.
const (
	textETag = 0 // behind it: length and text
	hashETag = 1 // behind it: the 16 bytes of "00112233445566778899aabbccddeeff"
)

// classes are the storage classes that are likely. The temporary files that the
// places are written to do not outlive the process.
func classes() []string {
	return []string{
		"", "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "REDUCED_REDUNDANCY",
		store.Glacier, store.DeepArchive, store.ArchiveTier, store.DeepArchiveTier,
	}
}

var errRow = errors.New("a temporary file gives back other bytes than were written: check the disk")

// A rowCoder turns objects into tails and back.
type rowCoder struct{ classes []string }

func newRowCoder() rowCoder { return rowCoder{classes()} }

// appendTail appends an object's tail.
func (c rowCoder) appendTail(b []byte, o store.Object) ([]byte, error) {
	if o.Key == "" || len(o.Key) > maxKey {
		return b, fmt.Errorf("key %.80q of %d bytes: a key has 1 to %d", o.Key, len(o.Key), maxKey)
	}
	if len(o.ETag)+len(o.StorageClass) > maxTail-32 {
		return b, fmt.Errorf("key %q: ETag and storage class have %d bytes", o.Key, len(o.ETag)+len(o.StorageClass))
	}
	b = binary.AppendUvarint(b, uint64(o.Size)) //nolint:gosec // not negative
	place := slices.Index(c.classes, o.StorageClass) + 1
	b = append(b, byte(place)) //nolint:gosec // a dozen
	if place == 0 {
		b = appendText(b, o.StorageClass)
	}
	var hash [16]byte
	if isHash(o.ETag) {
		if _, err := hex.Decode(hash[:], []byte(o.ETag[1:33])); err == nil {
			return append(append(b, hashETag), hash[:]...), nil
		}
	}
	return appendText(append(b, textETag), o.ETag), nil
}

// isHash says whether a text comes back from 16 bytes.
func isHash(etag string) bool {
	if len(etag) != 34 || etag[0] != '"' || etag[33] != '"' {
		return false
	}
	for _, c := range []byte(etag[1:33]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// object returns the object of a row.
func (c rowCoder) object(key, tail []byte) (store.Object, error) {
	o := store.Object{Key: string(key)}
	size, n := binary.Uvarint(tail)
	if n <= 0 || len(tail) < n+2 || int(tail[n]) > len(c.classes) {
		return o, errRow
	}
	o.Size = int64(size) //nolint:gosec // was one
	place := tail[n]
	tail = tail[n+1:]
	var text []byte
	var ok bool
	if place > 0 {
		o.StorageClass = c.classes[place-1]
	} else if text, tail, ok = cutText(tail); ok && len(tail) > 0 {
		o.StorageClass = string(text)
	} else {
		return o, errRow
	}
	if tail[0] == hashETag && len(tail) == 17 {
		var etag [34]byte
		etag[0], etag[33] = '"', '"'
		hex.Encode(etag[1:], tail[1:])
		o.ETag = string(etag[:])
		return o, nil
	}
	if text, tail, ok = cutText(tail[1:]); !ok || len(tail) > 0 {
		return o, errRow
	}
	o.ETag = string(text)
	return o, nil
}

// cutText returns a text that has its length before it, and what follows.
func cutText(b []byte) (text, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) { //nolint:gosec // n is within b
		return nil, nil, false
	}
	end := n + int(size) //nolint:gosec // at most len(b)
	return b[n:end], b[end:], true
}
