package gunzip_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"

	"plantrail/pipeline/gunzip"
)

// small is a log of a few lines in a file of 200 bytes or so, with a name.
func small(tb testing.TB) []byte {
	src := pack(tb, newTrail(1, 40).file(1000)[:300], 6)
	return header{name: "a.json"}.wrap(src)
}

// A header is the optional part of a member's header.
type header struct {
	flags         byte // besides those that the fields imply
	extra         string
	name, comment string
	crc           bool
	crcError      uint16
}

// wrap replaces the bare header that src begins with.
func (h header) wrap(src []byte) []byte {
	b := bytes.Clone(src[:10])
	b[3] = h.flags
	if h.extra != "" {
		b[3] |= 4
		b = binary.LittleEndian.AppendUint16(b, uint16(len(h.extra)))
		b = append(b, h.extra...)
	}
	if h.name != "" {
		b[3] |= 8
		b = append(b, h.name+"\x00"...)
	}
	if h.comment != "" {
		b[3] |= 16
		b = append(b, h.comment+"\x00"...)
	}
	if h.crc {
		b[3] |= 2
		b = binary.LittleEndian.AppendUint16(b, uint16(crc32.ChecksumIEEE(b))^h.crcError)
	}
	return append(b, src[10:]...)
}

func TestDecodeHeader(t *testing.T) {
	log := newTrail(1, 40).file(1000)
	src := pack(t, log, 6)
	edit := func(i int, b byte) []byte {
		src := bytes.Clone(src)
		src[i] = b
		return src
	}
	for _, test := range []struct {
		name string
		src  []byte
		err  error
	}{
		{"bare", src, nil},
		{"text", header{flags: 1}.wrap(src), nil},
		{"extra", header{extra: "\x01\x02\x03\x00abc"}.wrap(src), nil},
		{"long extra", header{extra: strings.Repeat("x", 65535)}.wrap(src), nil},
		{"name", header{name: "a.json"}.wrap(src), nil},
		{"latin name", header{name: "\xe4.json"}.wrap(src), nil},
		{"longest name", header{name: strings.Repeat("x", 511)}.wrap(src), nil},
		{"too long a name", header{name: strings.Repeat("x", 512)}.wrap(src), gunzip.ErrHeader},
		{"comment", header{comment: "so it goes"}.wrap(src), nil},
		{"longest comment", header{comment: strings.Repeat("x", 511)}.wrap(src), nil},
		{"too long a comment", header{comment: strings.Repeat("x", 512)}.wrap(src), gunzip.ErrHeader},
		{"checksum", header{crc: true}.wrap(src), nil},
		{"wrong checksum", header{crc: true, crcError: 1}.wrap(src), gunzip.ErrHeader},
		{"all", header{1, "extra", "name", "comment", true, 0}.wrap(src), nil},
		{"all, wrong checksum", header{1, "extra", "name", "comment", true, 0x8000}.wrap(src), gunzip.ErrHeader},
		{"reserved bit", header{flags: 0x20}.wrap(src), gunzip.ErrHeader},
		{"highest reserved bit", header{flags: 0x80}.wrap(src), gunzip.ErrHeader},
		{"first magic byte", edit(0, 0), gunzip.ErrHeader},
		{"second magic byte", edit(1, 0), gunzip.ErrHeader},
		{"method", edit(2, 7), gunzip.ErrHeader},
		{"time", edit(7, 0xff), nil},
		{"system", edit(9, 0x77), nil},
		{"nothing", nil, gunzip.ErrTruncated},
		{"garbage", []byte("{\"Records\":[]}"), gunzip.ErrHeader},
		{"zeros", make([]byte, 100), gunzip.ErrHeader},
		{"one zero behind", append(bytes.Clone(src), 0), nil},
		{"zeros behind", append(bytes.Clone(src), make([]byte, 10)...), nil},
		{"zeros and garbage behind", append(bytes.Clone(src), "\x00\x00\x00\x00\x00\x00\x00\x00\x00x"...), gunzip.ErrHeader},
		{"zeros and a member behind", append(append(bytes.Clone(src), 0, 0), src...), gunzip.ErrHeader},
		{"garbage behind", append(bytes.Clone(src), "garbage, and more of it"...), gunzip.ErrHeader},
		{"checksum byte", edit(len(src)-8, src[len(src)-8]^1), gunzip.ErrChecksum},
		{"size byte", edit(len(src)-1, 1), gunzip.ErrChecksum},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d gunzip.Decoder
			got, err := d.Decode(nil, test.src, noLimit)
			if !errors.Is(err, test.err) {
				t.Fatalf("Decode: error %v, want %v", err, test.err)
			}
			if err == nil && !bytes.Equal(got, log) {
				t.Fatal("Decode: the output differs")
			}
			agree(t, openFile, openFileStd, test.src, 1<<20, got, err)
		})
	}
}

func TestDecodeErrorContext(t *testing.T) {
	src := pack(t, []byte("one"), 6)
	var d gunzip.Decoder
	for _, test := range []struct {
		name string
		src  []byte
		want string
	}{
		{"header", append(bytes.Clone(src), "\x00garbage, and"...), "read header of member 2 at byte 28: invalid gzip header"},
		{"checksum", append(bytes.Clone(src[:len(src)-8]), make([]byte, 8)...), "inflate member 1 near byte 20: gzip checksum mismatch"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := d.Decode(nil, test.src, noLimit); err == nil || err.Error() != test.want {
				t.Errorf("Decode: error %q, want %q", err, test.want)
			}
		})
	}
}

func TestDecodeTruncated(t *testing.T) {
	var d gunzip.Decoder
	for name, src := range map[string][]byte{
		"dynamic": small(t),
		"fixed":   stdPack(t, []byte("hello, hello, hello"), 6),
		"stored":  pack(t, []byte("hello, hello, hello"), 0),
		"all header fields": header{0, "extra", "name", "comment", true, 0}.wrap(
			pack(t, []byte("hello"), 6)),
		"long": pack(t, newTrail(1, 40).file(20000), 6),
	} {
		t.Run(name, func(t *testing.T) {
			for n := range src {
				// A slice of no more capacity, so that no byte more can be read.
				if _, err := d.Decode(nil, bytes.Clone(src[:n]), noLimit); !errors.Is(err, gunzip.ErrTruncated) {
					t.Errorf("Decode of %d bytes: error %v", n, err)
				}
			}
		})
	}
}

func TestDecodeBitFlips(t *testing.T) {
	var d gunzip.Decoder
	for name, src := range map[string][]byte{
		"dynamic": small(t),
		"fixed":   stdPack(t, []byte("hello, hello, hello"), 6),
		"stored":  pack(t, []byte("hello, hello, hello"), 0),
		"huffman": pack(t, newTrail(1, 40).file(1000)[:500], -2),
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 8 * len(src) {
				src := bytes.Clone(src)
				src[i/8] ^= 1 << (i % 8)
				got, err := d.Decode(nil, src, 1<<20)
				agree(t, openFile, openFileStd, src, 1<<20, got, err)
				// The body alone has no checksum to hide a difference.
				if i/8 >= 10 {
					got, err := d.Inflate(nil, src[10:], 1<<20)
					agree(t, openStream, openStreamStd, src[10:], 1<<20, got, err)
				}
			}
		})
	}
}
