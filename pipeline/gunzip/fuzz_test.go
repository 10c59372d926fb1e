package gunzip_test

import (
	"bytes"
	"testing"

	"plantrail/pipeline/gunzip"
)

const fuzzLimit = 1 << 20

func FuzzDecode(f *testing.F) {
	src := small(f)
	f.Add(src)
	f.Add(src[:len(src)-3])
	f.Add(append(bytes.Clone(src), src...))
	f.Add(append(bytes.Clone(src), 0, 0))
	f.Add(pack(f, nil, 6))
	f.Add(pack(f, []byte("stored"), 0))
	f.Add(stdPack(f, []byte("fixed, fixed, fixed"), 9))
	f.Add(pack(f, make([]byte, 5000), 9))
	f.Add(header{1, "extra", "name", "comment", true, 0}.wrap(pack(f, []byte("x"), 6)))
	var d gunzip.Decoder
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := d.Decode(nil, src, fuzzLimit)
		agree(t, openFile, openFileStd, src, fuzzLimit, got, err)
	})
}

// FuzzInflate has no checksum in its way, so that most of what a mutation
// changes is seen.
func FuzzInflate(f *testing.F) {
	for _, test := range streams() {
		f.Add(test.stream.bytes(), uint16(0))
	}
	for name, payload := range payloads(600) {
		for _, level := range []int{-2, 0, 1, 6, 9} {
			f.Add(pack(f, payload, level)[10:], uint16(600*(len(name)%2)))
			f.Add(stdPack(f, payload, level)[10:], uint16(0))
		}
	}
	f.Add(stdPack(f, newTrail(1, 40).file(3000), 6)[10:], uint16(5000))
	var d gunzip.Decoder
	f.Fuzz(func(t *testing.T, src []byte, room uint16) {
		got, err := d.Inflate(make([]byte, room), src, fuzzLimit)
		agree(t, openStream, openStreamStd, src, fuzzLimit, got, err)
	})
}

func FuzzRoundTrip(f *testing.F) {
	for _, payload := range payloads(1000) {
		f.Add(payload, 6)
	}
	f.Add([]byte(nil), 0)
	f.Add([]byte("a"), -2)
	f.Add(newTrail(3, 40).file(6000), 9)
	var gzippers [12][2]gzipper // levels -2 to 9
	for i := range gzippers {
		gzippers[i] = [2]gzipper{newGzipper(f, i-2), newStdGzipper(f, i-2)}
	}
	var d gunzip.Decoder
	f.Fuzz(func(t *testing.T, payload []byte, level int) {
		for _, w := range gzippers[uint(level)%12] {
			src := packWith(t, w, payload)
			got, err := d.Decode(nil, src, len(payload))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, payload) {
				t.Fatalf("Decode: the output differs\nof %x", src)
			}
		}
	})
}
