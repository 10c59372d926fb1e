package gunzip_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"plantrail/pipeline/gunzip"
)

// minWindow is the least window that Stream uses as it is.
const minWindow = 97<<10 + 1024

// stream inflates through a window, and puts the pieces together.
func inflateStream(d *gunzip.Decoder, window, src []byte, limit int) (out []byte, largest int, err error) {
	_, err = d.Stream(window, src, limit, func(piece []byte) error {
		out, largest = append(out, piece...), max(largest, len(piece))
		return nil
	})
	return out, largest, err
}

// same fails the test unless Stream ends as Decode does.
func same(tb testing.TB, d *gunzip.Decoder, window, src []byte, limit int) {
	tb.Helper()
	want, wantErr := d.Decode(nil, src, limit)
	got, _, err := inflateStream(d, window, src, limit)
	if errors.Is(wantErr, gunzip.ErrTooLarge) || errors.Is(err, gunzip.ErrTooLarge) {
		// Which comes first, the limit or another fault behind it, may differ.
		if wantErr == nil || err == nil || len(got) > limit {
			tb.Fatalf("Stream: %d bytes, error %v; Decode: %v", len(got), err, wantErr)
		}
		return
	}
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		tb.Fatalf("Stream: error %v; Decode: %v", err, wantErr)
	}
	if err == nil && !bytes.Equal(got, want) {
		tb.Fatalf("Stream: %d bytes differ from the %d of Decode", len(got), len(want))
	}
}

func TestStream(t *testing.T) {
	var d gunzip.Decoder
	for _, size := range []int{0, 1, 300, 64 << 10, minWindow - 1, minWindow, minWindow + 1, 700_000} {
		for name, payload := range payloads(size) {
			for _, level := range []int{-2, 0, 6} {
				src := pack(t, payload, level)
				for _, window := range []int{0, minWindow, minWindow + 4099, 4 << 20} {
					got, largest, err := inflateStream(&d, make([]byte, window), src, size)
					if err != nil || !bytes.Equal(got, payload) {
						t.Fatalf("%s, %d bytes, level %d, window %d: %d bytes, error %v", name, size, level, window, len(got), err)
					}
					if largest > max(window, 512<<10) {
						t.Fatalf("a piece of %d bytes from a window of %d", largest, window)
					}
				}
				if size > 0 {
					if got, _, err := inflateStream(&d, nil, src, size-1); !errors.Is(err, gunzip.ErrTooLarge) || len(got) >= size {
						t.Fatalf("%s, %d bytes, level %d: %d bytes, error %v with a limit one byte too low", name, size, level, len(got), err)
					}
				}
			}
		}
	}
}

// Matches that reach back as far as they may, members, and codes of all kinds
// come out of a window as they do whole.
func TestStreamAsDecode(t *testing.T) {
	var d gunzip.Decoder
	window := make([]byte, minWindow)
	far := bytes.Repeat(newTrail(1, 40).file(history)[:history], 20) // each match 32 KiB back
	a, b := newTrail(1, 40).file(300_000), newTrail(2, 40).file(700)
	for name, src := range map[string][]byte{
		"far matches":   pack(t, far, 9),
		"three members": bytes.Join(packAll(t, [][]byte{a, nil, b, a}), nil),
		"trailing zero": append(pack(t, a, 6), 0),
		"empty":         nil,
	} {
		t.Run(name, func(t *testing.T) { same(t, &d, window, src, noLimit) })
	}
	src := bytes.Join(packAll(t, [][]byte{a, b}), nil)
	for at := 0; at < len(src); at += 311 { // cut off, and a bit wrong
		same(t, &d, window, src[:at], noLimit)
		wrong := bytes.Clone(src)
		wrong[at] ^= 1 << (at % 8)
		same(t, &d, window, wrong, 1<<22)
	}
}

const history = 32 << 10

// What the caller does not want any more, it need not inflate.
func TestStreamStops(t *testing.T) {
	var d gunzip.Decoder
	pieces := 0
	_, err := d.Stream(nil, pack(t, make([]byte, 64<<20), 9), noLimit, func([]byte) error {
		pieces++
		return io.ErrClosedPipe
	})
	if !errors.Is(err, io.ErrClosedPipe) || pieces != 1 {
		t.Errorf("%d pieces, error %v", pieces, err)
	}
	if _, err := d.Decode(nil, pack(t, []byte("x"), 6), 1); err != nil {
		t.Errorf("the next file: %v", err)
	}
}

// A window is all the memory that it takes, and none with one to use again.
func TestStreamMemory(t *testing.T) {
	var d gunzip.Decoder
	bomb := pack(t, make([]byte, 64<<20), 9)
	window, err := d.Stream(nil, bomb, noLimit, func([]byte) error { return nil })
	if err != nil || cap(window) > 1<<20 {
		t.Fatalf("a window of %d bytes, error %v", cap(window), err)
	}
	allocs := testing.AllocsPerRun(3, func() {
		if window, err = d.Stream(window, bomb, noLimit, func([]byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// FuzzStream inflates what a fuzzer makes, repeated so that it fills windows.
func FuzzStream(f *testing.F) {
	src := small(f)
	f.Add(src, uint16(0), uint8(3))
	f.Add(pack(f, make([]byte, 200_000), 9), uint16(77), uint8(1))
	f.Add(pack(f, newTrail(1, 40).file(150_000), 1), uint16(4000), uint8(2))
	var d gunzip.Decoder
	f.Fuzz(func(t *testing.T, src []byte, more uint16, times uint8) {
		src = bytes.Repeat(src, 1+int(times%8))
		same(t, &d, make([]byte, minWindow+int(more)), src, 8<<20)
	})
}
