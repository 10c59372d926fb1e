package gunzip

const (
	// history is how far back a match may reach.
	history = 32 << 10

	// windowSize is how much output Stream holds at a time: enough for moving
	// the history to cost nothing, little enough for a processor's own cache.
	windowSize = 512 << 10

	// minWindow has room for the history and, behind it, for the longest that a
	// step writes: a stored block.
	minWindow = history + 64<<10 + slack
)

// A window is what Stream keeps of the output. The zero value is for Decode,
// which keeps all of it.
type window struct {
	each   func(piece []byte) error
	failed error // what each returned
	moved  int   // bytes of the member that have left the window
	handed int   // bytes of out that were handed out
}

// Stream inflates the gzip file src as Decode does, but hands the output out in
// pieces, in order. A piece is borrowed for the call of each. When each fails,
// Stream ends with that error. The capacity of buf is the window; if it does not
// suffice, Stream allocates one. It is returned for the next call.
//
// Since the checksum stands at the end, pieces are handed out before it is known
// whether they are what they should be. Only a nil error says so. No piece
// exceeds the limit.
func (d *Decoder) Stream(buf, src []byte, limit int, each func(piece []byte) error) ([]byte, error) {
	if cap(buf) < minWindow {
		buf = make([]byte, windowSize)
	}
	d.reset(buf, src, limit)
	d.each = each
	_, err := d.members()
	if d.failed != nil {
		err = d.failed
	}
	d.in, d.out, d.buf, d.window = nil, nil, nil, window{}
	return buf, err
}

// hand hands out what has not been yet.
func (d *Decoder) hand() error {
	if d.each == nil {
		return nil
	}
	if d.handed < d.op {
		d.failed = d.each(d.out[d.handed:d.op:d.op])
	}
	d.handed = d.op
	return d.failed
}

// slide hands the output out and moves what matches may reach back to to the
// window's beginning. There is room then for whatever a step may write.
func (d *Decoder) slide() error {
	if d.base+d.moved+d.op > d.limit {
		return ErrTooLarge
	}
	d.check()
	if err := d.hand(); err != nil {
		return err
	}
	kept := copy(d.out, d.out[max(0, d.op-history):d.op])
	d.moved += d.op - kept
	d.op, d.checked, d.handed = kept, kept, kept
	return nil
}
