package proof_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"plantrail/pipeline/digest/digesttest"
)

const (
	bucket       = "trail-bucket"
	organization = "o-exampleorgid"
)

var (
	from     = time.Date(2026, 11, 1, 0, 17, 28, 0, time.UTC)
	stranger = sync.OnceValue(func() *digesttest.Signer { return digesttest.NewSigner(2048) })
)

// A world is a trail, and what was done to it.
type world struct {
	*digesttest.Trail
	described described
	objects   digesttest.Bucket
	late      *digesttest.Trail // its late log files
	change    string
}

// newWorld makes the clean trail of a number.
func newWorld(number int, random *rand.Rand) *world {
	first, second := digesttest.Signers()
	w := &world{objects: digesttest.Bucket{}}
	name := fmt.Sprintf("t%04d", number)
	w.Trail = &digesttest.Trail{
		Signer: first, Bucket: bucket, Root: "p/" + name + "/AWSLogs/", Account: "111122223333", Region: "us-west-2",
		Name: name, Home: "us-east-1", Objects: w.objects, Now: from,
	}
	w.described = described{
		Name: name, S3BucketName: bucket, S3KeyPrefix: "p/" + name, TrailARN: "arn:aws:cloudtrail:us-east-1:111122223333:trail/" + name, HomeRegion: "us-east-1",
	}
	if random.IntN(3) == 0 {
		w.described.IsOrganizationTrail = true
		w.Root += organization + "/"
		w.Account = "444455556666"
	}
	hours := 6 + random.IntN(4)
	rotate := random.IntN(2 * hours)
	for h := range hours {
		if h == rotate {
			w.Signer = second
		}
		deliver(w.Trail, 1+random.IntN(3))
	}
	if random.IntN(3) == 0 {
		late := *w.Trail
		late.Backfill, late.Now, w.late = true, from.Add(time.Hour), &late
		late.Stop(0)
		deliver(&late, 1)
		deliver(&late, 1)
	}
	if random.IntN(3) == 0 {
		other := *w.Trail // on the same prefix
		other.Name, other.Now = "another", from.Add(11*time.Minute)
		other.Stop(0)
		for range hours {
			deliver(&other, 1)
		}
	}
	return w
}

func deliver(t *digesttest.Trail, logFiles int) {
	var files []digesttest.LogFile
	for i := range logFiles {
		files = append(files, t.LogFile(fmt.Appendf(nil, `{"Records":[{"eventID":"%s-%d-%d-%t"}]}`, t.Name, t.Now.Unix(), i, t.Backfill)))
	}
	t.Digest(nil, files...)
}

// own returns the keys of the trail's digests, or those of log files, of all trails.
func (w *world) own(folder string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.objects)), func(key string) bool {
		return !strings.Contains(key, "/"+folder+"/") || folder != "CloudTrail" && (!strings.Contains(key, "_"+w.Name+"_") || strings.Contains(key, "_backfill"))
	})
}

func inflate(body []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return raw
}

// changes are what is done to trails. Each returns whether it is one that must be found.
var changes = []struct {
	name  string
	found bool
	do    func(w *world, random *rand.Rand)
}{
	{"nothing", false, func(*world, *rand.Rand) {}},
	{"a bit of a log file", true, func(w *world, random *rand.Rand) { w.flip(random, "CloudTrail") }},
	{"a bit of a digest", true, func(w *world, random *rand.Rand) { w.flip(random, "CloudTrail-Digest") }},
	{"half a log file", true, func(w *world, random *rand.Rand) {
		key := w.pick(random, "CloudTrail")
		w.objects[key] = digesttest.Object{Body: w.objects[key].Body[:len(w.objects[key].Body)/2]}
	}},
	{"half a digest", true, func(w *world, random *rand.Rand) {
		key := w.pick(random, "CloudTrail-Digest")
		w.objects[key] = digesttest.Object{Body: w.objects[key].Body[:len(w.objects[key].Body)/2], Metadata: w.objects[key].Metadata}
	}},
	{"a member appended", true, func(w *world, random *rand.Rand) {
		key := w.pick(random, "CloudTrail")
		w.objects[key] = digesttest.Object{Body: append(slices.Clone(w.objects[key].Body), digesttest.Gzip([]byte("{}"))...)}
	}},
	{"an empty member appended", true, func(w *world, random *rand.Rand) {
		key := w.pick(random, "CloudTrail")
		w.objects[key] = digesttest.Object{Body: append(slices.Clone(w.objects[key].Body), digesttest.Gzip(nil)...)}
	}},
	{"log files less", true, func(w *world, random *rand.Rand) {
		for range 1 + random.IntN(3) {
			delete(w.objects, w.pick(random, "CloudTrail"))
		}
	}},
	{"a digest less", true, func(w *world, random *rand.Rand) { w.lessDigests(random, 1) }},
	{"digests less", true, func(w *world, random *rand.Rand) { w.lessDigests(random, 2+random.IntN(2)) }},
	{"the newest digest less", true, func(w *world, _ *rand.Rand) { delete(w.objects, w.Key(w.Now)) }},
	{"a log file more", true, func(w *world, random *rand.Rand) {
		key := w.pick(random, "CloudTrail")
		w.objects[strings.Replace(key, ".json.gz", "x.json.gz", 1)] = digesttest.Object{Body: digesttest.Gzip([]byte(`{"Records":[]}`))}
	}},
	{"a digest more", true, func(w *world, random *rand.Rand) {
		w.objects[w.Key(from.Add(150*time.Minute))] = w.objects[w.pick(random, "CloudTrail-Digest")]
	}},
	{"log files swapped", true, func(w *world, _ *rand.Rand) { w.swap("CloudTrail") }},
	{"digests swapped", true, func(w *world, _ *rand.Rand) { w.swap("CloudTrail-Digest") }},
	{"a digest signed by a stranger", true, func(w *world, random *rand.Rand) {
		digesttest.Resign(w.objects, w.pick(random, "CloudTrail-Digest"), stranger(), func(*digesttest.Body) {})
	}},
	{"a digest signed by a stranger who says so", true, func(w *world, random *rand.Rand) {
		digesttest.Resign(w.objects, w.pick(random, "CloudTrail-Digest"), stranger(), func(b *digesttest.Body) {
			b.DigestPublicKeyFingerprint = stranger().Key().Fingerprint
		})
	}},
	{"a digest signed again, by CloudTrail, with less", true, func(w *world, random *rand.Rand) {
		keys := w.own("CloudTrail-Digest")
		first, _ := digesttest.Signers()
		digesttest.Resign(w.objects, keys[random.IntN(len(keys)-1)], first, func(b *digesttest.Body) {
			b.DigestPublicKeyFingerprint, b.LogFiles = first.Key().Fingerprint, []digesttest.LogFile{}
		})
	}},
	{"no metadata", true, func(w *world, random *rand.Rand) {
		key := w.pick(random, "CloudTrail-Digest")
		w.objects[key] = digesttest.Object{Body: w.objects[key].Body}
	}},
	{"no signature in the metadata", true, func(w *world, random *rand.Rand) {
		key := w.pick(random, "CloudTrail-Digest")
		w.objects[key] = digesttest.Object{Body: w.objects[key].Body, Metadata: map[string]string{"signature-algorithm": "SHA256withRSA"}}
	}},
	{"stopped and started", true, func(w *world, random *rand.Rand) {
		w.Stop(1 + random.IntN(5))
		for range 3 {
			deliver(w.Trail, 1)
		}
	}},
	{"a late digest less", true, func(w *world, _ *rand.Rand) {
		if w.late == nil {
			w.flip(rand.New(rand.NewPCG(1, 1)), "CloudTrail")
			return
		}
		delete(w.objects, w.late.Key(w.late.Now.Add(-time.Hour)))
	}},
}

func (w *world) pick(random *rand.Rand, folder string) string {
	keys := w.own(folder)
	return keys[random.IntN(len(keys))]
}

func (w *world) flip(random *rand.Rand, folder string) {
	key := w.pick(random, folder)
	raw := inflate(w.objects[key].Body)
	raw[random.IntN(len(raw))] ^= 1 << random.IntN(8)
	w.objects[key] = digesttest.Object{Body: digesttest.Gzip(raw), Metadata: w.objects[key].Metadata}
}

func (w *world) lessDigests(random *rand.Rand, count int) {
	keys := w.own("CloudTrail-Digest")
	first := random.IntN(len(keys) - count)
	for _, key := range keys[first : first+count] {
		delete(w.objects, key)
	}
}

func (w *world) swap(folder string) {
	keys := w.own(folder)
	w.objects[keys[0]], w.objects[keys[1]] = w.objects[keys[1]], w.objects[keys[0]]
}
