package digest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
)

// A mutation changes a clean bucket and returns one finding that must come of it. None
// means that the bucket was not one to change.
type mutation struct {
	name   string
	mutate func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding
}

func pick(random *rand.Rand, keys []string) string { return keys[random.IntN(len(keys))] }

// edit changes an object's inflated bytes.
func edit(objects digesttest.Bucket, key string, change func([]byte) []byte) {
	object := objects[key]
	raw, err := inflate(object.Body)
	if err != nil {
		panic(err)
	}
	object.Body = digesttest.Gzip(change(slices.Clone(raw)))
	objects[key] = object
}

func flip(random *rand.Rand) func([]byte) []byte {
	return func(raw []byte) []byte {
		raw[random.IntN(len(raw))] ^= 1 << random.IntN(8)
		return raw
	}
}

// linked returns the digests of the ordinary chains that have a successor.
func linked(objects digesttest.Bucket, trails []*digesttest.Trail) []string {
	return slices.DeleteFunc(digests(objects), func(key string) bool {
		return strings.Contains(key, "backfill") || slices.ContainsFunc(trails, func(t *digesttest.Trail) bool { return key == t.Key(t.Now) })
	})
}

var mutations = []mutation{
	{"a bit of a log file", func(random *rand.Rand, objects digesttest.Bucket, _ []*digesttest.Trail) *finding {
		files := logFiles(objects)
		if len(files) == 0 {
			return nil
		}
		key := pick(random, files)
		edit(objects, key, flip(random))
		return &finding{digest.Altered, key}
	}},
	{"a log file that is no gzip any more", func(random *rand.Rand, objects digesttest.Bucket, _ []*digesttest.Trail) *finding {
		files := logFiles(objects)
		if len(files) == 0 {
			return nil
		}
		key := pick(random, files)
		objects[key] = digesttest.Object{Body: objects[key].Body[:len(objects[key].Body)/2]}
		return &finding{digest.Altered, key}
	}},
	{"something appended to a log file", func(random *rand.Rand, objects digesttest.Bucket, _ []*digesttest.Trail) *finding {
		files := logFiles(objects)
		if len(files) == 0 {
			return nil
		}
		key := pick(random, files)
		objects[key] = digesttest.Object{Body: append(slices.Clone(objects[key].Body), digesttest.Gzip([]byte(" "))...)}
		return &finding{digest.Altered, key}
	}},
	{"a log file less", func(random *rand.Rand, objects digesttest.Bucket, _ []*digesttest.Trail) *finding {
		files := logFiles(objects)
		if len(files) == 0 {
			return nil
		}
		key := pick(random, files)
		delete(objects, key)
		return &finding{digest.Missing, key}
	}},
	{"a log file more", func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding {
		t := trails[random.IntN(len(trails))]
		at := start.Add(time.Hour + time.Duration(random.Int64N(int64(4*time.Hour))))
		key := fmt.Sprintf("%s%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_forged.json.gz", t.Root, t.Account, t.Region, at.Format("2006/01/02"),
			t.Account, t.Region, at.Format("20060102T1504Z"))
		objects[key] = digesttest.Object{Body: digesttest.Gzip([]byte(`{"Records":[]}`))}
		return &finding{digest.Unlisted, key}
	}},
	{"two log files swapped", func(random *rand.Rand, objects digesttest.Bucket, _ []*digesttest.Trail) *finding {
		files := logFiles(objects)
		if len(files) < 2 {
			return nil
		}
		i := random.IntN(len(files) - 1)
		objects[files[i]], objects[files[i+1]] = objects[files[i+1]], objects[files[i]]
		return &finding{digest.Altered, files[i]}
	}},
	{"a bit of a digest", func(random *rand.Rand, objects digesttest.Bucket, _ []*digesttest.Trail) *finding {
		key := pick(random, digests(objects))
		edit(objects, key, flip(random))
		if r := objects[key]; r.Metadata == nil {
			return nil
		}
		return &finding{digest.Altered, key}
	}},
	{"a digest that is no gzip any more", func(random *rand.Rand, objects digesttest.Bucket, _ []*digesttest.Trail) *finding {
		key := pick(random, digests(objects))
		objects[key] = digesttest.Object{Body: []byte("gone"), Metadata: objects[key].Metadata}
		return &finding{digest.Altered, key}
	}},
	{"a digest less", func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding {
		key := pick(random, linked(objects, trails))
		delete(objects, key)
		return &finding{digest.Missing, key}
	}},
	{"some digests less", func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding {
		t := trails[0]
		first := t.Now.Add(-time.Duration(2+random.IntN(3)) * time.Hour)
		for end := first; end.Before(t.Now); end = end.Add(time.Hour) {
			delete(objects, t.Key(end))
		}
		return &finding{digest.Missing, t.Key(t.Now.Add(-time.Hour))}
	}},
	{"two digests swapped", func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding {
		keys := linked(objects, trails)
		i := random.IntN(len(keys) - 1)
		objects[keys[i]], objects[keys[i+1]] = objects[keys[i+1]], objects[keys[i]]
		return &finding{digest.Altered, keys[i]}
	}},
	{"a digest more", func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding {
		t := trails[random.IntN(len(trails))]
		from := pick(random, linked(objects, trails))
		key := t.Key(start.Add(150 * time.Minute))
		objects[key] = objects[from]
		return &finding{digest.Altered, key}
	}},
	{"a digest signed with a key that nobody knows", func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding {
		key := resign(random, objects, trails, stranger(), func(b *digesttest.Body) { b.DigestPublicKeyFingerprint = stranger().Key().Fingerprint })
		return &finding{digest.Altered, key} // by its successor's word
	}},
	{"a digest signed with another key", func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding {
		return &finding{digest.Altered, resign(random, objects, trails, stranger(), func(b *digesttest.Body) { b.LogFiles = nil })}
	}},
	{"the newest digest signed with a key that nobody knows", func(random *rand.Rand, _ digesttest.Bucket, trails []*digesttest.Trail) *finding {
		t := *trails[random.IntN(len(trails))]
		t.Signer = stranger()
		return &finding{digest.Unproven, t.Digest(nil)}
	}},
	{"a digest without its metadata", func(random *rand.Rand, objects digesttest.Bucket, _ []*digesttest.Trail) *finding {
		key := pick(random, digests(objects))
		objects[key] = digesttest.Object{Body: objects[key].Body}
		if strings.Contains(key, "backfill") {
			return nil // of a chain of two
		}
		return &finding{digest.Altered, key}
	}},
	{"a digest with another's signature", func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding {
		keys := linked(objects, trails)
		i := random.IntN(len(keys) - 1)
		objects[keys[i]] = digesttest.Object{Body: objects[keys[i]].Body, Metadata: objects[keys[i+1]].Metadata}
		return &finding{digest.Altered, keys[i]}
	}},
	{"a digest of the same hour signed anew by CloudTrail's key", func(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail) *finding {
		first, _ := digesttest.Signers()
		return &finding{digest.Altered, resign(random, objects, trails, first, func(b *digesttest.Body) {
			b.DigestPublicKeyFingerprint = first.Key().Fingerprint
			b.LogFiles = append(b.LogFiles, digesttest.LogFile{S3Bucket: "x", S3Object: "y", HashValue: strings.Repeat("0", 64), HashAlgorithm: "SHA-256"})
		})}
	}},
	{"a digest that begins before its predecessor ends", func(_ *rand.Rand, _ digesttest.Bucket, trails []*digesttest.Trail) *finding {
		t := trails[0]
		return &finding{digest.Altered, t.Digest(func(b *digesttest.Body) { b.DigestStartTime = t.Now.Add(-time.Minute).Format(time.RFC3339) })}
	}},
	{"a predecessor of another chain", func(_ *rand.Rand, _ digesttest.Bucket, trails []*digesttest.Trail) *finding {
		t := trails[0]
		return &finding{digest.Altered, t.Digest(func(b *digesttest.Body) {
			key := strings.ReplaceAll(*b.PreviousDigestS3Object, t.Name+"_", "another_")
			b.PreviousDigestS3Object = &key
		})}
	}},
}

// resign puts a digest in the place of another, with its place and predecessor.
func resign(random *rand.Rand, objects digesttest.Bucket, trails []*digesttest.Trail, signer *digesttest.Signer, change func(*digesttest.Body)) string {
	key := pick(random, linked(objects, trails))
	digesttest.Resign(objects, key, signer, change)
	return key
}

func TestMutations(t *testing.T) {
	for i, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			done := 0
			for seed := range seeds(6) {
				random := rand.New(rand.NewPCG(seed, uint64(i)))
				objects, trails := world(random)
				want := m.mutate(random, objects, trails)
				if want == nil {
					continue
				}
				done++
				r := verify(objects, trailBucket, testKeys(), time.Time{})
				if !r.has(*want) {
					t.Errorf("seed %d: want %v, found %v", seed, want, r.findings)
				}
				if r.reasons[want.key] == "" && strings.Contains(want.key, digest.Folder) {
					t.Errorf("seed %d: %v without a reason", seed, want)
				}
			}
			if done == 0 {
				t.Error("no bucket was changed")
			}
		})
	}
}
