// Package gunzip inflates whole gzip files held in memory, fast.
//
// A file is a series of members, and a member is a header, a deflate stream
// and a trailer with a checksum and a size. Decode walks the members
// (decoder.go) and checks their headers (header.go). A stream is a series of
// blocks (block.go), which begin with their codes; these become tables that
// turn the next bits of the input into a symbol, or into two (huffman.go).
// Two loops decode symbols (inflate.go). Input and output are whole slices, so
// the fast one needs neither window nor state machine: it refills a 64-bit
// buffer from eight bytes at once (bits.go) and copies matches 16 bytes at a
// time, past their end if need be. It stops where a read or a write could
// leave the slices. There the careful loop takes over, which checks each
// symbol, and lets the output grow if it must.
//
// Stream inflates files whose output is too large to be held (window.go). The
// loops are the same: where the output of Decode would grow, that of Stream is
// handed out, and moves up in its window but for what matches may reach back to.
package gunzip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// The reasons for which Decode fails, to be told apart with errors.Is.
var (
	// ErrTooLarge means that the file inflates to more than the limit.
	ErrTooLarge = errors.New("inflated size exceeds the limit")
	// ErrTruncated means that the file ends before its last member does.
	ErrTruncated = errors.New("unexpected end of gzip data")
	// ErrHeader means that a member does not begin with a valid gzip header.
	// Bytes that follow the last member count as the header of another, unless all of
	// them are zeros.
	ErrHeader = errors.New("invalid gzip header")
	// ErrCorrupt means that a deflate stream breaks the format.
	ErrCorrupt = errors.New("corrupt deflate data")
	// ErrChecksum means that the inflated bytes do not match the checksum or
	// the size in the trailer of their member.
	ErrChecksum = errors.New("gzip checksum mismatch")
)

const (
	// slack is how many bytes beyond the limit the output may take, so that
	// the fast loop can run up to the last byte.
	slack = 2 * fastOutput

	// hintRatio is the compression ratio up to which the size in the trailer
	// is believed at once. Logs stay well below it; data that exceeds it
	// doubles the output as it goes, so that a lying trailer cannot claim
	// memory out of proportion to the file.
	hintRatio = 64

	trailerSize = 8
)

// A Decoder inflates gzip files. The zero value is ready for use. A Decoder
// may be reused for any number of files, after errors too, by one goroutine at
// a time. It holds some 15 KB of tables, and another 10 once it has met a block
// with the fixed code.
type Decoder struct {
	bitReader

	out   []byte // output of the current member, up to the end of the buffer
	op    int    // bytes of out that are written
	buf   []byte // the whole output buffer
	base  int    // where out begins in buf
	limit int    // what the caller allows for all members
	count int    // members inflated
	zeros int    // bytes of padding behind the last one
	hint  int    // size of the last member as its trailer has it

	crc     uint32 // of the current member, as far as checked
	checked int    // bytes of out that are in crc
	window         // for Stream

	dynamic tables  // tables of the current dynamic block
	fixed   *tables // tables of fixed blocks, built when one is met

	// Scratch space for the tables.
	lens      [maxLit + maxDist]uint8
	code      code
	followers [1 << (litBits - 1)]follower
}

// Decode inflates the gzip file src, which may have several members, and
// returns its contents. The result overwrites dst from its first byte and
// shares its memory unless the capacity of dst does not suffice; then Decode
// allocates. It may write to all of dst up to its capacity, whatever the
// length of the result. src and dst must not overlap.
//
// A file that inflates to more than limit bytes fails with ErrTooLarge. The
// memory that Decode allocates is at most proportional to the size of src or,
// if that is more, to the inflated size.
//
// On an error the result is empty, but keeps the memory for the next call.
func (d *Decoder) Decode(dst, src []byte, limit int) ([]byte, error) {
	d.reset(dst, src, limit)
	n, err := d.members()
	buf := d.buf
	d.in, d.out, d.buf = nil, nil, nil // keep no memory of the caller alive
	return buf[:n], err
}

// Members returns how many members the last file had that was inflated.
func (d *Decoder) Members() int { return d.count }

// Padding returns how many zeros followed the last member of the last file that was
// inflated.
func (d *Decoder) Padding() int { return d.zeros }

// reset makes d ready for a new file.
func (d *Decoder) reset(dst, src []byte, limit int) {
	d.bitReader = bitReader{in: src}
	d.limit = min(max(limit, 0), math.MaxInt-slack)
	d.buf, d.base = dst[:cap(dst)], 0
	d.window = window{}
	d.hint, d.count, d.zeros = 0, 0, 0
	if len(src) >= 4 {
		d.hint = int(binary.LittleEndian.Uint32(src[len(src)-4:]))
	}
}

// members inflates one member after the other and returns their total size.
func (d *Decoder) members() (int, error) {
	for member := 1; ; member++ {
		start := d.ip
		n, err := parseHeader(d.in[start:])
		if err != nil {
			return 0, fmt.Errorf("read header of member %d at byte %d: %w", member, start, err)
		}
		d.ip += n
		if err := d.member(); err != nil {
			return 0, fmt.Errorf("inflate member %d near byte %d: %w", member, d.offset(), err)
		}
		d.count = member
		d.base += d.moved + d.op
		if d.ip == len(d.in) || d.in[d.ip] == 0 && d.padded() {
			return d.base, nil
		}
	}
}

// padded reports whether all that follows a member are zeros, as block devices and
// tapes leave them.
func (d *Decoder) padded() bool {
	rest := d.in[d.ip:]
	d.zeros = len(rest)
	for _, c := range rest {
		if c != 0 {
			d.zeros = 0
			return false
		}
	}
	return true
}

// member inflates the deflate stream at d.ip and checks the trailer behind it.
func (d *Decoder) member() error {
	d.nextOutput()
	for final := false; !final; {
		var err error
		if final, err = d.block(); err != nil {
			return err
		}
		d.check() // the output of the block is still in the cache
	}
	if d.base+d.moved+d.op > d.limit {
		return ErrTooLarge
	}
	if err := d.hand(); err != nil {
		return err
	}
	d.align()
	if len(d.in)-d.ip < trailerSize {
		return ErrTruncated
	}
	trailer := d.in[d.ip:]
	if binary.LittleEndian.Uint32(trailer) != d.crc ||
		binary.LittleEndian.Uint32(trailer[4:]) != uint32(d.moved+d.op) {
		return ErrChecksum
	}
	d.ip += trailerSize
	return nil
}

// check adds the output since the last call to the checksum.
func (d *Decoder) check() {
	d.crc = crc32.Update(d.crc, crc32.IEEETable, d.out[d.checked:d.op])
	d.checked = d.op
}

// nextOutput lets the output of a member begin where the last one ended.
// Matches cannot reach back into another member since out does not hold it.
func (d *Decoder) nextOutput() {
	d.op, d.crc, d.checked, d.moved, d.handed = 0, 0, 0, 0, 0
	d.out = d.buf
	if d.each == nil {
		d.out = d.outputRoom()
	}
}

// outputRoom is where the output of the current member goes.
func (d *Decoder) outputRoom() []byte { return d.buf[d.base:min(len(d.buf), d.limit+slack)] }

// grow makes room for at least need more bytes of output.
func (d *Decoder) grow(need int) error {
	size := d.base + d.moved + d.op
	if size+need > d.limit {
		return ErrTooLarge
	}
	if d.each != nil {
		return d.slide()
	}
	least := 2 * (size + need)
	want := d.base + d.hint
	if want < size+need { // the hint is refuted
		want = least
	}
	want = min(want, max(least, hintRatio*len(d.in)), d.limit) + slack
	buf := make([]byte, want)
	copy(buf, d.buf[:size])
	d.buf = buf
	d.out = d.outputRoom()
	return nil
}
