package inventory

import (
	"bytes"
	"cmp"
	"context"
)

// rows are sorted rows. A row is valid until the next one is asked for.
type rows interface {
	next() (bool, error)
	row() (key, tail []byte)
}

// checkRows is after how many rows a merge looks whether it shall go on.
const checkRows = 1 << 16

// merge writes the rows of all sources in order.
func merge(ctx context.Context, sources []rows, w *blockWriter) error {
	h := heap{}
	for _, source := range sources {
		if err := h.refill(source, len(h)); err != nil {
			return err
		}
	}
	for n := 1; len(h) > 0; n++ {
		if n%checkRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := w.add(h[0].key, h[0].tail); err != nil {
			return err
		}
		if err := h.refill(h[0].rows, 0); err != nil {
			return err
		}
	}
	return w.flush()
}

// A heap has the source with the first row at its top.
type heap []head

// A head is a source and the row that it stands at.
type head struct {
	rows
	key, tail []byte
}

func (h heap) less(i, j int) bool {
	return cmp.Or(bytes.Compare(h[i].key, h[j].key), bytes.Compare(h[i].tail, h[j].tail)) < 0
}

// refill moves a source to its next row. The source is at a place of the heap,
// 0 or, if it is new, behind the end. A source without rows leaves the heap.
func (h *heap) refill(source rows, at int) error {
	ok, err := source.next()
	if err != nil {
		return err
	}
	isNew := at == len(*h)
	switch {
	case ok:
		key, tail := source.row()
		if isNew {
			*h = append(*h, head{})
		}
		(*h)[at] = head{source, key, tail}
	case isNew:
		return nil
	default:
		last := len(*h) - 1
		(*h)[at] = (*h)[last]
		*h = (*h)[:last]
	}
	if isNew {
		h.up(at)
	} else {
		h.down(at)
	}
	return nil
}

func (h heap) up(i int) {
	for parent := (i - 1) / 2; i > 0 && h.less(i, parent); parent = (i - 1) / 2 {
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (h heap) down(i int) {
	for {
		child := 2*i + 1
		if child+1 < len(h) && h.less(child+1, child) {
			child++
		}
		if child >= len(h) || !h.less(child, i) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
