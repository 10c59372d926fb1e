package pipeline_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/verify"
)

// A trail that delivers elsewhere from some hour on, or becomes an organization's, hides
// nothing by that: its folders are one chain where both are verified, and what is gone or
// altered where they meet is found. The old folder alone may be gone.
func TestVerifyMoved(t *testing.T) {
	const first, second = 20, 15 // hours
	for name, root := range map[string]string{"prefix": "new/AWSLogs/", "organization": "AWSLogs/o-exampleorgid/", "both": "x/AWSLogs/o-exampleorgid/"} {
		for change, test := range map[string]struct {
			do       func(objects digesttest.Bucket, old []string) // its digests
			found    string                                        // verdict and which of the old digests
			verified int
			here     bool // whether the old folder is verified, too
		}{
			"nothing": {func(digesttest.Bucket, []string) {}, "", first + second, true},
			"the old folder is gone": {func(objects digesttest.Bucket, _ []string) {
				maps.DeleteFunc(objects, func(key string, _ digesttest.Object) bool { return !strings.HasPrefix(key, root) })
			}, "", second, false},
			"the last one is gone": {func(objects digesttest.Bucket, old []string) {
				delete(objects, old[first-1])
			}, "missing", first + second - 1, false},
			"the last two are gone": {func(objects digesttest.Bucket, old []string) {
				delete(objects, old[first-1])
				delete(objects, old[first-2])
			}, "missing", first + second - 2, false},
			"the last one is another, signed": {func(objects digesttest.Bucket, old []string) {
				signer, _ := digesttest.Signers()
				digesttest.Resign(objects, old[first-1], signer, func(b *digesttest.Body) { b.OldestEventTime = &b.DigestStartTime })
			}, "altered", first + second - 1, true},
			"the last one is no digest": {func(objects digesttest.Bucket, old []string) {
				objects[old[first-1]] = digesttest.Object{Body: digesttest.Gzip([]byte("{}"))}
			}, "altered", first + second - 1, true},
		} {
			t.Run(name+" "+change, func(t *testing.T) {
				objects := digesttest.Bucket{}
				trail := signedTrail(objects, first, 0)
				old := slices.Sorted(maps.Keys(objects))
				trail.Root = root
				deliver(trail, second, 1)
				test.do(objects, old)
				r := verifyBucket(t, objects, nil)
				want := []string(nil)
				if test.found != "" {
					want = []string{test.found + " " + old[first-1]}
				}
				if got := found(r); !slices.Equal(got, want) {
					t.Errorf("found %q, want %q", got, want)
				}
				if r.Digests.Verified != test.verified {
					t.Errorf("digests %+v, want %d", r.Digests, test.verified)
				}
				altered, unproven := r.Worst()
				if altered != (test.found != "") || unproven {
					t.Errorf("altered %t, unproven %t: %+v", altered, unproven, r.Units)
				}
				of := r.Chains[slices.IndexFunc(r.Chains, func(c verify.Chain) bool { return strings.Contains(c.Folder, "/"+root) })]
				if len(of.Continues) != 1 || !strings.HasSuffix(of.Continues[0].Key, old[first-1]) || of.Continues[0].Verified != test.here {
					t.Errorf("it continues %v", of.Continues)
				}
			})
		}
	}
}

// A trail that goes elsewhere and comes back has a gap in its folder, which is said, and
// nothing is missing.
func TestVerifyMovedBack(t *testing.T) {
	objects := digesttest.Bucket{}
	trail := signedTrail(objects, 10, 1)
	trail.Root = "new/AWSLogs/"
	deliver(trail, 10, 1)
	trail.Root = "AWSLogs/"
	deliver(trail, 10, 1)
	r := verifyBucket(t, objects, nil)
	if got := found(r); len(got) > 0 || r.Digests.Verified != 30 || r.LogFiles.Verified != 30 {
		t.Errorf("found %q, digests %+v, log files %+v", got, r.Digests, r.LogFiles)
	}
	if len(r.Gaps) != 1 || !strings.Contains(r.Gaps[0].Reason, "in another folder") {
		t.Errorf("gaps %v", r.Gaps)
	}
}
