package gunzip

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Bits of the flag byte in a member's header.
const (
	flagText = 1 << iota
	flagHeaderCRC
	flagExtra
	flagName
	flagComment
	flagReserved // the first of three that must be zero
)

const (
	headerSize = 10

	// maxString bounds a name or comment, with its final zero. Go's own
	// readers draw the same line, and the two should agree on what is valid.
	maxString = 512
)

// parseHeader checks the member header that b begins with and returns its size.
func parseHeader(b []byte) (int, error) {
	if len(b) < headerSize {
		return 0, ErrTruncated
	}
	if b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 {
		return 0, ErrHeader
	}
	flags := b[3]
	if flags >= flagReserved {
		return 0, ErrHeader
	}
	n := headerSize
	if flags&flagExtra != 0 {
		if len(b)-n < 2 {
			return 0, ErrTruncated
		}
		n += 2 + int(binary.LittleEndian.Uint16(b[n:]))
		if n > len(b) {
			return 0, ErrTruncated
		}
	}
	for _, flag := range [...]byte{flagName, flagComment} {
		if flags&flag == 0 {
			continue
		}
		rest := b[n:]
		size := bytes.IndexByte(rest[:min(len(rest), maxString)], 0) + 1
		if size == 0 {
			if len(rest) < maxString {
				return 0, ErrTruncated
			}
			return 0, ErrHeader
		}
		n += size
	}
	if flags&flagHeaderCRC != 0 {
		if len(b)-n < 2 {
			return 0, ErrTruncated
		}
		if binary.LittleEndian.Uint16(b[n:]) != uint16(crc32.ChecksumIEEE(b[:n])) {
			return 0, ErrHeader
		}
		n += 2
	}
	return n, nil
}
