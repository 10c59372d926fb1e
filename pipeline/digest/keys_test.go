package digest_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
)

// The AWS CLI writes times in one of these ways.
func TestReadKeys(t *testing.T) {
	first, _ := digesttest.Signers()
	want := first.Key()
	value := base64.StdEncoding.EncodeToString(want.Value)
	from, to := time.Unix(1700000000, 0).UTC(), time.Unix(1900000000, 500e6).UTC()
	for name, times := range map[string][2]string{
		"numbers":      {"1700000000", "1900000000.5"},
		"exponents":    {"1.7e9", "1.9000000005E9"},
		"text":         {`"2023-11-14T22:13:20Z"`, `"2030-03-17T17:46:40.500Z"`},
		"another zone": {`"2023-11-14T23:13:20+01:00"`, `"2030-03-17T12:46:40.500-05:00"`},
		"no colon":     {`"2023-11-14T23:13:20+0100"`, `"2030-03-17T17:46:40.5Z"`},
	} {
		keys, err := digest.ReadKeys(fmt.Appendf(nil, `{"PublicKeyList":[{"Value":%q,"ValidityStartTime":%s,"ValidityEndTime":%s,"Fingerprint":"f"}]}`, value, times[0], times[1]))
		if err != nil || len(keys) != 1 || keys[0].Fingerprint != "f" || !keys[0].From.Equal(from) || !keys[0].To.Equal(to) || string(keys[0].Value) != string(want.Value) {
			t.Errorf("%s: %+v, %v", name, keys, err)
		}
	}
	for name, raw := range map[string]string{
		"not JSON":         `nothing`,
		"no list":          `{}`,
		"another list":     `{"trailList":[]}`,
		"no fingerprint":   `{"PublicKeyList":[{"Value":""}]}`,
		"not base64":       `{"PublicKeyList":[{"Value":"!","Fingerprint":"f"}]}`,
		"no time":          `{"PublicKeyList":[{"Value":"","Fingerprint":"f","ValidityStartTime":"soon"}]}`,
		"a time too late":  `{"PublicKeyList":[{"Value":"","Fingerprint":"f","ValidityStartTime":1e300}]}`,
		"a time of a kind": `{"PublicKeyList":[{"Value":"","Fingerprint":"f","ValidityStartTime":{}}]}`,
		"large":            strings.Repeat(" ", 17<<20),
	} {
		if keys, err := digest.ReadKeys([]byte(raw)); err == nil {
			t.Errorf("%s: %+v", name, keys)
		}
	}
}

func TestWriteKeys(t *testing.T) {
	first, second := digesttest.Signers()
	a, b := first.Key(), second.Key()
	b.From = b.From.Add(time.Hour)
	raw, err := digest.WriteKeys([]digest.Key{b, a, b})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := digest.ReadKeys(raw)
	if err != nil || len(keys) != 2 || keys[0].Fingerprint != a.Fingerprint || !keys[1].From.Equal(b.From) {
		t.Errorf("%+v, %v", keys, err)
	}
}

// A key that cannot be used is named by the digests that name it, and nothing else
// fails for it.
func TestUnusableKeys(t *testing.T) {
	objects := digesttest.Bucket{}
	trail := newTrail(objects)
	key := hour(trail, 0)
	trail.Stop(0)
	_, trail.Signer = digesttest.Signers()
	hour(trail, 0)
	first, second := digesttest.Signers()
	for name, test := range map[string]struct {
		change func(*digest.Key)
		want   string
	}{
		"16,384 bits": {func(k *digest.Key) { k.Value = large }, "it has 16384 bits"},
		"huge":        {func(k *digest.Key) { k.Value = make([]byte, 1<<20) }, "it has 1048576 bytes"},
		"not DER":     {func(k *digest.Key) { k.Value = []byte("x") }, "no RSA key in PKCS #1"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := first.Key()
			test.change(&bad)
			keys := new(digest.Keys)
			keys.Add(bad)
			keys.Add(second.Key())
			r := verify(objects, trailBucket, keys, time.Time{})
			if len(r.findings) != 1 || !r.has(finding{digest.Unproven, key}) || !strings.Contains(r.reasons[key], test.want) {
				t.Errorf("%v %v", r.findings, r.reasons)
			}
		})
	}
}

// large is a key of 16,384 bits, which nobody has the other half of.
var large = func() []byte {
	n := append([]byte{0}, []byte(strings.Repeat("\xff", 2048))...)
	e := []byte{0x02, 0x03, 0x01, 0x00, 0x01}
	integer := append([]byte{0x02, 0x82, byte(len(n) >> 8), byte(len(n))}, n...)
	length := len(integer) + len(e)
	return append(append([]byte{0x30, 0x82, byte(length >> 8), byte(length)}, integer...), e...)
}()

// A key signs only in its time, and where all keys are known, an unknown one is not
// CloudTrail's.
func TestKeyTimes(t *testing.T) {
	objects := digesttest.Bucket{}
	trail := newTrail(objects)
	key := hour(trail, 0)
	first, second := digesttest.Signers()
	for name, test := range map[string]struct {
		from, to time.Time
		complete bool
		unknown  bool
		want     digest.Verdict
	}{
		"in its time":           {start.Add(-time.Hour), start.Add(24 * time.Hour), false, false, digest.Verified},
		"of no known time":      {time.Time{}, time.Time{}, false, false, digest.Verified},
		"too early":             {start.Add(72 * time.Hour), start.Add(100 * time.Hour), false, false, digest.Altered},
		"too late":              {start.Add(-100 * time.Hour), start.Add(-72 * time.Hour), false, false, digest.Altered},
		"unknown":               {time.Time{}, time.Time{}, false, true, digest.Unproven},
		"unknown to CloudTrail": {time.Time{}, time.Time{}, true, true, digest.Altered},
	} {
		t.Run(name, func(t *testing.T) {
			k := first.Key()
			if test.unknown {
				k = second.Key()
			}
			k.From, k.To = test.from, test.to
			keys := &digest.Keys{Complete: test.complete}
			keys.Add(k)
			r := verify(objects, trailBucket, keys, time.Time{})
			switch {
			case test.want == digest.Verified && len(r.findings) > 0, test.want != digest.Verified && !r.has(finding{test.want, key}):
				t.Errorf("%v %v", r.findings, r.reasons)
			}
		})
	}
}

// Two keys of one fingerprint are both tried.
func TestOneFingerprintTwice(t *testing.T) {
	objects := digesttest.Bucket{}
	hour(newTrail(objects), 0)
	first, second := digesttest.Signers()
	other := second.Key()
	other.Fingerprint = first.Key().Fingerprint
	keys := new(digest.Keys)
	keys.Add(other)
	keys.Add(first.Key())
	keys.Add(first.Key())
	if r := verify(objects, trailBucket, keys, time.Time{}); len(r.findings) > 0 || keys.Count() != 2 {
		t.Errorf("%v, %d keys", r.findings, keys.Count())
	}
}
