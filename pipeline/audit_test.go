package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/digest/digesttest"
)

// What an auditor would try, each with what must come of it.
func TestVerifyAudit(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const hours = 24 * 4
	forged := "111122223333_CloudTrail_us-west-2_20261102T0500Z_forged.json.gz"
	unit := "AWSLogs/111122223333/CloudTrail/us-west-2/"
	records := digesttest.Object{Body: digesttest.Gzip([]byte(`{"Records":[]}`))}
	place := func(keys ...string) func(digesttest.Bucket, *digesttest.Trail, []string) []string {
		return func(objects digesttest.Bucket, _ *digesttest.Trail, _ []string) (want []string) {
			for _, key := range keys {
				objects[key] = records
				want = append(want, "unlisted "+key)
			}
			return want
		}
	}
	for name, test := range map[string]struct {
		change func(objects digesttest.Bucket, trail *digesttest.Trail, files []string) (want []string)
		files  int // verified, more or less than there were
	}{
		"names without a stamp":     {change: place(unit+"2026/11/02/111122223333_CloudTrail_us-west-2_forged.json.gz", unit+"2026/11/02/x.json.gz")},
		"a stamp of another day":    {change: place(unit + "2026/11/03/" + forged)},
		"a name of another account": {change: place(unit + "2026/11/02/" + strings.Replace(forged, "1111", "9999", 1))},
		"stored in another form":    {change: place(unit+"2026/11/02/"+strings.TrimSuffix(forged, ".gz"), unit+"2026/11/02/"+strings.TrimSuffix(forged, ".gz")+".zst")},
		"in a folder below its day": {change: place(unit + "2026/11/02/05/" + forged)},
		"loose in its region":       {change: place(unit + forged)},
		"loose in its month":        {change: place(unit + "2026/11/" + forged)},
		"loose in its account":      {change: place("AWSLogs/111122223333/" + forged)},
		"loose in the trail":        {change: place("AWSLogs/" + forged)},
		"outside of the trail": {change: func(objects digesttest.Bucket, _ *digesttest.Trail, _ []string) []string {
			objects[forged] = records
			return []string{"unproven "} // whose it is, nothing tells
		}},
		"among the digests, where no run looks": {change: func(objects digesttest.Bucket, _ *digesttest.Trail, _ []string) []string {
			objects["AWSLogs/111122223333/CloudTrail-Digest/us-west-2/2026/11/02/"+forged] = records
			return nil
		}},
		"a log file said twice": {change: func(_ digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			file := trail.LogFile([]byte(`{"Records":[]}`))
			trail.Digest(nil, file, file)
			trail.Digest(nil, file)
			return nil
		}, files: 1},
		"a log file said twice, days apart": {change: func(_ digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			file := trail.LogFile([]byte(`{"Records":[]}`))
			trail.Digest(nil, file)
			deliver(trail, 24*15, 0)
			trail.Digest(nil, file)
			return nil
		}, files: 1},
		"a log file said in two ways": {change: func(_ digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			file := trail.LogFile([]byte(`{"Records":[]}`))
			other := file
			other.HashValue = sum("x")
			trail.Digest(nil, file, other)
			return []string{"altered " + file.S3Object}
		}},
		"a log file said in another way, days later": {change: func(_ digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			file := trail.LogFile([]byte(`{"Records":[]}`))
			trail.Digest(nil, file)
			deliver(trail, 24*15, 0)
			other := file
			other.HashValue = sum("x")
			trail.Digest(nil, other)
			return []string{"altered " + file.S3Object}
		}},
		"a late digest of what an ordinary one names": {change: func(objects digesttest.Bucket, trail *digesttest.Trail, files []string) []string {
			late := *trail
			late.Backfill, late.Now = true, trail.Now
			late.Stop(0)
			file := digesttest.LogFile{S3Bucket: "trail-bucket", S3Object: files[0], HashAlgorithm: "SHA-256", HashValue: sum(inflated(t, objects[files[0]].Body))}
			late.Digest(nil, file)
			return nil
		}},
		"no log file left at all": {change: func(objects digesttest.Bucket, _ *digesttest.Trail, files []string) (want []string) {
			for _, key := range files {
				delete(objects, key)
				want = append(want, "missing "+key)
			}
			return want
		}, files: -hours},
		"an empty log file": {change: func(objects digesttest.Bucket, _ *digesttest.Trail, files []string) []string {
			objects[files[40]] = digesttest.Object{Body: []byte{}}
			return []string{"altered " + files[40]}
		}, files: -1},
		"a predecessor with another key": {change: func(_ digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			_, trail.Signer = digesttest.Signers()
			deliver(trail, 3, 1)
			return nil
		}, files: 3},
		"two digests of an hour": {change: func(_ digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			trail.Now = trail.Now.Add(-time.Hour + time.Second)
			key := trail.Digest(nil)
			return []string{"altered " + key}
		}},
		"another's digest in its place": {change: func(objects digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			key := trail.Key(signedFrom.Add(50 * time.Hour))
			other := strings.Replace(key, "T021728Z", "T021729Z", 1)
			objects[other] = objects[key]
			return []string{"altered " + other}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			objects := digesttest.Bucket{}
			signed := signedTrail(objects, hours, 1)
			files := keysOf(objects)
			slices.SortFunc(files, func(a, b string) int { return strings.Compare(a[len(a)-20:], b[len(b)-20:]) })
			want := test.change(objects, signed, files)
			r := verifyBucket(t, objects, nil)
			var got []string
			for _, f := range r.Findings {
				got = append(got, f.Verdict.String()+" "+strings.TrimPrefix(f.Key, "s3://trail-bucket/"))
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("found %q\nwant  %q\n%v", got, want, r.Findings)
			}
			if wanted := hours + test.files; r.LogFiles.Verified != wanted {
				t.Errorf("log files %+v, want %d verified; skipped %d", r.LogFiles, wanted, r.Skipped)
			}
		})
	}
}

func inflated(t *testing.T, body []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
