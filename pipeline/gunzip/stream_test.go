package gunzip_test

import (
	"bytes"
	"errors"
	"testing"

	"plantrail/pipeline/gunzip"
)

// A stream is a deflate stream put together by hand.
type stream struct {
	b []byte
	n uint // bits
}

func (s *stream) bytes() []byte { return s.b }

// put appends values of n bits, lowest bit first.
func (s *stream) put(n uint, values ...uint) *stream {
	for _, v := range values {
		for i := range n {
			if s.n%8 == 0 {
				s.b = append(s.b, 0)
			}
			s.b[s.n/8] |= byte(v>>i&1) << (s.n % 8)
			s.n++
		}
	}
	return s
}

// code appends Huffman codes of n bits, highest bit first.
func (s *stream) code(n uint, codes ...uint) *stream {
	for _, v := range codes {
		for i := range n {
			s.put(1, v>>(n-1-i)&1)
		}
	}
	return s
}

// fixed appends symbols in the fixed code.
func (s *stream) fixed(symbols ...uint) *stream {
	for _, v := range symbols {
		switch {
		case v < 144:
			s.code(8, 0x30+v)
		case v < 256:
			s.code(9, 0x190+v-144)
		case v < 280:
			s.code(7, v-256)
		default:
			s.code(8, 0xc0+v-280)
		}
	}
	return s
}

// A run is a number of neighbouring symbols whose codes have the same length.
type run struct{ symbols, bits int }

// dynamic appends the header of a dynamic block. The code lengths are written
// in a code of five bits for each of the lengths 0 to 15, and 17 and 18, where
// it takes all lengths below 14 as four bits to be complete.
func (s *stream) dynamic(final uint, lits, dists []run) *stream {
	count := func(runs []run) (n uint) {
		for _, r := range runs {
			n += uint(r.symbols)
		}
		return n
	}
	s.put(1, final).put(2, 2)
	s.put(5, count(lits)-257, count(dists)-1).put(4, 15)
	// The symbols 0 to 15 have four bits: a complete code, which is its own
	// value. The order in the header is 16, 17, 18, 0, ...
	s.put(3, 0, 0, 0)
	for range 16 {
		s.put(3, 4)
	}
	for _, r := range append(append([]run{}, lits...), dists...) {
		for range r.symbols {
			s.code(4, uint(r.bits))
		}
	}
	return s
}

type streamTest struct {
	name   string
	stream *stream
	want   string
	err    error
}

func streams() []streamTest {
	// All literals and the end in codes of eight and nine bits: 0 to 254
	// have eight, 255 and the end nine.
	plain := []run{{255, 8}, {2, 9}}
	// 'a', the end and the lengths 3 and 258.
	few := []run{{97, 0}, {1, 2}, {158, 0}, {1, 2}, {1, 2}, {27, 0}, {1, 2}}
	const a, end, three, longest = 0, 1, 2, 3
	one := func(bits int) []run { return []run{{1, bits}} }
	fixed := func() *stream { return new(stream).put(1, 1).put(2, 1) }

	corrupt := gunzip.ErrCorrupt
	return []streamTest{
		{"reserved type", new(stream).put(1, 1).put(2, 3), "", corrupt},
		{"stored", new(stream).put(1, 1).put(2, 0).put(5, 0).put(16, 2, 0xfffd).put(8, 'h', 'i'), "hi", nil},
		{"stored, empty", new(stream).put(1, 1).put(2, 0).put(5, 0).put(16, 0, 0xffff), "", nil},
		{"stored, padded with ones", new(stream).put(1, 1).put(2, 0).put(5, 31).put(16, 0, 0xffff), "", nil},
		{"stored, wrong complement", new(stream).put(1, 1).put(2, 0).put(5, 0).put(16, 2, 0xfffc).put(8, 'h', 'i'), "", corrupt},
		{"stored, cut", new(stream).put(1, 1).put(2, 0).put(5, 0).put(16, 2, 0xfffd).put(8, 'h'), "", gunzip.ErrTruncated},
		{"stored after fixed", new(stream).put(1, 0).put(2, 1).fixed('a', 256).put(1, 1).put(2, 0).put(3, 0).put(16, 1, 0xfffe).put(8, 'b'), "ab", nil},

		{"fixed", fixed().fixed('a', 255, 256), "a\xff", nil},
		{"fixed, no end", fixed().fixed('a'), "", gunzip.ErrTruncated},
		{"fixed, match", fixed().fixed('a', 258).code(5, 0).fixed(256), "aaaaa", nil},
		{"fixed, longest match", fixed().fixed('a', 285).code(5, 0).fixed(256), string(bytes.Repeat([]byte("a"), 259)), nil},
		{"fixed, longest match in other words", fixed().fixed('a', 284).put(5, 31).code(5, 0).fixed(256), string(bytes.Repeat([]byte("a"), 259)), nil},
		{"fixed, distance too far", fixed().fixed('a', 257).code(5, 1).fixed(256), "", corrupt},
		{"fixed, match first", fixed().fixed(257).code(5, 0).fixed(256), "", corrupt},
		{"fixed, length 286", fixed().fixed('a', 286).code(5, 0).fixed(256), "", corrupt},
		{"fixed, length 287", fixed().fixed('a', 287).code(5, 0).fixed(256), "", corrupt},
		{"fixed, distance 30", fixed().fixed('a', 257).code(5, 30).fixed(256), "", corrupt},
		{"fixed, distance 31", fixed().fixed('a', 257).code(5, 31).fixed(256), "", corrupt},

		{"dynamic", new(stream).dynamic(1, plain, one(0)).code(8, 'h', 'i').code(9, 0x1ff), "hi", nil},
		{"dynamic, match", new(stream).dynamic(1, few, one(1)).code(2, a, three).code(1, 0).code(2, end), "aaaa", nil},
		{"dynamic, match of 258", new(stream).dynamic(1, few, one(1)).code(2, a, longest).code(1, 0).code(2, end), string(bytes.Repeat([]byte("a"), 259)), nil},
		{"dynamic, two distances", new(stream).dynamic(1, few, []run{{2, 1}}).code(2, a, a, three).code(1, 1).code(2, end), "aaaaa", nil},
		{"dynamic, other bit of a single distance", new(stream).dynamic(1, few, one(1)).code(2, a, three).code(1, 1).code(2, end), "", corrupt},
		{"dynamic, single distance of two bits", new(stream).dynamic(1, few, one(2)).code(2, a, end), "", corrupt},
		{"dynamic, single distance is the second", new(stream).dynamic(1, few, []run{{1, 0}, {1, 1}}).code(2, a, a, three).code(1, 0).code(2, end), "aaaaa", nil},
		{"dynamic, no distance", new(stream).dynamic(1, few, one(0)).code(2, a, end), "a", nil},
		{"dynamic, no distance, match", new(stream).dynamic(1, few, one(0)).code(2, a, three).code(1, 0).code(2, end), "", corrupt},
		{"dynamic, no distance after one, match", new(stream).
			dynamic(0, few, one(1)).code(2, a, three).code(1, 0).code(2, end).
			dynamic(1, few, one(0)).code(2, a, three).code(1, 0).code(2, end), "", corrupt},
		{"dynamic, 30 distances", new(stream).dynamic(1, few, []run{{2, 4}, {28, 5}}).code(2, a, end), "a", nil},
		{"dynamic, 31 distances", new(stream).dynamic(1, few, []run{{1, 4}, {30, 5}}).code(2, a, end), "", corrupt},
		{"dynamic, incomplete distances", new(stream).dynamic(1, few, []run{{2, 2}}).code(2, a, end), "", corrupt},
		{"dynamic, too many distances", new(stream).dynamic(1, few, []run{{3, 1}}).code(2, a, end), "", corrupt},
		{"dynamic, distances of 15 bits", new(stream).dynamic(1, few, []run{{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}, {1, 7}, {1, 8}, {1, 9}, {1, 10}, {1, 11}, {1, 12}, {1, 13}, {1, 14}, {2, 15}}).
			code(2, a, three).code(1, 0).code(2, three).code(2, 2).code(2, end), "aaaaaaa", nil},
		{"dynamic, 286 lengths", new(stream).dynamic(1, []run{{226, 8}, {60, 9}}, one(0)).code(8, 'a').code(9, 2*226+30), "a", nil},
		{"dynamic, 287 lengths", new(stream).dynamic(1, []run{{225, 8}, {62, 9}}, one(0)).code(8, 'a').code(9, 2*225+31), "", corrupt},
		{"dynamic, incomplete lengths", new(stream).dynamic(1, []run{{257, 9}}, one(0)).code(9, 'a', 256), "", corrupt},
		{"dynamic, too many lengths", new(stream).dynamic(1, []run{{257, 8}}, one(0)).code(8, 'a', 255), "", corrupt},
		{"dynamic, only the end", new(stream).dynamic(1, []run{{256, 0}, {1, 1}}, one(0)).code(1, 0), "", nil},
		{"dynamic, only the end, other bit", new(stream).dynamic(1, []run{{256, 0}, {1, 1}}, one(0)).code(1, 1), "", corrupt},
		{"dynamic, only the end, of two bits", new(stream).dynamic(1, []run{{256, 0}, {1, 2}}, one(0)).code(2, 0), "", corrupt},
		{"dynamic, no end", new(stream).dynamic(1, []run{{2, 1}, {255, 0}}, one(0)).code(1, 0, 1, 0, 1), "", gunzip.ErrTruncated},
		{"dynamic, no symbol", new(stream).dynamic(1, []run{{257, 0}}, one(0)).put(8, 0), "", corrupt},
		{"dynamic, no code of lengths", new(stream).put(1, 1).put(2, 2).put(5, 0, 0).put(4, 0).put(3, 0, 0, 0, 0).put(32, 0), "", corrupt},
		{"dynamic, no code of lengths after one", new(stream).
			dynamic(0, few, one(1)).code(2, a, end).
			put(1, 1).put(2, 2).put(5, 0, 0).put(4, 0).put(3, 0, 0, 0, 0).put(32, 0), "", corrupt},
		{"dynamic, repeat first", new(stream).put(1, 1).put(2, 2).put(5, 0, 0).put(4, 0).put(3, 1, 0, 1, 0).put(1, 0).put(2, 0).put(32, 0), "", corrupt},
		{"dynamic, repeat too long", new(stream).put(1, 1).put(2, 2).put(5, 0, 0).put(4, 0).put(3, 0, 0, 1, 0).put(1, 0).put(7, 127).put(1, 0).put(7, 127), "", corrupt},
	}
}

func TestInflate(t *testing.T) {
	for _, test := range streams() {
		t.Run(test.name, func(t *testing.T) {
			// With input to spare, the fast loop meets what the careful one does.
			for _, behind := range []int{0, 300} {
				src := append(bytes.Clone(test.stream.bytes()), make([]byte, behind)...)
				for _, room := range []int{0, 1000} {
					var d gunzip.Decoder
					got, err := d.Inflate(make([]byte, room), src, 1<<20)
					if behind == 0 {
						if !errors.Is(err, test.err) {
							t.Fatalf("Inflate: error %v, want %v", err, test.err)
						}
						if err == nil && string(got) != test.want {
							t.Fatalf("Inflate: got %q, want %q", got, test.want)
						}
					}
					agree(t, openStream, openStreamStd, src, 1<<20, got, err)
				}
			}
		})
	}
}
