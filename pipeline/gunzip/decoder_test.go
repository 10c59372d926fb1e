package gunzip_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"plantrail/pipeline/gunzip"

	"github.com/klauspost/compress/gzip"
)

const noLimit = math.MaxInt

// payloads have all that a deflate stream can be made of.
func payloads(size int) map[string][]byte {
	rnd := rand.New(rand.NewPCG(uint64(size), 2))
	noise, few, runs := make([]byte, size), make([]byte, size), make([]byte, 0, size+600)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
		few[i] = "etaoin"[min(rnd.IntN(6), rnd.IntN(6))]
	}
	for len(runs) < size { // every short distance, of every length
		period := 1 + rnd.IntN(40)
		for range period {
			runs = append(runs, byte(rnd.Uint32()))
		}
		for range rnd.IntN(500) {
			runs = append(runs, runs[len(runs)-period])
		}
	}
	return map[string][]byte{
		"trail": newTrail(uint64(size), 40).file(size)[:size],
		"noise": noise,
		"few":   few,
		"runs":  runs[:size],
		"zeros": make([]byte, size),
	}
}

func TestDecode(t *testing.T) {
	sizes, step := []int{8 << 10, 64 << 10, 1 << 20, 10 << 20}, 1
	if testing.Short() {
		sizes, step = sizes[:2], 20
	}
	for size := 0; size <= 300; size += step {
		sizes = append(sizes, size)
	}
	type packer struct {
		name  string
		w     gzipper
		level int
	}
	var packers []packer
	for level := gzip.StatelessCompression; level <= gzip.BestCompression; level++ {
		packers = append(packers, packer{fmt.Sprintf("klauspost %d", level), newGzipper(t, level), level})
	}
	for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
		packers = append(packers, packer{fmt.Sprintf("stdlib %d", level), newStdGzipper(t, level), level})
	}
	var d gunzip.Decoder
	for _, size := range sizes {
		for name, payload := range payloads(size) {
			for _, p := range packers {
				if size > 1<<20 && p.level != 0 && p.level != 1 && p.level != 6 {
					continue // no need to wait for all of them
				}
				src := packWith(t, p.w, payload)
				for _, dst := range [][]byte{nil, make([]byte, size), make([]byte, 3, size+1000)} {
					got, err := d.Decode(dst, src, size)
					if err != nil {
						t.Fatalf("%s, %d bytes, %s: %v", name, size, p.name, err)
					}
					if !bytes.Equal(got, payload) {
						t.Fatalf("%s, %d bytes, %s: the output differs", name, size, p.name)
					}
					if size > 0 && cap(dst) >= size && &got[0] != &dst[0] {
						t.Fatalf("%s, %d bytes, %s: dst was not used", name, size, p.name)
					}
				}
			}
		}
	}
}

func TestDecodeMembers(t *testing.T) {
	a, b, empty := newTrail(1, 40).file(3000), newTrail(2, 40).file(70000), []byte(nil)
	for _, test := range []struct {
		name    string
		members [][]byte
	}{
		{"two", [][]byte{a, b}},
		{"the same twice", [][]byte{a, a}},
		{"empty", [][]byte{empty}},
		{"empty ones", [][]byte{empty, empty, a, empty}},
		{"small after big", [][]byte{b, a}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d gunzip.Decoder
			src := bytes.Join(packAll(t, test.members), nil)
			want := bytes.Join(test.members, nil)
			got, err := d.Decode(nil, src, len(want))
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("Decode: %d bytes of %d, error %v", len(got), len(want), err)
			}
			if _, err := d.Decode(nil, src, len(want)-1); len(want) > 0 && !errors.Is(err, gunzip.ErrTooLarge) {
				t.Fatalf("Decode: error %v with a limit one byte too low", err)
			}
		})
	}
}

func packAll(t *testing.T, payloads [][]byte) [][]byte {
	var packed [][]byte
	for _, b := range payloads {
		packed = append(packed, pack(t, b, 6))
	}
	return packed
}

func TestDecodeLimit(t *testing.T) {
	var d gunzip.Decoder
	for _, size := range []int{0, 1, 5, 257, 258, 300, 1000, 70000} {
		for name, payload := range payloads(size) {
			for _, level := range []int{-2, 0, 1, 6, 9} {
				src := pack(t, payload, level)
				for _, test := range []struct {
					limit int
					err   error
				}{{size + 1, nil}, {size, nil}, {size - 1, gunzip.ErrTooLarge}, {size / 2, gunzip.ErrTooLarge}, {math.MaxInt, nil}, {-1, gunzip.ErrTooLarge}} {
					if size == 0 {
						test.err = nil
					}
					for _, dst := range [][]byte{nil, make([]byte, size+5000)} {
						got, err := d.Decode(dst, src, test.limit)
						if !errors.Is(err, test.err) {
							t.Fatalf("%s, %d bytes, limit %d: error %v, want %v", name, size, test.limit, err, test.err)
						}
						if err == nil && !bytes.Equal(got, payload) || err != nil && len(got) != 0 {
							t.Fatalf("%s, %d bytes, limit %d: got %d bytes", name, size, test.limit, len(got))
						}
					}
				}
			}
		}
	}
}

// TestDecodeMemory checks that neither a bomb nor a lying trailer make the
// output larger than the limit, the input or the real output account for.
func TestDecodeMemory(t *testing.T) {
	withSize := func(src []byte, size uint32) []byte {
		src = bytes.Clone(src)
		binary.LittleEndian.PutUint32(src[len(src)-4:], size)
		return src
	}
	log := newTrail(1, 40).file(100 << 10)
	src, bomb := pack(t, log, 6), pack(t, make([]byte, 64<<20), 9)
	for _, test := range []struct {
		name  string
		src   []byte
		limit int
		most  int // capacity of the result
		err   error
	}{
		{"honest", src, noLimit, len(log) + 1000, nil},
		{"a lie of 4 GB", withSize(src, math.MaxUint32), noLimit, 64*len(src) + 1000, gunzip.ErrChecksum},
		{"a lie of 4 GB, limited", withSize(src, math.MaxUint32), len(log), len(log) + 1000, gunzip.ErrChecksum},
		{"a lie of nothing", withSize(src, 0), noLimit, 2*len(log) + 1000, gunzip.ErrChecksum},
		{"a lie of one less", withSize(src, uint32(len(log)-1)), noLimit, 2*len(log) + 1000, gunzip.ErrChecksum},
		{"bomb", bomb, noLimit, 64<<20 + 1000, nil},
		{"bomb, limited", bomb, 1 << 20, 1<<20 + 1000, gunzip.ErrTooLarge},
		{"bomb, hidden", withSize(bomb, 5000), 1 << 20, 1<<20 + 1000, gunzip.ErrTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d gunzip.Decoder
			got, err := d.Decode(nil, test.src, test.limit)
			if !errors.Is(err, test.err) {
				t.Errorf("Decode: error %v, want %v", err, test.err)
			}
			if cap(got) > test.most {
				t.Errorf("Decode: took %d bytes, at most %d expected", cap(got), test.most)
			}
		})
	}
}

func TestDecodeReuse(t *testing.T) {
	log, noise := newTrail(1, 40).file(50<<10), payloads(3000)["noise"]
	good, fixed := pack(t, log, 6), stdPack(t, log[:40], 6)
	var d gunzip.Decoder
	var dst []byte
	decodeAll := func() {
		for _, src := range [][]byte{good, fixed, good[:len(good)/2], good[:4], noise, good[:len(good)-1], fixed} {
			got, err := d.Decode(dst, src, noLimit)
			switch {
			case &src[0] == &good[0] && len(src) == len(good):
				if err != nil || !bytes.Equal(got, log) {
					t.Fatalf("Decode: %d bytes, error %v", len(got), err)
				}
			case &src[0] == &fixed[0]:
				if err != nil || !bytes.Equal(got, log[:40]) {
					t.Fatalf("Decode: %d bytes, error %v", len(got), err)
				}
			case err == nil:
				t.Fatal("Decode: no error")
			}
			dst = got
		}
	}
	for range 3 {
		decodeAll()
	}
	if cap(dst) < len(log) {
		t.Error("the buffer got lost")
	}
}

func TestDecodeAllocs(t *testing.T) {
	log := newTrail(1, 40).file(50 << 10)
	files := [][]byte{stdPack(t, log, 6), stdPack(t, log[:40], 6), stdPack(t, log, 0)}
	var d gunzip.Decoder
	var dst []byte
	var err error
	allocs := testing.AllocsPerRun(20, func() {
		for _, src := range files {
			if dst, err = d.Decode(dst, src, noLimit); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("Decode: %v allocations in the steady state", allocs)
	}
}
