package gunzip

import "encoding/binary"

const (
	// fastInput is how many bytes of input a round of the fast loop may read:
	// two refills, of which the first takes at most seven bytes.
	fastInput = 7 + 8

	// fastOutput is how many bytes of output it may write: literals, of which
	// there are eight at most but 15 for all that the compiler knows, and a
	// match.
	fastOutput = 15 + copySize

	// copySize is the longest match, 258 bytes, in the 32 bytes of a step.
	copySize = 288
)

// symbols inflates the symbols of a block up to its end.
func (d *Decoder) symbols(t *tables) error {
	for {
		if end, err := d.fast(t); end || err != nil {
			return err
		}
		if end, err := d.careful(t); end || err != nil {
			return err
		}
	}
}

// fast inflates symbols while the input and the output have room for a round
// of its loop. It reports whether it has reached the end of the block.
func (d *Decoder) fast(t *tables) (end bool, err error) {
	var (
		lit, dist = &t.lit, &t.dist
		in, ip    = d.in[:len(d.in):len(d.in)], d.ip
		out, op   = d.out[:len(d.out):len(d.out)], d.op
		bb, bn    = d.bb, d.bn
	)
	for ip >= 0 && ip <= len(in)-fastInput && op >= 0 && op <= len(out)-fastOutput {
		// All that a round writes lies in here. So the compiler sees that no
		// index below is out of range, and leaves its own checks out.
		dst := (*[fastOutput]byte)(out[op : op+fastOutput])
		bb |= binary.LittleEndian.Uint64(in[ip:ip+8]) << (bn & 63)
		ip += int(^bn >> 3 & 7)
		bn |= 56

		sum := uint32(0) // of the literals' entries
		e := lit[bb%(1<<litBits)]
		if e&(entryLength|entrySpecial) == 0 {
			// Of 56 bits, four entries take 40 at most. In the sum of entries
			// are the sums of their bits and bytes, and above them nonsense.
			bb >>= e & 63
			binary.LittleEndian.PutUint16(dst[:], uint16(e>>16))
			sum = e
			e = lit[bb%(1<<litBits)]
			if e&(entryLength|entrySpecial) == 0 {
				bb >>= e & 63
				binary.LittleEndian.PutUint16(dst[sum>>8&15:], uint16(e>>16))
				sum += e
				e = lit[bb%(1<<litBits)]
				if e&(entryLength|entrySpecial) == 0 {
					bb >>= e & 63
					binary.LittleEndian.PutUint16(dst[sum>>8&15:], uint16(e>>16))
					sum += e
					e = lit[bb%(1<<litBits)]
					if e&(entryLength|entrySpecial) == 0 {
						bb >>= e & 63
						binary.LittleEndian.PutUint16(dst[sum>>8&15:], uint16(e>>16))
						sum += e
						bn -= uint(sum)
						op += int(sum >> 8 & 15)
						continue
					}
				}
			}
			bn -= uint(sum)
			bb |= binary.LittleEndian.Uint64(in[ip:ip+8]) << (bn & 63)
			ip += int(^bn >> 3 & 7)
			bn |= 56
		}
		n := sum >> 8 & 15 // bytes of literals
		if e&entrySpecial != 0 {
			if e&entrySubtable == entrySubtable {
				e = lit[(e>>16+uint32(bb>>litBits)&(1<<(e>>12&15)-1))%litSize]
				if e&(entryLength|entrySpecial) == 0 {
					dst[n] = byte(e >> 16)
					op += int(n) + 1
					bb >>= e & 63
					bn -= uint(e)
					continue
				}
			}
			if e&entrySpecial != 0 {
				op += int(n)
				end = e&entryEnd == entryEnd
				if !end {
					err = ErrCorrupt
				}
				bb >>= e & 63
				bn -= uint(e)
				break
			}
		}

		// A length and a distance take 20 and 28 bits at most.
		length := int(e>>16 + uint32(bb)&(1<<(e&31)-1)>>(e>>12&15))
		bb >>= e & 63
		bn -= uint(e)
		e = dist[bb%(1<<distBits)]
		if e&entrySpecial != 0 {
			if e&entrySubtable == entrySubtable {
				e = dist[(e>>16+uint32(bb>>distBits)&(1<<(e>>12&15)-1))%distSize]
			}
			if e&entrySpecial != 0 {
				err = ErrCorrupt
				break
			}
		}
		back := int(e>>16 + uint32(bb)&(1<<(e&31)-1)>>(e>>12&15))
		bb >>= e & 63
		bn -= uint(e)
		op += int(n)
		from := op - back
		if from < 0 {
			err = ErrCorrupt
			break
		}

		// The copy may run past the end of the match, into what is not
		// written yet.
		to := (*[copySize]byte)(dst[n:])
		match := (*[copySize]byte)(out[from : from+copySize])
		op += length
		switch {
		case back >= 16:
			*(*[16]byte)(to[:]) = *(*[16]byte)(match[:])
			*(*[16]byte)(to[16:]) = *(*[16]byte)(match[16:])
			// The second condition always holds; it spares two checks.
			for i := 32; i < length && i <= copySize-32; i += 32 {
				*(*[16]byte)(to[i:]) = *(*[16]byte)(match[i:])
				*(*[16]byte)(to[i+16:]) = *(*[16]byte)(match[i+16:])
			}
		case back >= 8:
			for i := 0; i < length; i += 8 {
				*(*[8]byte)(to[i:]) = *(*[8]byte)(match[i:])
			}
		default:
			// Spread the pattern over a word. The step is the most whole
			// patterns that fit.
			v := binary.LittleEndian.Uint64(match[:]) & (1<<(8*uint(back)) - 1)
			for width := uint(back); width < 8; width *= 2 {
				v |= v << (8 * width)
			}
			step := 8 - 8%back
			for i := 0; i < length; i += step {
				binary.LittleEndian.PutUint64(to[i:], v)
			}
		}
	}
	d.ip, d.op, d.bb, d.bn = ip, op, bb, bn
	return end, err
}

// careful inflates symbols until fast can go on, and trusts nothing: the input
// may end anywhere, and the output may have to grow. It reports whether it has
// reached the end of the block.
func (d *Decoder) careful(t *tables) (end bool, err error) {
	for {
		d.refill()
		e := t.lit[d.bb%(1<<litBits)]
		if e&entrySubtable == entrySubtable {
			e = t.lit[(e>>16+uint32(d.bb>>litBits)&(1<<(e>>12&15)-1))%litSize]
		}
		saved := uint32(d.bb)
		d.bb >>= e & 63
		d.bn -= uint(e)
		n, back := 0, 0
		switch {
		case e&entrySpecial != 0:
			if e&entryEnd != entryEnd {
				return false, ErrCorrupt
			}
			return true, nil
		case e&entryLength == 0:
			n = int(e >> 8 & 15)
		default:
			n = int(e>>16 + saved&(1<<(e&31)-1)>>(e>>12&15))
			e = t.dist[d.bb%(1<<distBits)]
			if e&entrySubtable == entrySubtable {
				e = t.dist[(e>>16+uint32(d.bb>>distBits)&(1<<(e>>12&15)-1))%distSize]
			}
			if e&entrySpecial != 0 {
				return false, ErrCorrupt
			}
			back = int(e>>16 + uint32(d.bb)&(1<<(e&31)-1)>>(e>>12&15))
			d.bb >>= e & 63
			d.bn -= uint(e)
			if back > d.op {
				return false, ErrCorrupt
			}
		}
		if d.overrun() {
			return false, ErrTruncated
		}
		if len(d.out)-d.op < n {
			if err := d.grow(n); err != nil {
				return false, err
			}
		}
		out := d.out[d.op : d.op+n]
		d.op += n
		if back == 0 {
			for i := range out {
				out[i] = byte(e >> (16 + 8*i))
			}
		} else {
			from := d.op - n - back
			for len(out) > 0 { // back bytes at a time if they overlap
				m := copy(out, d.out[from:d.op-len(out)])
				out = out[m:]
			}
		}
		if d.ip <= len(d.in)-fastInput && d.op <= len(d.out)-fastOutput {
			return false, nil
		}
	}
}
