package gunzip

import "math/bits"

const (
	maxLit  = 286 // symbols a dynamic block may have in its literal/length code
	maxDist = 30  // and in its distance code
	fixLit  = 288 // symbols of the fixed code, of which two are invalid
	fixDist = 32  // and of the fixed distance code, likewise

	maxCodeLen = 15

	// A table is looked up with the next few bits of the input. A code too
	// long for that leads to a subtable behind the first, which is looked up
	// with the bits that follow.
	litBits  = 10
	distBits = 8
	lensBits = 7 // the codes of lengths have no more than that

	// Powers of two, so that an index can be masked, over the sizes that no
	// code exceeds: 1334 for 288 symbols and 402 for 32 at the bits above.
	litSize  = 2048
	distSize = 512
)

// A table entry holds, from its lowest bit up:
//
//	0-5    bits to consume: the code and its extra bits
//	6      set if it is a length
//	7      set if it is not a symbol with a value: then bit 8 tells a
//	       subtable, bit 9 the end of the block, and none an invalid code
//	8-11   literal: how many there are, 1 or 2
//	12-15  bits of the code alone; subtable: bits that index it
//	16-31  literal: the first byte, then the second
//	       length, distance: the base that the extra bits are added to
//	       subtable: where it begins
const (
	entryLength   = 1 << 6
	entrySpecial  = 1 << 7
	entrySubtable = 1<<8 | entrySpecial
	entryEnd      = 1<<9 | entrySpecial
	entryOne      = 1 << 8 // one literal

	// perBit is what each bit of its code adds to an entry.
	perBit = 1<<12 | 1
)

// tables decode the symbols of a block.
type tables struct {
	lit  [litSize]uint32
	dist [distSize]uint32
}

// The entries of all symbols but for the length of their code.
var (
	litEntries  = makeLitEntries()
	distEntries = makeDistEntries()
	lensEntries = makeLensEntries()
)

func makeLitEntries() (entries [fixLit]uint32) {
	for i := range 256 {
		entries[i] = uint32(i)<<16 | entryOne
	}
	entries[256] = entryEnd
	for i, base := 257, uint32(3); i < 285; i++ {
		extra := uint32(max(0, (i-261)/4))
		entries[i] = base<<16 | entryLength | extra
		base += 1 << extra
	}
	entries[285] = 258<<16 | entryLength
	entries[286] = entrySpecial
	entries[287] = entrySpecial
	return entries
}

func makeDistEntries() (entries [fixDist]uint32) {
	for i, base := 0, uint32(1); i < 30; i++ {
		extra := uint32(max(0, (i-2)/2))
		entries[i] = base<<16 | extra
		base += 1 << extra
	}
	entries[30] = entrySpecial
	entries[31] = entrySpecial
	return entries
}

// makeLensEntries has the symbol in the highest byte and the number of times
// that it stands for a length as its base.
func makeLensEntries() (entries [19]uint32) {
	for i := range entries {
		entries[i] = uint32(i)<<24 | 1<<16
	}
	entries[16] = 16<<24 | 3<<16 | 2
	entries[17] = 17<<24 | 3<<16 | 3
	entries[18] = 18<<24 | 11<<16 | 7
	return entries
}

// fix builds the tables of fixed blocks.
func (t *tables) fix() {
	var lens [fixLit]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	var c code
	c.build(t.lit[:], litBits, lens[:], litEntries[:])
	for i := range fixDist {
		lens[i] = 5
	}
	c.build(t.dist[:], distBits, lens[:fixDist], distEntries[:])
}

// A code is canonical: its symbols, sorted by the length of their codes, and
// how many there are of each length, say it all.
type code struct {
	count   [maxCodeLen + 1]int
	symbols [fixLit]uint16
}

// set makes c the code in which symbol i has lens[i] bits, or no code if that
// is zero. It returns the number of symbols that have one, and whether the
// lengths are valid: they must make a complete code, or a code of one symbol
// with one bit, or none at all.
func (c *code) set(lens []uint8) (used int, ok bool) {
	// First drop the symbols without a code, of which there are many, without
	// a branch, as there is no pattern in them.
	var coded [fixLit]uint16
	for i, n := range lens {
		coded[used] = uint16(i)<<4 | uint16(n)
		if n != 0 {
			used++
		}
	}
	c.count = [maxCodeLen + 1]int{}
	for _, s := range coded[:used] {
		c.count[s&maxCodeLen]++
	}
	var next [maxCodeLen + 2]int // where the next symbol of each length goes
	space := 0                   // codes taken, in units of the longest
	for n := 1; n <= maxCodeLen; n++ {
		next[n+1] = next[n] + c.count[n]
		space += c.count[n] << (maxCodeLen - n)
	}
	if space != 1<<maxCodeLen && (used > 1 || used == 1 && c.count[1] != 1) {
		return 0, false
	}
	for _, s := range coded[:used] {
		n := s & maxCodeLen
		c.symbols[next[n]] = s >> 4
		next[n]++
	}
	return used, true
}

// build sets c and fills table for it; entries[i] is the entry of symbol i. It
// reports whether the lengths are valid.
//
// The table starts with one entry. Codes are taken in order of length, and
// whenever that goes up by one the table is doubled by a copy of itself. So
// each code is stored once, and copying does the rest.
func (c *code) build(table []uint32, tableBits int, lens []uint8, entries []uint32) bool {
	used, ok := c.set(lens)
	if used < 2 { // the other value of the bit, or both, is invalid
		for i := range table[:1<<tableBits] {
			table[i] = entrySpecial
		}
		if used == 1 {
			for i := 0; i < 1<<tableBits; i += 2 {
				table[i] = entries[c.symbols[0]] + 1*perBit
			}
		}
		return ok
	}
	symbols, code := c.symbols[:used], 0
	for n := 1; n <= tableBits; n++ {
		// The codes of less than n bits fill half of this, but for gaps where
		// longer ones will go.
		half := 1 << (n - 1)
		copy(table[half:2*half], table[:half])
		for _, symbol := range symbols[:c.count[n]] {
			table[code] = entries[symbol] + uint32(n)*perBit
			code = increment(code, n)
		}
		symbols = symbols[c.count[n]:]
	}

	// The codes left go to subtables. Those that share a prefix are neighbours.
	end, prefix, subBits := 1<<tableBits, -1, 0
	for n := tableBits + 1; n <= maxCodeLen; n++ {
		for left := c.count[n]; left > 0; left-- {
			if prefix != code%(1<<tableBits) {
				prefix = code % (1 << tableBits)
				// Long enough for the last code with this prefix.
				subBits = n - tableBits
				for free := 1<<subBits - left; free > 0; {
					subBits++
					free = free<<1 - c.count[tableBits+subBits]
				}
				table[prefix] = uint32(end)<<16 | uint32(subBits)<<12 | entrySubtable
				end += 1 << subBits
			}
			e := entries[symbols[0]] + uint32(n)*perBit
			symbols = symbols[1:]
			for i := end - 1<<subBits + code>>tableBits; i < end; i += 1 << (n - tableBits) {
				table[i] = e
			}
			code = increment(code, n)
		}
	}
	return true
}

// increment returns the code of n bits after code, both bit-reversed.
func increment(code, n int) int {
	zeros := uint(code ^ (1<<n - 1))
	highest := 1 << bits.Len(zeros) >> 1
	return code&(highest-1) | highest
}

// A follower is a literal whose code may follow another in an index: what is
// to add to the index and to the entry of the other.
type follower struct{ index, entry uint32 }

// pair adds to the entry of each short literal the literal that follows it, if
// the bits that index the table hold the code of that one too. The table is
// the one that c has built.
//
// What follows a code of n bits does not depend on the code: it is found at the
// index without its n lowest bits. So it is worked out once for each n.
func (c *code) pair(table *[litSize]uint32, followers *[1 << (litBits - 1)]follower) {
	symbols, code := c.symbols[:], 0
	for n := 1; n < litBits; n++ {
		if c.count[n] == 0 {
			continue
		}
		found := uint(0)
		for i, e := range table[:1<<(litBits-n)] {
			// The entry may be a pair by now; the bits of the first code and
			// its literal are as they were.
			bits := e >> 12 & 15
			followers[found%(1<<(litBits-1))] = follower{
				index: uint32(i) << n,
				entry: e>>16<<24 + entryOne + bits,
			}
			if e&(entryLength|entrySpecial) == 0 && int(bits) <= litBits-n {
				found++
			}
		}
		if found == 0 {
			break
		}
		for _, symbol := range symbols[:c.count[n]] {
			if symbol < 256 {
				for _, f := range followers[:found] {
					table[(uint32(code)+f.index)%(1<<litBits)] += f.entry
				}
			}
			code = increment(code, n)
		}
		symbols = symbols[c.count[n]:]
	}
}
