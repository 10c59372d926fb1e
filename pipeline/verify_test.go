package pipeline_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

var signedFrom = time.Date(2026, 11, 1, 0, 17, 28, 0, time.UTC)

// signedTrail delivers some hours of log files and digests.
func signedTrail(objects digesttest.Bucket, hours, perHour int) *digesttest.Trail {
	signer, _ := digesttest.Signers()
	t := &digesttest.Trail{
		Signer: signer, Bucket: "trail-bucket", Root: "AWSLogs/", Account: "111122223333", Region: "us-west-2",
		Name: "trail", Home: "us-east-1", Objects: objects, Now: signedFrom,
	}
	deliver(t, hours, perHour)
	return t
}

func deliver(t *digesttest.Trail, hours, perHour int) {
	for range hours {
		var files []digesttest.LogFile
		for i := range perHour {
			files = append(files, t.LogFile(fmt.Appendf(nil, `{"Records":[{"eventID":"%s-%d-%d"}]}`, t.Name, t.Now.Unix(), i)))
		}
		t.Digest(nil, files...)
	}
}

// writeBucket writes objects into a new directory.
func writeBucket(t *testing.T, objects digesttest.Bucket) string {
	t.Helper()
	dir := t.TempDir()
	for key, object := range objects {
		name := filepath.Join(dir, key)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, object.Body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A signedStore holds a bucket in memory, metadata and all.
type signedStore struct {
	store.Store
	objects digesttest.Bucket
	asked   func(key string)
}

// List implements [store.Store].
func (s *signedStore) List(_ context.Context, r store.Range) iter.Seq2[store.Page, error] {
	return func(yield func(store.Page, error) bool) {
		var page store.Page
		for _, key := range slices.Sorted(maps.Keys(s.objects)) {
			rest, inside := strings.CutPrefix(key, r.Prefix)
			slash := strings.IndexByte(rest, '/')
			switch {
			case !inside || key <= r.After:
			case r.Shallow && slash >= 0:
				if folder := r.Prefix + rest[:slash+1]; len(page.Folders) == 0 || page.Folders[len(page.Folders)-1] != folder {
					page.Folders = append(page.Folders, folder)
				}
			default:
				page.Objects = append(page.Objects, store.Object{Key: key, Size: int64(len(s.objects[key].Body))})
				if len(page.Objects) == 100 {
					if !yield(page, nil) {
						return
					}
					page = store.Page{}
				}
			}
		}
		yield(page, nil)
	}
}

// Get implements [store.Store].
func (s *signedStore) Get(ctx context.Context, key string, buf []byte) ([]byte, error) {
	body, _, err := s.GetWithMetadata(ctx, key, buf)
	return body, err
}

// GetWithMetadata is what S3 has.
func (s *signedStore) GetWithMetadata(_ context.Context, key string, buf []byte) ([]byte, map[string]string, error) {
	s.asked(key)
	object, ok := s.objects[key]
	switch {
	case !ok:
		return nil, nil, fmt.Errorf("%s: %w", key, store.ErrNotFound)
	case object.Body == nil:
		return nil, nil, fmt.Errorf("%s: %w", key, store.ErrDenied)
	}
	return append(buf[:0], object.Body...), object.Metadata, nil
}

// verifyBucket verifies a bucket as CloudTrail delivered it.
func verifyBucket(t *testing.T, objects digesttest.Bucket, change func(*pipeline.VerifyConfig)) *pipeline.VerifyReport {
	t.Helper()
	return verifyDir(t, t.TempDir(), func(c *pipeline.VerifyConfig) {
		c.Sources = []store.URL{{Bucket: "trail-bucket"}}
		c.OpenStore = func(_ context.Context, u store.URL, _ bool, _ *store.Shared) (store.Location, error) {
			return store.Location{URL: u, Store: &signedStore{objects: objects, asked: func(key string) {
				if _, ok := objects[key]; !ok {
					t.Errorf("%s was asked for, and no listing has it", key)
				}
			}}}, nil
		}
		if change != nil {
			change(c)
		}
	})
}

// verifyDir verifies a directory, a copy without metadata.
func verifyDir(t *testing.T, dir string, change func(*pipeline.VerifyConfig)) *pipeline.VerifyReport {
	t.Helper()
	source, err := store.ParseURL(dir)
	if err != nil {
		t.Fatal(err)
	}
	first, second := digesttest.Signers()
	c := pipeline.VerifyConfig{Config: pipeline.DefaultConfig(), PublicKeys: []digest.Key{first.Key(), second.Key()}}
	c.Sources = []store.URL{source}
	c.Log = slog.New(slog.DiscardHandler)
	c.Now = func() time.Time { return time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) }
	c.Selection.To = trail.DayOf(c.Now())
	if change != nil {
		change(&c)
	}
	r, err := pipeline.Verify(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// found returns the verdicts on keys that hold a text, the newest digests of the copies apart.
func found(r *pipeline.VerifyReport) (all []string) {
	for _, f := range r.Findings {
		if !strings.Contains(f.Error, "as in a copy") && !strings.Contains(f.Error, "names it, and is not proven") {
			all = append(all, f.Verdict.String()+" "+f.Key[strings.Index(f.Key, "AWSLogs"):])
		}
	}
	return all
}

// Weeks of digests are judged some days at a time, to the same end.
func TestVerifyClean(t *testing.T) {
	objects := digesttest.Bucket{}
	hours := 24 * 6
	a := signedTrail(objects, hours, 2)
	b := *a
	b.Account, b.Root, b.Now = "444455556666", "AWSLogs/o-exampleorgid/", signedFrom
	b.Stop(0)
	deliver(&b, 30, 1)
	quiet := *a
	quiet.Region, quiet.Now = "eu-west-1", signedFrom
	quiet.Stop(0)
	deliver(&quiet, 5, 0) // no folder of log files at all
	r := verifyDir(t, writeBucket(t, objects), nil)
	if got := found(r); len(got) > 0 {
		t.Errorf("found %q", got)
	}
	if want := hours + 30 + 5; r.Digests.Verified+r.Digests.Unproven != want || r.Digests.Unproven != 3 {
		t.Errorf("digests %+v, want %d", r.Digests, want)
	}
	// Those that only the newest digest of a copy names are not proven.
	if r.LogFiles.Verified != (hours-1)*2+29 || r.LogFiles.Unproven != 3 || r.LogFiles.Total() != hours*2+30 {
		t.Errorf("log files %+v", r.LogFiles)
	}
	if len(r.Units) != 3 || len(r.Chains) != 3 || len(r.Gaps) > 0 || r.Skipped > 0 || !r.Chains[0].EndsEarly {
		t.Errorf("%+v", r)
	}
}

// keysOf returns the keys of a bucket's log files.
func keysOf(objects digesttest.Bucket) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(objects)), func(key string) bool { return !strings.Contains(key, "/CloudTrail/") })
}

// What is found of one change, and nothing else.
func TestVerifyFinds(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const hours = 24 * 4
	forged := "AWSLogs/111122223333/CloudTrail/us-west-2/2026/11/02/111122223333_CloudTrail_us-west-2_20261102T0500Z_forged.json.gz"
	gzipped := digesttest.Object{Body: digesttest.Gzip([]byte(`{"Records":[]}`))}
	for name, test := range map[string]struct {
		change   func(objects digesttest.Bucket, trail *digesttest.Trail, files []string) (want []string)
		altered  bool // exit code 4
		unproven bool // exit code 3
	}{
		"nothing": {func(digesttest.Bucket, *digesttest.Trail, []string) []string { return nil }, false, false},
		"a log file of other bytes": {func(objects digesttest.Bucket, _ *digesttest.Trail, files []string) []string {
			objects[files[60]] = gzipped
			return []string{"altered " + files[60]}
		}, true, false},
		"a log file that is no gzip": {func(objects digesttest.Bucket, _ *digesttest.Trail, files []string) []string {
			objects[files[0]] = digesttest.Object{Body: []byte("x")}
			return []string{"altered " + files[0]}
		}, true, false},
		"an empty member appended": {func(objects digesttest.Bucket, _ *digesttest.Trail, files []string) []string {
			objects[files[5]] = digesttest.Object{Body: append(slices.Clone(objects[files[5]].Body), digesttest.Gzip(nil)...)}
			return []string{"altered " + files[5]}
		}, true, false},
		"log files less": {func(objects digesttest.Bucket, _ *digesttest.Trail, files []string) []string {
			last := len(files) - 1
			delete(objects, files[0])
			delete(objects, files[last])
			return []string{"missing " + files[0], "missing " + files[last]}
		}, true, false},
		"a log file more": {func(objects digesttest.Bucket, _ *digesttest.Trail, _ []string) []string {
			objects[forged] = gzipped
			return []string{"unlisted " + forged}
		}, true, false},
		"a log file of no proven hour": {func(objects digesttest.Bucket, _ *digesttest.Trail, _ []string) []string {
			late := strings.ReplaceAll(strings.ReplaceAll(forged, "20261102", "20261109"), "11/02", "11/09")
			objects[late] = gzipped
			return []string{"unproven " + late}
		}, false, true},
		"a log file that cannot be read": {func(objects digesttest.Bucket, _ *digesttest.Trail, files []string) []string {
			objects[files[9]] = digesttest.Object{}
			return []string{"unreadable " + files[9]}
		}, false, true},
		"a digest that cannot be read": {func(objects digesttest.Bucket, trail *digesttest.Trail, files []string) []string {
			newest := trail.Key(trail.Now)
			objects[newest] = digesttest.Object{}
			return []string{"unreadable " + newest, "unproven " + files[len(files)-1]}
		}, false, true},
		"a digest that inflates to too much": {func(objects digesttest.Bucket, trail *digesttest.Trail, files []string) []string {
			newest := trail.Key(trail.Now)
			objects[newest] = digesttest.Object{Body: digesttest.Gzip(make([]byte, digest.DefaultLimits().Inflated+1)), Metadata: objects[newest].Metadata}
			return []string{"unreadable " + newest, "unproven " + files[len(files)-1]}
		}, false, true},
		"a digest less": {func(objects digesttest.Bucket, trail *digesttest.Trail, files []string) []string {
			gone := trail.Key(signedFrom.Add(50 * time.Hour))
			delete(objects, gone)
			return []string{"missing " + gone, "unproven " + files[49]}
		}, true, true},
		"a digest of other bytes": {func(objects digesttest.Bucket, trail *digesttest.Trail, files []string) []string {
			key := trail.Key(signedFrom.Add(50 * time.Hour))
			objects[key] = digesttest.Object{Body: gzipped.Body, Metadata: objects[key].Metadata}
			return []string{"altered " + key, "unproven " + files[49]}
		}, true, true},
		"a late log file": {func(objects digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			late := *trail
			late.Backfill, late.Now = true, signedFrom.Add(3*time.Hour)
			late.Stop(0)
			file := digesttest.LogFile{S3Bucket: "trail-bucket", S3Object: forged, HashAlgorithm: "SHA-256", HashValue: sum(`{"Records":[]}`)}
			late.Digest(nil, file)
			objects[forged] = gzipped
			return nil
		}, false, false},
		"a log file in another bucket": {func(_ digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			trail.Digest(nil, digesttest.LogFile{S3Bucket: "another", S3Object: forged, HashAlgorithm: "SHA-256", HashValue: sum("x")})
			return []string{"unproven " + trail.Key(trail.Now)}
		}, false, true},
		"a log file in the root": {func(_ digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			const trick = "AWSLogs/../../etc/passwd"
			trail.Digest(nil, digesttest.LogFile{S3Bucket: "trail-bucket", S3Object: trick, HashAlgorithm: "SHA-256", HashValue: sum("x")})
			return []string{"unproven " + trick}
		}, false, true},
		"a log file of another kind": {func(objects digesttest.Bucket, trail *digesttest.Trail, _ []string) []string {
			insight := strings.ReplaceAll(forged, "CloudTrail", "CloudTrail-Insight")
			objects[insight] = gzipped
			trail.Digest(nil, digesttest.LogFile{S3Bucket: "trail-bucket", S3Object: insight, HashAlgorithm: "SHA-256", HashValue: sum(`{"Records":[]}`)})
			return nil
		}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			objects := digesttest.Bucket{}
			trail := signedTrail(objects, hours, 1)
			// The stamps of log files are in order within their hours only.
			files := keysOf(objects)
			slices.SortFunc(files, func(a, b string) int { return strings.Compare(a[len(a)-20:], b[len(b)-20:]) })
			want := test.change(objects, trail, files)
			r := verifyBucket(t, objects, nil)
			got := found(r)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("found %q\nwant  %q\n%v", got, want, r.Findings)
			}
			altered, unproven := r.Worst()
			if altered != test.altered || unproven != test.unproven {
				t.Errorf("altered %t, unproven %t", altered, unproven)
			}
		})
	}
}

func sum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// Of some days, what lies before and after them is not missed, and what is named after
// midnight is found.
func TestVerifyDays(t *testing.T) {
	objects := digesttest.Bucket{}
	signedTrail(objects, 24*4, 1)
	want := 0
	for key := range objects {
		switch {
		case strings.Contains(key, "/2026/11/01/"):
			delete(objects, key)
		case strings.Contains(key, "/CloudTrail/") && !strings.Contains(key, "/2026/11/04/") && !strings.Contains(key, "/2026/11/05/"):
			want++
		}
	}
	r := verifyBucket(t, objects, func(c *pipeline.VerifyConfig) {
		c.Selection.From, c.Selection.To = trail.DayOf(signedFrom)+1, trail.DayOf(signedFrom)+2
		c.BoundedFrom, c.BoundedTo = true, true
	})
	if altered, unproven := r.Worst(); altered || unproven || r.LogFiles.Verified != want || r.LogFiles.Total() != want {
		t.Errorf("%+v %+v %v", r.LogFiles, r.Units, r.Findings)
	}
	// The trail was stopped on the last of the days that were asked for.
	r = verifyBucket(t, objects, func(c *pipeline.VerifyConfig) {
		c.Selection.From, c.Selection.To = trail.DayOf(signedFrom)+1, trail.DayOf(signedFrom)+4
		c.BoundedFrom, c.BoundedTo = true, true
	})
	if _, unproven := r.Worst(); !unproven || !r.Chains[0].EndsEarly {
		t.Errorf("%+v", r.Units)
	}
}

// Without digests nothing is proven, and the sentence that turns validation on is said.
func TestVerifyWithoutDigests(t *testing.T) {
	objects := digesttest.Bucket{}
	signedTrail(objects, 5, 2)
	for key := range objects {
		if !strings.Contains(key, "/CloudTrail/") {
			delete(objects, key)
		}
	}
	r := verifyBucket(t, objects, nil)
	altered, unproven := r.Worst()
	if altered || !unproven || r.LogFiles.Unproven != 10 || len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Error, "--enable-log-file-validation") {
		t.Errorf("%+v", r.Result)
	}
}

// A partialStore gives half of what is asked for, the first times.
type partialStore struct {
	signedStore
	times int
	mutex *sync.Mutex
	asked map[string]int
}

func (s *partialStore) GetWithMetadata(ctx context.Context, key string, buf []byte) ([]byte, map[string]string, error) {
	body, metadata, err := s.signedStore.GetWithMetadata(ctx, key, buf)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.asked[key]++; s.asked[key] <= s.times && err == nil {
		body = body[:len(body)/2]
	}
	return body, metadata, err
}

// That the store gives less than it lists accuses nobody: it is asked again, and then
// what it gives is unreadable and not altered.
func TestVerifyParts(t *testing.T) {
	t.Parallel()
	for _, times := range []int{1, 1000} {
		objects := digesttest.Bucket{}
		signedTrail(objects, 3, 2)
		r := verifyBucket(t, objects, func(c *pipeline.VerifyConfig) {
			c.OpenStore = func(_ context.Context, u store.URL, _ bool, _ *store.Shared) (store.Location, error) {
				part := &partialStore{signedStore{objects: objects, asked: func(string) {}}, times, new(sync.Mutex), map[string]int{}}
				return store.Location{URL: u, Store: part}, nil
			}
		})
		want := 0
		if times > 1 {
			want = 3
		}
		if altered, _ := r.Worst(); altered || r.Digests.Unreadable != want || times == 1 && (r.Digests.Verified != 3 || r.LogFiles.Verified != 6) {
			t.Errorf("%d times: digests %+v, log files %+v, %v", times, r.Digests, r.LogFiles, r.Findings)
		}
	}
}
