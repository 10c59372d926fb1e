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
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/bench/s3server"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/inventory/inventorytest"
	"plantrail/pipeline/store"
)

// notSeen are grants that no S3 server on this machine can ask for, and why they
// are there.
var notSeen = map[string]string{
	"kms:Decrypt":         "S3 asks for it, in the caller's name, where log files or the table are encrypted with a KMS key",
	"kms:GenerateDataKey": "S3 asks for it to write an object that is encrypted with a KMS key",
}

// All that the program asks of AWS is allowed, in a first run, a nightly one, a plan, a run
// that writes a large file and one that fails in that, verification, runs that list from an
// inventory, know a bad log file, write their files, look Event history up, and read with
// the role of another account; and all that is allowed is asked for.
func TestPoliciesFit(t *testing.T) {
	server := start(t)
	r, endpoint := record(t, server.Endpoint())
	other := server.AddAccount(t)
	env := serve(t, r, other).env()
	const otherBucket, inventoryBucket = "amzn-s3-demo-source-bucket2", "amzn-s3-demo-inventory-bucket"
	putSigned(t, server, otherBucket)
	server.SetPolicy(t, otherBucket, other, s3server.Rule{Action: "s3:ListBucket"}, s3server.Rule{Action: "s3:GetObject", Objects: "*"})

	m := readManifests(t)
	nightly := containerCall(m, &m.nightly.Spec.JobTemplate.Spec.Template.Spec.Containers[0])
	dir := t.TempDir()
	night := func(want int, args ...string) string {
		t.Helper()
		own, here := nightly.in(t, dir, endpoint, server)
		if len(args) == 0 || strings.HasPrefix(args[0], "-") {
			args = append(slices.Clone(own), args...)
		}
		code, said := run(t, append(here, env...), args...)
		if code != want {
			t.Fatalf("%q: exit code %d, want %d: %s", args, code, want, said)
		}
		return said
	}
	broken := regexp.MustCompile(`"msg":"quarantined".*"key":"([^"]+)"`).FindStringSubmatch(night(exitIncomplete))
	if err := os.WriteFile(filepath.Join(dir, "known-bad"), []byte(broken[1]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	night(0, "--known-bad", filepath.Join(dir, "known-bad"), "--changes", filepath.Join(dir, "changes"), "--report", filepath.Join(dir, "report"))
	night(0, "plan")
	night(exitIncomplete, "verify") // the sample trail has no digests
	night(exitIncomplete, "--inventory", putInventory(t, server, inventoryBucket), "--recheck=all")
	putSigned(t, server, sourceBucket)
	night(exitIncomplete, "verify", "--report", filepath.Join(dir, "proof"))
	night(exitIncomplete, "--source=cloudtrail://")
	as := "?role_arn=" + sourceRole + "&external_id=plantrail-111122223333"
	night(exitIncomplete, "--source=cloudtrail://"+as, "--source=s3://"+otherBucket+"/"+sourcePrefix+as)
	night(exitIncomplete, "verify", "--source=s3://"+otherBucket+"/"+sourcePrefix+as)
	night(0, "levels", "--table=s3://"+tableBucket+"/"+tablePrefix)
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
	own := regexp.MustCompile(`AWS_ACCESS_KEY_ID=(\S+)`).FindStringSubmatch(strings.Join(server.Env(), "\n"))[1]
	checkFit(t, r.asked[own], joined(t, "iam/read-sources.json", "iam/write-table.json", "iam/lookup-events.json", "iam/list-public-keys.json",
		"iam/assume-source-role.json", "iam/read-inventory.json"))
	there := joined(t, "iam/read-sources.json", "iam/lookup-events.json", "iam/list-public-keys.json")
	for i := range there.Statement {
		for j, on := range there.Statement[i].Resource {
			there.Statement[i].Resource[j] = strings.ReplaceAll(on, sourceBucket, otherBucket)
		}
	}
	checkFit(t, r.asked[other.ID], there)
	if len(r.asked) != 2 {
		t.Errorf("%d keys have signed, want those of the program and of the role", len(r.asked))
	}
}

// checkFit checks that a policy allows all that was asked, and nothing else.
func checkFit(t *testing.T, asked map[request]bool, p policy) {
	t.Helper()
	for q := range asked {
		if !p.allows(q) {
			t.Errorf("not allowed: %+v", q)
		}
	}
	all := p.grants()
	for i, g := range all {
		rest := slices.Delete(slices.Clone(all), i, i+1)
		needed := func(q request) bool { return !slices.ContainsFunc(rest, q.fits) }
		if notSeen[g.action] == "" && !slices.ContainsFunc(slices.Collect(maps.Keys(asked)), needed) {
			t.Errorf("allowed, but nothing needs it: %+v", g)
		}
	}
}

// putInventory delivers an inventory of the sources' bucket, and returns its manifest.
func putInventory(t *testing.T, server *s3server.Server, bucket string) (manifest string) {
	t.Helper()
	dir := t.TempDir()
	place, err := store.ParseURL(dir)
	if err != nil {
		t.Fatal(err)
	}
	var objects []store.Object
	err = filepath.WalkDir(sample, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		key, err := filepath.Rel(sample, name)
		objects = append(objects, store.Object{Key: filepath.ToSlash(key), Size: info.Size(), ETag: "e"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err = inventorytest.Write(t.Context(), store.Location{Store: store.NewDir(new(store.Shared)), URL: place}, slices.Values(objects),
		inventorytest.Options{Bucket: sourceBucket, Created: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	manifest = strings.TrimPrefix(strings.TrimPrefix(manifest, place.Prefix), "/")
	server.CreateBucket(t, bucket)
	server.PutTree(t, bucket, "", dir)
	return "s3://" + bucket + "/" + manifest
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
