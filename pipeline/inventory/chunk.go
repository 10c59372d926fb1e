package inventory

import (
	"bytes"
	"cmp"
	"slices"

	"plantrail/pipeline/store"
)

// slabSize is how much memory a chunk takes at a time. A row is within one slab,
// and an offset in all of them is 32 bits.
const slabSize = 256 << 10

// maxChunk keeps offsets within 32 bits.
const maxChunk = 2 << 30

// A chunk is as many rows as the memory takes, to be sorted. It keeps its memory
// when it is emptied.
type chunk struct {
	limit int64 // bytes
	coder rowCoder
	slabs [][]byte
	used  int // slabs in use; the last one is being filled
	rows  []span
	tail  []byte
}

// A span is where a row is in the slabs.
type span struct {
	at        uint32
	key, tail uint16 // bytes
}

const spanSize = 8

func newChunk(limit int64) *chunk {
	return &chunk{limit: min(limit, maxChunk), coder: newRowCoder()}
}

// add copies an object into the chunk. It says false, and does not, when the
// chunk is full.
func (c *chunk) add(o store.Object) (bool, error) {
	var err error
	if c.tail, err = c.coder.appendTail(c.tail[:0], o); err != nil {
		return false, err
	}
	size := len(o.Key) + len(c.tail)
	if c.used == 0 || len(c.slabs[c.used-1])+size > slabSize {
		if c.used > 0 && int64(c.used+1)*slabSize+int64(len(c.rows))*spanSize > c.limit {
			return false, nil
		}
		if c.used == len(c.slabs) {
			c.slabs = append(c.slabs, make([]byte, 0, slabSize))
		}
		c.used++
	}
	slab := &c.slabs[c.used-1]
	at := (c.used-1)*slabSize + len(*slab)
	*slab = append(append(*slab, o.Key...), c.tail...)
	c.rows = append(c.rows, span{uint32(at), uint16(len(o.Key)), uint16(len(c.tail))}) //nolint:gosec // maxChunk, maxKey, maxTail
	return true, nil
}

// row returns a row's key and tail.
func (c *chunk) row(s span) (key, tail []byte) {
	slab := c.slabs[s.at/slabSize][s.at%slabSize:]
	return slab[:s.key], slab[s.key : s.key+s.tail]
}

func (c *chunk) sort() {
	slices.SortFunc(c.rows, func(a, b span) int {
		keyA, tailA := c.row(a)
		keyB, tailB := c.row(b)
		return cmp.Or(bytes.Compare(keyA, keyB), bytes.Compare(tailA, tailB))
	})
}

// empty forgets the rows.
func (c *chunk) empty() {
	for i := range c.slabs {
		c.slabs[i] = c.slabs[i][:0]
	}
	c.used, c.rows = 0, c.rows[:0]
}

// chunkRows are the rows of a sorted chunk.
type chunkRows struct {
	chunk *chunk
	left  []span
	at    span
}

func (r *chunkRows) next() (bool, error) {
	if len(r.left) == 0 {
		return false, nil
	}
	r.at, r.left = r.left[0], r.left[1:]
	return true, nil
}

func (r *chunkRows) row() (key, tail []byte) { return r.chunk.row(r.at) }
