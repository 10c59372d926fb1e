package digest_test

import (
	"testing"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
)

// An hour's digest without log files, as nearly all are in most regions: parsed, hashed and
// its signature checked, and then judged in its chain.
func BenchmarkDigest(b *testing.B) {
	objects := digesttest.Bucket{}
	trail := newTrail(objects)
	var names []digest.Name
	var raws [][]byte
	var keys []string
	for range 100 {
		key := hour(trail, 0)
		raw, err := inflate(objects[key].Body)
		if err != nil {
			b.Fatal(err)
		}
		name, _ := digest.ParseKey(key)
		names, raws, keys = append(names, name), append(raws, raw), append(keys, key)
	}
	public := testKeys()
	b.ReportAllocs()
	b.ResetTimer()
	done := 0
	for done < b.N {
		verified := 0
		chain := digest.NewChain(names[0].ChainID, public, time.Time{}, time.Time{}, func(j digest.Judgment) {
			if j.Verdict == digest.Verified {
				verified++
			}
		})
		for i := 0; i < len(keys) && done < b.N; i++ {
			chain.Add(digest.Inspect(names[i], trailBucket, keys[i], raws[i], digest.MetadataOf(objects[keys[i]].Metadata), public, digest.DefaultLimits()))
			done++
		}
		chain.Settle(trail.Now)
		if verified == 0 {
			b.Fatal("nothing verified")
		}
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "digests/s")
}
