package gunzip_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"plantrail/pipeline/gunzip"
)

// TestInflateCodes decodes blocks in random codes, deeper and odder than any
// compressor would make them.
func TestInflateCodes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 3))
	rounds := 400
	if testing.Short() {
		rounds = 40
	}
	var d gunzip.Decoder
	for range rounds {
		var s stream
		var want []byte
		for block := range uint(3) {
			want = randomBlock(rnd, &s, block/2, want)
		}
		for _, behind := range []int{0, 5000} { // bytes, for pairs to be made or not
			src := append(bytes.Clone(s.bytes()), make([]byte, behind)...)
			for _, room := range []int{0, 200, len(want), len(want) + 1000} {
				got, err := d.Inflate(make([]byte, room), src, len(want))
				if err != nil {
					t.Fatalf("Inflate: %v\nof %x", err, src)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("Inflate: the output differs\nof %x", src)
				}
				agree(t, openStream, openStreamStd, src, len(want), got, err)
			}
		}
	}
}

// randomBlock appends a dynamic block to s, and what it stands for to out.
func randomBlock(rnd *rand.Rand, s *stream, final uint, out []byte) []byte {
	lits := randomLens(rnd, 2+rnd.IntN(285), 286, 256)
	dists := randomLens(rnd, 2+rnd.IntN(29), 30, 0)
	runs := func(lens []int) (r []run) {
		for _, n := range lens {
			r = append(r, run{1, n})
		}
		return r
	}
	s.dynamic(final, runs(lits), runs(dists))
	litCodes, distCodes := canonical(lits), canonical(dists)
	var symbols []int
	for symbol, n := range lits {
		if n > 0 && symbol != 256 {
			symbols = append(symbols, symbol)
		}
	}
	for range rnd.IntN(2000) {
		symbol := symbols[rnd.IntN(len(symbols))]
		if symbol < 256 {
			s.code(uint(lits[symbol]), litCodes[symbol])
			out = append(out, byte(symbol))
			continue
		}
		dist := rnd.IntN(30)
		base, extra := 1+dist, uint(0)
		if dist > 3 {
			extra = uint(dist/2 - 1)
			base = 1 + (2+dist%2)<<extra
		}
		back := base + rnd.IntN(1<<extra)
		if dists[dist] == 0 || back > len(out) {
			continue
		}
		length, bits := 258, uint(0)
		more := 0
		if symbol < 285 {
			i := symbol - 257
			length = 3 + i
			if i > 7 {
				bits = uint(i/4 - 1)
				length = 3 + (4+i%4)<<bits
			}
			more = rnd.IntN(1 << bits)
		}
		s.code(uint(lits[symbol]), litCodes[symbol]).put(bits, uint(more))
		s.code(uint(dists[dist]), distCodes[dist]).put(extra, uint(back-base))
		for range length + more {
			out = append(out, out[len(out)-back])
		}
	}
	s.code(uint(lits[256]), litCodes[256])
	return out
}

// randomLens returns the lengths of a complete code of n of the given number
// of symbols, among them the one named.
func randomLens(rnd *rand.Rand, n, symbols, named int) []int {
	leaves := []int{0}
	for steep := rnd.IntN(3); len(leaves) < n; { // splits late leaves the more the steeper
		i := rnd.IntN(len(leaves))
		for range steep {
			i = max(i, rnd.IntN(len(leaves)))
		}
		if leaves[i] < 15 {
			leaves[i]++
			leaves = append(leaves, leaves[i])
		}
	}
	lens := make([]int, symbols)
	free := rnd.Perm(symbols)
	for i, symbol := range free {
		if symbol == named {
			free[0], free[i] = free[i], free[0]
		}
	}
	for i, leaf := range leaves {
		lens[free[i]] = leaf
	}
	return lens
}

// canonical returns the codes that the lengths stand for.
func canonical(lens []int) []uint {
	codes := make([]uint, len(lens))
	code := uint(0)
	for n := 1; n <= 15; n++ {
		code <<= 1
		for symbol := range lens {
			if lens[symbol] == n {
				codes[symbol] = code
				code++
			}
		}
	}
	return codes
}
