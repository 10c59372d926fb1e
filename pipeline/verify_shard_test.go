package pipeline_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"plantrail/pipeline"
	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
	"plantrail/pipeline/verify"
)

// dealtBucket has several accounts and regions, with all that can be found in them: a log
// file that is altered, one that is missing, others that lie beside their days, loose, and in
// a folder of no trail; a region without digests; and one whose log files and digests lie in
// one folder.
func dealtBucket() digesttest.Bucket {
	objects := digesttest.Bucket{}
	a := signedTrail(objects, 24*3, 1)
	for i, region := range []string{"eu-west-1", "us-east-1", "ap-south-1", "sa-east-1"} {
		b := *a
		b.Region, b.Account, b.Now = region, fmt.Sprintf("44445555666%d", i%2), signedFrom
		b.Stop(0)
		deliver(&b, 30, 1)
	}
	first := keysOf(objects)
	objects[first[3]] = digesttest.Object{Body: digesttest.Gzip([]byte(`{"Records":[]}`))}
	delete(objects, first[7])
	for _, key := range []string{first[0], first[40], first[len(first)-3]} {
		name := path.Base(key)
		objects["AWSLogs/loose/"+strings.Replace(name, "_trai0", "_stra0", 1)] = objects[key]
		objects[path.Dir(path.Dir(key))+"/"+strings.Replace(name, "_trai0", "_besi0", 1)] = objects[key]
		objects["elsewhere/"+name] = objects[key]
	}
	unsigned := *a
	unsigned.Region, unsigned.Now, unsigned.Objects = "ca-central-1", signedFrom, digesttest.Bucket{}
	unsigned.Stop(0)
	deliver(&unsigned, 3, 1)
	for _, key := range keysOf(unsigned.Objects) {
		objects[key] = unsigned.Objects[key]
	}
	flat := *a
	flat.Account, flat.Region, flat.Now, flat.Objects = "777788889999", "us-west-1", signedFrom, digesttest.Bucket{}
	flat.Stop(0)
	deliver(&flat, 5, 1)
	for key, object := range flat.Objects {
		objects["copied/"+path.Base(key)] = object
	}
	return objects
}

// Shards verify each unit, digest and log file once, whatever their number, and find what
// one would that verifies all.
func TestVerifyShards(t *testing.T) {
	objects := dealtBucket()
	for name, days := range map[string]func(*pipeline.VerifyConfig){
		"all": func(*pipeline.VerifyConfig) {},
		"days": func(c *pipeline.VerifyConfig) {
			c.Selection.From, c.Selection.To = trail.DayOf(signedFrom), trail.DayOf(signedFrom)+1
			c.BoundedFrom, c.BoundedTo = true, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			whole := verifyBucket(t, objects, days)
			if altered, unproven := whole.Worst(); !altered || !unproven {
				t.Fatalf("%+v", whole.LogFiles)
			}
			for _, count := range []int{2, 3, 7} {
				parts := pipeline.VerifyReport{Result: new(verify.Result)}
				busy := 0
				for index := range count {
					r := verifyBucket(t, objects, func(c *pipeline.VerifyConfig) {
						days(c)
						c.Shard = pipeline.Shard{Index: index, Count: count}
					})
					if len(r.Units) > 0 {
						busy++
					}
					parts.Digests.Sum(r.Digests)
					parts.LogFiles.Sum(r.LogFiles)
					parts.Units = append(parts.Units, r.Units...)
					parts.Chains = append(parts.Chains, r.Chains...)
					parts.Gaps = append(parts.Gaps, r.Gaps...)
					parts.Findings = append(parts.Findings, r.Findings...)
				}
				if parts.LogFiles != whole.LogFiles || parts.Digests != whole.Digests {
					t.Errorf("%d shards: %+v %+v, one: %+v %+v", count, parts.LogFiles, parts.Digests, whole.LogFiles, whole.Digests)
				}
				for what, lists := range map[string][2][]string{
					"units":    {units(parts.Units), units(whole.Units)},
					"chains":   {lines(parts.Chains), lines(whole.Chains)},
					"gaps":     {lines(parts.Gaps), lines(whole.Gaps)},
					"findings": {lines(parts.Findings), lines(whole.Findings)},
				} {
					if !slices.Equal(lists[0], lists[1]) {
						t.Errorf("%d shards: %s\n%s\none:\n%s", count, what, strings.Join(lists[0], "\n"), strings.Join(lists[1], "\n"))
					}
				}
				if busy < 2 {
					t.Errorf("of %d shards %d have something to do", count, busy)
				}
			}
		})
	}
}

// The table is compared with all log files or not at all.
func TestVerifyRefusesShardOfTable(t *testing.T) {
	c := pipeline.VerifyConfig{Config: pipeline.DefaultConfig()}
	c.Sources, c.Table = []store.URL{{Bucket: "trail-bucket"}}, store.URL{Bucket: "table-bucket"}
	c.Shard = pipeline.Shard{Index: 1, Count: 2}
	if _, err := pipeline.Verify(t.Context(), c); err == nil || !strings.Contains(err.Error(), "the shard without --table") {
		t.Errorf("error %v", err)
	}
}

// An inventory is not listed from: it says nothing of what was put or deleted since.
func TestVerifyLeavesInventory(t *testing.T) {
	objects := digesttest.Bucket{}
	signedTrail(objects, 5, 1)
	var log bytes.Buffer
	r := verifyBucket(t, objects, func(c *pipeline.VerifyConfig) {
		c.Inventories = []store.URL{{Bucket: "inventories", Prefix: "trail/2026-11-01T01-00Z/manifest.json"}}
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	if altered, unproven := r.Worst(); altered || unproven || r.LogFiles.Verified != 5 {
		t.Errorf("%+v", r.LogFiles)
	}
	if !strings.Contains(log.String(), "inventory=s3://inventories/trail/2026-11-01T01-00Z/manifest.json") {
		t.Errorf("the log does not say so: %s", &log)
	}
}

// lines returns some values as text, sorted, each once.
func lines[T any](all []T) []string {
	texts := map[string]bool{}
	for _, one := range all {
		text, err := json.Marshal(one)
		if err != nil {
			return []string{err.Error()}
		}
		texts[string(text)] = true
	}
	return slices.Sorted(maps.Keys(texts))
}

// units returns units as text. What shards have found in one folder is added up.
func units(all []verify.UnitResult) []string {
	byFolder := map[string]verify.UnitResult{}
	for _, u := range all {
		sum, ok := byFolder[u.Folder]
		if ok && sum.Region != "" {
			return []string{u.Folder + " was verified twice"}
		}
		u.LogFiles.Sum(sum.LogFiles)
		u.Digests.Sum(sum.Digests)
		u.Proven = append(u.Proven, sum.Proven...)
		u.Unproven = slices.Compact(append(u.Unproven, sum.Unproven...)) // each says it of the folder
		u.Days = nil                                                     // in the order that they were read in
		byFolder[u.Folder] = u
	}
	return lines(slices.Collect(maps.Values(byFolder)))
}
