package digest_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
)

// A finding is a verdict that is not verified.
type finding struct {
	verdict digest.Verdict
	key     string
}

func (f finding) String() string { return f.verdict.String() + " " + f.key }

// A result is what a bucket comes to.
type result struct {
	findings []finding
	reasons  map[string]string
	chains   []digest.Summary
	verified int // log files
}

func inflate(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// verify judges all of a bucket at once, as a run of verify does it by days.
func verify(objects digesttest.Bucket, bucket string, keys *digest.Keys, since time.Time) *result {
	r := &result{reasons: map[string]string{}}
	find := func(v digest.Verdict, key, reason string) {
		r.findings = append(r.findings, finding{v, key})
		r.reasons[key] = reason
	}
	chains := map[digest.ChainID]*digest.Chain{}
	var named digest.Named
	proven := map[string]digest.Spans{} // by the account's folder and region
	judged := func(j digest.Judgment) {
		if j.Verdict != digest.Verified {
			find(j.Verdict, j.Key, j.Reason)
		}
		if j.Object == nil || j.Object.Digest == nil {
			return
		}
		for _, file := range j.Object.Digest.LogFiles {
			key, err := j.Object.Locate(file)
			if err != nil {
				find(digest.Unproven, file.Object, err.Error())
				continue
			}
			named.Add(key, digest.Claim{Hash: file.Hash, Digest: j.Key, Proven: j.Proven})
		}
	}
	for key, object := range objects { // in any order
		name, ok := digest.ParseKey(key)
		if !ok {
			continue
		}
		chain := chains[name.ChainID]
		if chain == nil {
			chain = digest.NewChain(name.ChainID, keys, since, time.Time{}, judged)
			chains[name.ChainID] = chain
		}
		raw, err := inflate(object.Body)
		if err != nil {
			chain.Add(digest.Corrupt(name, bucket, key, err))
			continue
		}
		chain.Add(digest.Inspect(name, bucket, key, raw, digest.MetadataOf(object.Metadata), keys, digest.DefaultLimits()))
	}
	for id, chain := range chains {
		chain.Settle(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
		summary := chain.Summary()
		r.chains = append(r.chains, summary)
		if id.Backfill {
			continue
		}
		for _, span := range summary.Proven {
			proven[id.Root+id.Region] = proven[id.Root+id.Region].With(span)
		}
	}
	slices.SortFunc(r.chains, func(a, b digest.Summary) int { return a.Chain.Compare(b.Chain) })
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if !strings.Contains(key, "/CloudTrail/") {
			continue
		}
		claim, ok := named.Take(key)
		raw, err := inflate(objects[key].Body)
		parts := strings.Split(key, "/")
		root := strings.Join(parts[:slices.Index(parts, "CloudTrail")], "/") + "/"
		at, stampErr := time.Parse("20060102T1504Z", strings.Split(parts[len(parts)-1], "_")[3])
		switch {
		case stampErr != nil:
			panic(stampErr)
		case !ok && proven[root+parts[slices.Index(parts, "CloudTrail")+1]].AccountFor(digest.Span{From: at, To: at.Add(time.Minute)}):
			find(digest.Unlisted, key, "no digest names it")
		case !ok || !claim.Proven:
			find(digest.Unproven, key, "")
		case err != nil || sha256.Sum256(raw) != claim.Hash:
			find(digest.Altered, key, fmt.Sprint(err))
		default:
			r.verified++
		}
	}
	for key, claim := range named.Rest() {
		if claim.Proven {
			find(digest.Missing, key, "named by "+claim.Digest)
		}
	}
	slices.SortFunc(r.findings, func(a, b finding) int { return strings.Compare(a.String(), b.String()) })
	return r
}

func (r *result) has(f finding) bool { return slices.Contains(r.findings, f) }
