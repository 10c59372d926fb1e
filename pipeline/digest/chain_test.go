package digest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
)

const trailBucket = "trail-bucket"

var start = time.Date(2026, 11, 1, 0, 17, 28, 0, time.UTC)

func testKeys() *digest.Keys {
	first, second := digesttest.Signers()
	keys := new(digest.Keys)
	keys.Add(first.Key())
	keys.Add(second.Key())
	return keys
}

func newTrail(objects digesttest.Bucket) *digesttest.Trail {
	signer, _ := digesttest.Signers()
	return &digesttest.Trail{
		Signer: signer, Bucket: trailBucket, Root: "AWSLogs/", Account: "111122223333", Region: "us-west-2",
		Name: "trail", Home: "us-east-1", Objects: objects, Now: start,
	}
}

// hour lets a trail deliver some log files and their digest.
func hour(t *digesttest.Trail, logFiles int) string {
	var files []digesttest.LogFile
	for i := range logFiles {
		files = append(files, t.LogFile(fmt.Appendf(nil, `{"Records":[{"eventID":"%s-%d-%d"}]}`, t.Name, t.Now.Unix(), i)))
	}
	return t.Digest(nil, files...)
}

// world makes trails of random shapes, all of them clean.
func world(random *rand.Rand) (objects digesttest.Bucket, trails []*digesttest.Trail) {
	objects = digesttest.Bucket{}
	first, second := digesttest.Signers()
	t := newTrail(objects)
	if random.IntN(3) == 0 {
		t.Root = "some/prefix/" + t.Root
	}
	if random.IntN(3) == 0 {
		t.Root += "o-exampleorgid/"
	}
	trails = append(trails, t)
	if random.IntN(2) == 0 {
		other := *t
		other.Name, other.Home = "other_trail", "eu-west-1"
		other.Now = other.Now.Add(13 * time.Minute)
		trails = append(trails, &other)
	}
	if random.IntN(3) == 0 {
		member := *t
		member.Account = "444455556666"
		trails = append(trails, &member)
	}
	hours := 6 + random.IntN(4)
	rotate := random.IntN(2 * hours)
	for _, t := range trails {
		for h := range hours {
			t.Signer = first
			if h >= rotate {
				t.Signer = second
			}
			hour(t, random.IntN(4))
		}
	}
	if random.IntN(3) == 0 {
		backfill := newBackfill(t, objects)
		hour(backfill, 2)
		hour(backfill, 1)
	}
	return objects, trails
}

// newBackfill returns the chain of late digests of a trail.
func newBackfill(t *digesttest.Trail, objects digesttest.Bucket) *digesttest.Trail {
	b := newTrail(objects)
	b.Root, b.Account, b.Name, b.Backfill = t.Root, t.Account, "back"+t.Name, true
	return b
}

// seeds is how many random trails a test makes. Signing them takes time.
func seeds(all uint64) uint64 {
	if testing.Short() {
		return max(all/10, 2)
	}
	return all
}

func digests(objects digesttest.Bucket) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(objects)), func(key string) bool { return strings.Contains(key, "/CloudTrail/") })
}

func logFiles(objects digesttest.Bucket) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(objects)), func(key string) bool { return !strings.Contains(key, "/CloudTrail/") })
}

func TestCleanTrails(t *testing.T) {
	for seed := range seeds(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		objects, _ := world(random)
		r := verify(objects, trailBucket, testKeys(), time.Time{})
		if len(r.findings) > 0 {
			t.Errorf("seed %d: %v: %s", seed, r.findings, r.reasons[r.findings[0].key])
		}
		if want := len(logFiles(objects)); r.verified != want {
			t.Errorf("seed %d: %d of %d log files verified", seed, r.verified, want)
		}
		for _, c := range r.chains {
			if len(c.Gaps) > 0 || c.Copies > 0 || len(c.Proven) != 1 && !c.Chain.Backfill {
				t.Errorf("seed %d: chain %s: gaps %v, %d copies, proven %v", seed, c.Chain, c.Gaps, c.Copies, c.Proven)
			}
		}
	}
}

// A copy has lost the metadata, and lies elsewhere: all but the newest digest of
// each chain are proven.
func TestCopies(t *testing.T) {
	for seed := range seeds(30) {
		random := rand.New(rand.NewPCG(seed, 2))
		objects, _ := world(random)
		elsewhere := digesttest.Bucket{}
		for key, object := range objects {
			elsewhere["copies/"+key[strings.Index(key, "AWSLogs/"):]] = digesttest.Object{Body: object.Body}
		}
		r := verify(elsewhere, "", testKeys(), time.Time{})
		var newest []string
		for _, c := range r.chains {
			if len(c.Gaps) > 0 || c.Copies == 0 {
				t.Errorf("seed %d: chain %s: gaps %v, %d copies", seed, c.Chain, c.Gaps, c.Copies)
			}
		}
		for _, f := range r.findings {
			if f.verdict != digest.Unproven {
				t.Errorf("seed %d: %v: %s", seed, f, r.reasons[f.key])
			}
			if strings.Contains(f.key, digest.Folder) {
				newest = append(newest, f.key)
			}
		}
		if len(newest) != len(r.chains) {
			t.Errorf("seed %d: %d chains, unproven %q", seed, len(r.chains), newest)
		}
	}
}

// Validation that was off is a gap, not a finding, and the chain goes on after it.
func TestStopAndStart(t *testing.T) {
	objects := digesttest.Bucket{}
	trail := newTrail(objects)
	for range 5 {
		hour(trail, 2)
	}
	off := trail.Now
	trail.Stop(7)
	on := trail.Now
	for range 5 {
		hour(trail, 2)
	}
	r := verify(objects, trailBucket, testKeys(), time.Time{})
	if len(r.findings) > 0 || r.verified != 20 {
		t.Errorf("findings %v, %d verified", r.findings, r.verified)
	}
	gaps := r.chains[0].Gaps
	if len(gaps) != 1 || gaps[0].Span != (digest.Span{From: off, To: on}) || !strings.Contains(gaps[0].Reason, "off") || r.chains[0].Begins != 2 {
		t.Errorf("gaps %v, %d begin", gaps, r.chains[0].Begins)
	}
	if last := r.chains[0].Proven[1].To; last != trail.Now {
		t.Errorf("ends %v, want %v", last, trail.Now)
	}
}

// Of several missing digests in a row, the last is named, and the time of all is.
func TestMissingInARow(t *testing.T) {
	objects := digesttest.Bucket{}
	trail := newTrail(objects)
	var keys []string
	for range 12 {
		keys = append(keys, hour(trail, 1))
	}
	for _, key := range keys[4:8] {
		delete(objects, key)
	}
	r := verify(objects, trailBucket, testKeys(), time.Time{})
	if !r.has(finding{digest.Missing, keys[7]}) {
		t.Errorf("findings %v", r.findings)
	}
	want := digest.Span{From: start.Add(4 * time.Hour), To: start.Add(8 * time.Hour)}
	if gaps := r.chains[0].Gaps; len(gaps) != 1 || gaps[0].Span != want {
		t.Errorf("gaps %v", gaps)
	}
	unproven := 0
	for _, f := range r.findings {
		if f.verdict == digest.Unproven && strings.Contains(f.key, "/CloudTrail/") {
			unproven++
		}
	}
	if unproven != 4 || r.verified != 8 {
		t.Errorf("%d log files unproven, %d verified: %v", unproven, r.verified, r.findings)
	}
}

// What was before the selection is not missed.
func TestSince(t *testing.T) {
	objects := digesttest.Bucket{}
	trail := newTrail(objects)
	var keys []string
	for range 6 {
		keys = append(keys, hour(trail, 0))
	}
	delete(objects, keys[0])
	if r := verify(objects, trailBucket, testKeys(), start.Add(2*time.Hour)); len(r.findings) > 0 {
		t.Errorf("findings %v", r.findings)
	}
	if r := verify(objects, trailBucket, testKeys(), start.Add(time.Hour)); !r.has(finding{digest.Missing, keys[0]}) {
		t.Errorf("findings %v", r.findings)
	}
}

// Settled day by day, a chain comes to the same, and is forgotten.
func TestByDay(t *testing.T) {
	objects := digesttest.Bucket{}
	trail := newTrail(objects)
	var keys []string
	for range 24 * 12 {
		keys = append(keys, hour(trail, 0))
	}
	var got []string
	keysOf := testKeys()
	name, _ := digest.ParseKey(keys[0])
	chain := digest.NewChain(name.ChainID, keysOf, time.Time{}, time.Time{}, func(j digest.Judgment) {
		got = append(got, j.Verdict.String())
	})
	delete(objects, keys[100])
	for day := range 13 {
		for i := day * 24; i < min(day*24+24, len(keys)); i++ {
			object, ok := objects[keys[i]]
			if !ok {
				continue
			}
			raw, _ := inflate(object.Body)
			name, _ := digest.ParseKey(keys[i])
			chain.Add(digest.Inspect(name, "", keys[i], raw, digest.Metadata{}, keysOf, digest.DefaultLimits()))
		}
		chain.Settle(start.Add(time.Duration(day-1) * 24 * time.Hour))
		if most := chain.Remembered(); most > 5*24 {
			t.Fatalf("day %d: %d digests in memory", day, most)
		}
	}
	chain.Settle(start.AddDate(1, 0, 0))
	count := map[string]int{}
	for _, v := range got {
		count[v]++
	}
	if count["verified"] != 24*12-3 || count["missing"] != 1 || count["unproven"] != 2 || len(got) != 24*12 {
		t.Errorf("%v of %d", count, len(got))
	}
}

// stranger signs with a key that is not CloudTrail's.
var stranger = sync.OnceValue(func() *digesttest.Signer { return digesttest.NewSigner(2048) })
