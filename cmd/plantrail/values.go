package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"

	"plantrail/pipeline"
)

// A size is a number of bytes as people write it: 256MiB, 1GB.
type size int64

// UnmarshalText reads a size.
func (s *size) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > 1<<50 {
		return fmt.Errorf("%q is not a size: write 256MiB or 1GB", text)
	}
	*s = size(n)
	return nil
}

// A number is how many there are of something.
type number int

// UnmarshalText reads a number.
func (n *number) UnmarshalText(text []byte) error {
	i, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a number: write 20", text)
	}
	*n = number(i)
	return nil
}

// A concurrency is a number, or auto.
type concurrency int

// UnmarshalText reads a concurrency.
func (c *concurrency) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*c = pipeline.AutoConcurrency
		return nil
	}
	i, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a number: write 20, or auto", text)
	}
	if i < 1 { // auto is a number too, in the configuration
		return fmt.Errorf("concurrency %d: must be from 1 to 10000, or auto", i)
	}
	*c = concurrency(i)
	return nil
}

// A duration is a time as people write it: 5m, 1h30m.
type duration time.Duration

// UnmarshalText reads a duration.
func (d *duration) UnmarshalText(text []byte) error {
	t, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a time: write 90s, 5m or 1h30m", text)
	}
	*d = duration(t)
	return nil
}
