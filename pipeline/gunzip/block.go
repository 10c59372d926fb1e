package gunzip

import "encoding/binary"

// lensOrder is the order in which a dynamic block lists the lengths of the
// codes that code the lengths.
var lensOrder = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// pairInput is how much input must be left for pairs of literals to pay: they
// save a lookup each, but take a while to set up.
const pairInput = 4 << 10

// block inflates one deflate block and reports whether it was the last.
func (d *Decoder) block() (final bool, err error) {
	d.refill()
	final = d.take(1) == 1
	switch d.take(2) {
	case 0:
		err = d.stored()
	case 1:
		if d.fixed == nil {
			d.fixed = new(tables)
			d.fixed.fix()
		}
		err = d.symbols(d.fixed)
	case 2:
		if err = d.codes(); err == nil {
			err = d.symbols(&d.dynamic)
		}
	default:
		err = ErrCorrupt
	}
	if d.overrun() { // whatever else seems wrong was read past the end
		err = ErrTruncated
	}
	return final, err
}

// stored copies a block that is not compressed.
func (d *Decoder) stored() error {
	d.align()
	if len(d.in)-d.ip < 4 {
		return ErrTruncated
	}
	n := int(binary.LittleEndian.Uint16(d.in[d.ip:]))
	if n != int(^binary.LittleEndian.Uint16(d.in[d.ip+2:])) {
		return ErrCorrupt
	}
	d.ip += 4
	if len(d.in)-d.ip < n {
		return ErrTruncated
	}
	if len(d.out)-d.op < n {
		if err := d.grow(n); err != nil {
			return err
		}
	}
	d.op += copy(d.out[d.op:], d.in[d.ip:d.ip+n])
	d.ip += n
	return nil
}

// codes reads the codes of a dynamic block and builds its tables.
func (d *Decoder) codes() error {
	d.refill()
	lits, dists, n := 257+int(d.take(5)), 1+int(d.take(5)), 4+int(d.take(4))
	if lits > maxLit || dists > maxDist {
		return ErrCorrupt
	}
	var order [len(lensOrder)]uint8
	for i := range n {
		if i%16 == 0 {
			d.refill()
		}
		order[lensOrder[i]] = uint8(d.take(3))
	}
	// The table is no longer needed when that of the distances is built.
	code := (*[1 << lensBits]uint32)(d.dynamic.dist[:])
	if !d.code.build(code[:], lensBits, order[:], lensEntries[:]) {
		return ErrCorrupt
	}
	if err := d.readLens(code, lits+dists); err != nil {
		return err
	}
	// The distances go first since the code of the literals is needed again.
	if !d.code.build(d.dynamic.dist[:], distBits, d.lens[lits:lits+dists], distEntries[:]) ||
		!d.code.build(d.dynamic.lit[:], litBits, d.lens[:lits], litEntries[:]) {
		return ErrCorrupt
	}
	if len(d.in)-d.ip >= pairInput {
		d.code.pair(&d.dynamic.lit, &d.followers)
	}
	return nil
}

// readLens reads the first n of d.lens, coded by code.
func (d *Decoder) readLens(code *[1 << lensBits]uint32, n int) error {
	clear(d.lens[:])
	r := d.bitReader // a copy that can live in registers
	i := 0
	for i < n {
		if r.bn&63 < lensBits+7 {
			r.refill()
		}
		e := code[r.bb%(1<<lensBits)]
		repeat := int(e>>16&0xff + uint32(r.bb)&(1<<(e&31)-1)>>(e>>12&15))
		r.bb >>= e & 63
		r.bn -= uint(e)
		if e&entrySpecial != 0 || repeat > n-i {
			break
		}
		switch symbol := uint8(e >> 24); symbol {
		default:
			d.lens[i] = symbol
		case 16: // the last one again
			if i == 0 {
				d.bitReader = r
				return ErrCorrupt
			}
			for j := range repeat {
				d.lens[i+j] = d.lens[i-1]
			}
		case 17, 18: // zeros, as they are already
		}
		i += repeat
	}
	d.bitReader = r
	if i < n {
		return ErrCorrupt
	}
	return nil
}
