package digest

// Remembered returns how many digests a chain holds.
func (c *Chain) Remembered() int { return len(c.objects) }
