package gunzip

import "encoding/binary"

// A bitReader reads its input from the lowest bit of each byte up. The next
// bit is the lowest of bb. Only the low six bits of bn count; they say how
// many bits of bb come from before ip. The bits above those may already hold
// the input that follows: to add it again changes nothing. That lets a refill
// read eight bytes, whatever is missing, without a branch.
//
// Past the end of the input the reader sees zeros, and ip runs on. Whoever
// reads must ask overrun before it trusts what it has got.
type bitReader struct {
	in []byte
	ip int
	bb uint64
	bn uint
}

// refill makes at least 56 bits available.
func (r *bitReader) refill() {
	var v uint64
	if r.ip <= len(r.in)-8 {
		v = binary.LittleEndian.Uint64(r.in[r.ip:])
	} else if r.ip < len(r.in) {
		for i, b := range r.in[r.ip:] {
			v |= uint64(b) << (8 * i)
		}
	}
	r.bb |= v << (r.bn & 63)
	r.ip += int(^r.bn >> 3 & 7)
	r.bn |= 56
}

// take returns the next n bits; the caller has refilled.
func (r *bitReader) take(n uint) uint {
	v := uint(r.bb) & (1<<n - 1)
	r.bb >>= n
	r.bn -= n
	return v
}

// offset returns the position of the first byte of which no bit was taken.
func (r *bitReader) offset() int {
	return r.ip - int(r.bn&63>>3)
}

// overrun reports whether bits were taken that the input does not have.
func (r *bitReader) overrun() bool {
	return r.offset() > len(r.in)
}

// align drops the rest of a byte of which bits were taken and puts the bytes
// read ahead back, so that ip is the position of the next byte.
func (r *bitReader) align() {
	r.ip = r.offset()
	r.bb, r.bn = 0, 0
}
