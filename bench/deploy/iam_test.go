package deploy_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/bench/s3server"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
)

// notSeen are grants that no S3 server on this machine can ask for, and why they
// are there.
var notSeen = map[string]string{
	"kms:Decrypt":         "S3 asks for it, in the caller's name, where log files or the table are encrypted with a KMS key",
	"kms:GenerateDataKey": "S3 asks for it to write an object that is encrypted with a KMS key",
}

// All that the program asks of S3 is allowed, in a first run, a nightly one, a
// plan, a run that writes a large file and one that fails in that; and all that
// is allowed is asked for.
func TestPoliciesFit(t *testing.T) {
	server := start(t)
	r, endpoint := record(t, server.Endpoint())
	m := readManifests(t)
	nightly := containerCall(m, &m.nightly.Spec.JobTemplate.Spec.Template.Spec.Containers[0])
	night := func(want int, command ...string) {
		t.Helper()
		args, env := nightly.in(t, t.TempDir(), endpoint, server)
		if len(command) > 0 {
			args = command
		}
		if code, said := run(t, env, args...); code != want {
			t.Fatalf("exit code %d, want %d: %s", code, want, said)
		}
	}
	night(exitIncomplete)
	night(exitIncomplete)
	night(0, "plan")
	night(exitIncomplete, "verify", "--public-keys", publicKeys(t)) // the sample trail has no digests
	putLargeLogFile(t, server)
	r.setRefuse(func(in *http.Request) bool {
		return in.Method == http.MethodPut && strings.HasSuffix(in.URL.Path, "/events.parquet")
	})
	night(exitFailed)
	r.setRefuse(func(*http.Request) bool { return false })
	night(exitIncomplete)

	for _, other := range r.others {
		t.Errorf("no policy is known for: %s", other)
	}
	for bucket, p := range map[string]policy{
		sourceBucket: readPolicy(t, "iam/read-sources.json"),
		tableBucket:  readPolicy(t, "iam/write-table.json"),
	} {
		asked := slices.Collect(maps.Keys(r.asked))
		asked = slices.DeleteFunc(asked, func(q request) bool { return !q.about(bucket) })
		if len(asked) == 0 {
			t.Errorf("nothing was asked of %s", bucket)
		}
		for _, q := range asked {
			if !p.allows(q) {
				t.Errorf("not allowed: %+v", q)
			}
		}
		all := p.grants()
		for i, g := range all {
			rest := slices.Delete(slices.Clone(all), i, i+1)
			needed := func(q request) bool { return !slices.ContainsFunc(rest, q.fits) }
			if notSeen[g.action] == "" && !slices.ContainsFunc(asked, needed) {
				t.Errorf("allowed, but nothing needs it: %+v", g)
			}
		}
	}
}

// publicKeys writes a file of them.
func publicKeys(t *testing.T) string {
	t.Helper()
	signer, _ := digesttest.Signers()
	text, err := digest.WriteKeys([]digest.Key{signer.Key()})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// about says whether a request is to a bucket or an object in it.
func (r request) about(bucket string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.resource, "arn:aws:s3:::"), "/")
	return name == bucket
}

// putLargeLogFile delivers a log file whose events make a partition of several
// parts of an upload.
func putLargeLogFile(t *testing.T, server *s3server.Server) {
	t.Helper()
	const events, padding = 300, 20_000
	var records []string
	for i := range events {
		noise := make([]byte, padding)
		_, _ = rand.Read(noise) // never fails
		records = append(records, fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2024-09-01T00:00:00Z",`+
			`"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","awsRegion":"us-west-2","eventID":"large-%d",`+
			`"userAgent":%q,"recipientAccountId":"111122223333"}`, i, base64.StdEncoding.EncodeToString(noise)))
	}
	var body bytes.Buffer
	w := gzip.NewWriter(&body)
	if _, err := io.WriteString(w, `{"Records":[`+strings.Join(records, ",")+`]}`); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// Delivered today: what came late to a settled day would not be listed.
	const unit = sourcePrefix + "/111122223333/CloudTrail/us-west-2/"
	today := time.Now().UTC()
	key := unit + today.Format("2006/01/02/") + "111122223333_CloudTrail_us-west-2_" + today.Format("20060102T1504Z") + "_large00000000000.json.gz"
	if err := server.Put(t.Context(), sourceBucket, key, body.Bytes()); err != nil {
		t.Fatal(err)
	}
}
