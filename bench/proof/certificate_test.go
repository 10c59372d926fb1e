package proof_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

const changeRecord = `{"Records":[{"eventVersion":"1.08","eventTime":"2026-11-02T10:00:00Z","eventSource":"supportplans.amazonaws.com",` +
	`"eventName":"StartSupportPlanUpdate","eventID":"c5d7a3a0-0000-4000-8000-000000000001","recipientAccountId":"111122223333","readOnly":false,` +
	`"requestParameters":{"update":{"supportLevel":"BUSINESS"}}}]}`

// month is a trail of some days, as a copy has it, and the digests after them.
func month(change bool) (digesttest.Bucket, *digesttest.Trail) {
	first, _ := digesttest.Signers()
	objects := digesttest.Bucket{}
	t := &digesttest.Trail{
		Signer: first, Bucket: bucket, Root: "AWSLogs/", Account: "111122223333", Region: "us-west-2",
		Name: "trail", Home: "us-east-1", Objects: objects, Now: time.Date(2026, 10, 31, 22, 17, 28, 0, time.UTC),
	}
	for h := range 24*3 + 6 {
		if change && h == 36 {
			t.Digest(nil, t.LogFile([]byte(changeRecord)))
			continue
		}
		deliver(t, h%3)
	}
	return objects, t
}

// certify writes a bucket as a directory and asks for its certificate.
func certify(t *testing.T, objects digesttest.Bucket, edit func(*pipeline.VerifyConfig)) (dir string, certificate *pipeline.Certificate, err error) {
	t.Helper()
	dir = t.TempDir()
	for key, object := range objects {
		name := filepath.Join(dir, key)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, object.Body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source, err := store.ParseURL(dir)
	if err != nil {
		t.Fatal(err)
	}
	first, second := digesttest.Signers()
	c := pipeline.VerifyConfig{
		Config: pipeline.DefaultConfig(), PublicKeys: []digest.Key{first.Key(), second.Key()},
		BoundedFrom: true, BoundedTo: true, Changes: true,
	}
	c.Sources, c.Log = []store.URL{source}, slog.New(slog.DiscardHandler)
	c.Selection.From = trail.DayOf(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	c.Selection.To = c.Selection.From + 2
	c.Now = func() time.Time { return time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC) }
	if edit != nil {
		edit(&c)
	}
	report, err := pipeline.Verify(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err = report.Certify(&c)
	return dir, certificate, err
}

// check has the Python checker look at a certificate.
func check(t *testing.T, dir string, certificate any) (string, bool) {
	t.Helper()
	interpreter := python(t, "json")
	first, second := digesttest.Signers()
	keys, err := digest.WriteKeys([]digest.Key{first.Key(), second.Key()})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(certificate)
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(files, "keys.json"), keys, 0o600), os.WriteFile(filepath.Join(files, "certificate.json"), text, 0o600)); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(interpreter, "check_certificate.py", filepath.Join(files, "certificate.json"), dir, filepath.Join(files, "keys.json")).CombinedOutput()
	return string(out), err == nil
}

// The certificates of a clean span and of one with a change hold, for another program too.
func TestCertificate(t *testing.T) {
	for _, change := range []bool{false, true} {
		objects, _ := month(change)
		dir, certificate, err := certify(t, objects, nil)
		if err != nil {
			t.Fatal(err)
		}
		if (len(certificate.PlanChanges) == 1) != change || len(certificate.Units) != 1 || certificate.Units[0].LogFiles == 0 {
			t.Errorf("%+v", certificate)
		}
		if out, ok := check(t, dir, certificate); !ok {
			t.Errorf("change %t: the checker says %s", change, out)
		}
		// Another certificate does not hold: of fewer changes, of other digests, of more days.
		for name, edit := range map[string]func(*pipeline.Certificate){
			"changes": func(c *pipeline.Certificate) {
				c.PlanChanges = append(c.PlanChanges, pipeline.CertChange{EventID: "x"})
			},
			"last":      func(c *pipeline.Certificate) { c.Units[0].Chains[0].Last.SHA256 = strings.Repeat("0", 64) },
			"signature": func(c *pipeline.Certificate) { c.Units[0].Chains[0].Signature = strings.Repeat("1", 512) },
			"days":      func(c *pipeline.Certificate) { c.Span.To = c.Span.To.AddDate(0, 0, 5) },
			"files":     func(c *pipeline.Certificate) { c.Units[0].LogFiles++ },
		} {
			_, forged, err := certify(t, objects, nil)
			if err != nil {
				t.Fatal(err)
			}
			edit(forged)
			if out, ok := check(t, dir, forged); ok {
				t.Errorf("change %t: the checker takes other %s: %s", change, name, out)
			}
		}
	}
}

// Where anything is not proven there is no certificate, and the checker does not take one
// that was made before.
func TestCertificateRefused(t *testing.T) {
	objects, _ := month(true)
	_, good, err := certify(t, objects, nil)
	if err != nil {
		t.Fatal(err)
	}
	logFile := func(objects digesttest.Bucket) string {
		for key := range objects {
			if strings.Contains(key, "/CloudTrail/us-west-2/2026/11/02/") {
				return key
			}
		}
		return ""
	}
	for name, test := range map[string]struct {
		change func(objects digesttest.Bucket, t *digesttest.Trail)
		edit   func(*pipeline.VerifyConfig)
		want   string
	}{
		"altered": {change: func(o digesttest.Bucket, _ *digesttest.Trail) {
			o[logFile(o)] = digesttest.Object{Body: digesttest.Gzip([]byte(`{"Records":[]}`))}
		}, want: "altered"},
		"missing": {change: func(o digesttest.Bucket, _ *digesttest.Trail) { delete(o, logFile(o)) }, want: "missing"},
		"unlisted": {change: func(o digesttest.Bucket, _ *digesttest.Trail) {
			o[strings.Replace(logFile(o), ".json", "x.json", 1)] = digesttest.Object{Body: digesttest.Gzip([]byte(`{"Records":[]}`))}
		}, want: "unlisted"},
		"a digest less": {change: func(o digesttest.Bucket, t *digesttest.Trail) {
			delete(o, t.Key(time.Date(2026, 11, 2, 12, 17, 28, 0, time.UTC)))
		}, want: "CloudTrail-Digest"},
		"a trail that ended": {change: func(o digesttest.Bucket, _ *digesttest.Trail) {
			for key := range o {
				if strings.Contains(key, "/2026/11/03/") || strings.Contains(key, "/2026/11/04/") {
					delete(o, key)
				}
			}
		}, want: "unproven"},
		"no bounds": {edit: func(c *pipeline.VerifyConfig) { c.BoundedTo = false }, want: "--from and --to"},
		"not over": {edit: func(c *pipeline.VerifyConfig) {
			c.Now = func() time.Time { return time.Date(2026, 11, 4, 1, 0, 0, 0, time.UTC) }
		}, want: "not over"},
		"a shard":      {edit: func(c *pipeline.VerifyConfig) { c.Shard = pipeline.Shard{Index: 0, Count: 2} }, want: "shard"},
		"nobody there": {edit: func(c *pipeline.VerifyConfig) { c.Selection.Accounts = []string{"999999999999"} }, want: "nothing of the selection"},
	} {
		t.Run(name, func(t *testing.T) {
			objects, trail := month(true)
			if test.change != nil {
				test.change(objects, trail)
			}
			dir, _, err := certify(t, objects, test.edit)
			if !errors.Is(err, pipeline.ErrNoCertificate) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if test.change == nil {
				return
			}
			if out, ok := check(t, dir, good); ok {
				t.Errorf("the checker takes it: %s", out)
			} else if !strings.Contains(out, "does not hold") && !strings.Contains(out, "No such file") {
				t.Errorf("the checker says %s", out)
			}
		})
	}
}
