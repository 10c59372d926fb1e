package gunzip

// Inflate decodes the raw deflate stream that src begins with. Without header
// and checksum a fuzzer gets at the tables.
func (d *Decoder) Inflate(dst, src []byte, limit int) ([]byte, error) {
	d.reset(dst, src, limit)
	d.nextOutput()
	for {
		final, err := d.block()
		if err != nil {
			return nil, err
		}
		if d.op > d.limit {
			return nil, ErrTooLarge
		}
		if final {
			return d.out[:d.op], nil
		}
	}
}
