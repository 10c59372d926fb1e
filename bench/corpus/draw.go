package corpus

import (
	"encoding/hex"
	"math/rand/v2"
	"time"
)

// What is drawn from a seed. Each has random numbers of its own, so that one
// more planted event leaves all other records as they were.
const (
	drawPlan = iota
	drawAccount
	drawFile
	drawPlanting
)

// newRand returns the random numbers of the n-th thing of a kind.
func newRand(seed uint64, kind, n int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(kind)<<56|uint64(n)))
}

// uuid returns a new random UUID.
func uuid(rng *rand.Rand) string { return string(appendUUID(nil, rng)) }

func appendUUID(b []byte, rng *rand.Rand) []byte {
	var digits [32]byte
	appendHex(digits[:0], rng, len(digits))
	digits[12] = '4'
	digits[16] = "89ab"[digits[16]&3]
	b = append(append(b, digits[:8]...), '-')
	b = append(append(b, digits[8:12]...), '-')
	b = append(append(b, digits[12:16]...), '-')
	b = append(append(b, digits[16:20]...), '-')
	return append(b, digits[20:]...)
}

// appendHex appends n hexadecimal digits.
func appendHex(b []byte, rng *rand.Rand, n int) []byte {
	for n > 0 {
		var raw [8]byte
		bits := rng.Uint64()
		for i := range raw {
			raw[i] = byte(bits >> (8 * i))
		}
		var digits [16]byte
		hex.Encode(digits[:], raw[:])
		b = append(b, digits[:min(n, len(digits))]...)
		n -= len(digits)
	}
	return b
}

const (
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	upper    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	alphanum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// appendFrom appends n characters of an alphabet of at most 64.
func appendFrom(b []byte, rng *rand.Rand, alphabet string, n int) []byte {
	var bits uint64
	for i := range n {
		if i%10 == 0 {
			bits = rng.Uint64()
		}
		b = append(b, alphabet[int(bits&63)%len(alphabet)])
		bits >>= 6
	}
	return b
}

// upTo returns a length of time below a limit.
func upTo(rng *rand.Rand, limit time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(limit)))
}

// pick returns one of several.
func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// pickSkewed returns one of several, the first ones far more often: of many
// resources, few are in use.
func pickSkewed[T any](rng *rand.Rand, from []T) T {
	x := rng.Float64()
	return from[int(x*x*x*float64(len(from)))]
}
