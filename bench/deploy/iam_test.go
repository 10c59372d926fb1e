package deploy_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"plantrail/bench/s3server"
)

// notSeen are grants that no S3 server on this machine can ask for, and why they
// are there.
var notSeen = map[string]string{
	"kms:Decrypt":         "S3 asks for it, in the caller's name, where log files or the table are encrypted with a KMS key; a multipart upload needs it, too",
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
	putLargeLogFile(t, server)
	r.setRefuse(func(in *http.Request) bool { return in.URL.Query().Get("partNumber") == "2" })
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
		asked := 0
		used := map[grant]bool{}
		for q := range r.asked {
			if in, _, _ := strings.Cut(strings.TrimPrefix(q.resource, "arn:aws:s3:::"), "/"); in != bucket {
				continue
			}
			asked++
			if !p.allows(q) {
				t.Errorf("not allowed: %+v", q)
			}
			for _, g := range p.grants() {
				used[g] = used[g] || q.fits(g)
			}
		}
		for _, g := range p.grants() {
			if !used[g] && notSeen[g.action] == "" {
				t.Errorf("allowed, but never asked for: %+v", g)
			}
		}
		if asked == 0 {
			t.Errorf("nothing was asked of %s", bucket)
		}
		checkMinimal(t, r, p, bucket)
	}
}

// checkMinimal checks the check: without any grant but those of KMS, something
// is not allowed.
func checkMinimal(t *testing.T, r *recorder, p policy, bucket string) {
	t.Helper()
	all := p.grants()
	for i, left := range all {
		if notSeen[left.action] != "" {
			continue
		}
		rest := slices.Delete(slices.Clone(all), i, i+1)
		fails := false
		for q := range r.asked {
			if strings.HasPrefix(q.resource, "arn:aws:s3:::"+bucket) && !slices.ContainsFunc(rest, q.fits) {
				fails = true
			}
		}
		if !fails {
			t.Errorf("nothing fails without %+v", left)
		}
	}
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
	key := sourcePrefix + "/111122223333/CloudTrail/us-west-2/2024/09/01/111122223333_CloudTrail_us-west-2_20240901T0005Z_large00000000000.json.gz"
	if err := server.Put(t.Context(), sourceBucket, key, body.Bytes()); err != nil {
		t.Fatal(err)
	}
}
