package page_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/page"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
)

// proven writes a signed trail of an account into a table, verifies both, and returns what
// verify says as a report and as a certificate.
func proven(t *testing.T, alter func(dir string)) (l store.Location, report, certificate []byte) {
	t.Helper()
	signer, _ := digesttest.Signers()
	objects, dir := digesttest.Bucket{}, t.TempDir()
	signed := &digesttest.Trail{
		Signer: signer, Bucket: "trail-bucket", Root: "AWSLogs/", Account: first, Region: "us-west-2",
		Name: "trail", Home: "us-east-1", Objects: objects, Now: time.Date(2024, 8, 19, 22, 17, 0, 0, time.UTC),
	}
	for hour := range 56 {
		signed.Digest(nil, signed.LogFile(fmt.Appendf(nil, `{"Records":[{"eventVersion":"1.08","eventTime":%q,"eventSource":"supportplans.amazonaws.com",`+
			`"eventName":"StartSupportPlanUpdate","eventID":"id-%d","recipientAccountId":%q,"readOnly":false}]}`,
			signed.Now.Format(time.RFC3339), hour, first)))
	}
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
	_, l = begin(t)
	c := pipeline.DefaultConfig()
	c.Sources, c.Table, c.Partition, c.Now, c.Log = []store.URL{source}, l.URL, table.ByYear, now, slog.New(slog.DiscardHandler)
	if _, err := pipeline.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if alter != nil {
		alter(dir)
	}
	c.Selection.From, c.Selection.To = trail.DayOf(time.Date(2024, 8, 20, 0, 0, 0, 0, time.UTC)), trail.DayOf(time.Date(2024, 8, 21, 0, 0, 0, 0, time.UTC))
	v := pipeline.VerifyConfig{Config: c, PublicKeys: []digest.Key{signer.Key()}, BoundedFrom: true, BoundedTo: true, Changes: true}
	r, err := pipeline.Verify(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if report, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	cert, err := r.Certify(&v)
	if (err == nil) != (alter == nil) {
		t.Fatal(err)
	}
	if certificate, err = json.Marshal(cert); err != nil {
		t.Fatal(err)
	}
	return l, report, certificate
}

// withProof returns the page of a table with a proof on it.
func withProof(t *testing.T, l store.Location, raw []byte, accounts ...string) string {
	t.Helper()
	proof, err := page.ReadProof(raw)
	if err != nil {
		t.Fatal(err)
	}
	c := config()
	c.Proofs, c.Accounts = []*page.Proof{proof}, accounts
	_, html, _ := strings.Cut(write(t, l, c), "<h3>What is proven</h3>")
	if html == "" {
		t.Fatal("the page does not show what is proven")
	}
	return html
}

const provenHours = `<td class="time">2024-08-20 00:00 to 2024-08-22 00:00</td><td class="time">–</td><td class="number">48</td><td class="number">0</td>`

// The page shows the hours of a report and of a certificate.
func TestProof(t *testing.T) {
	l, report, certificate := proven(t, nil)
	check(t, withProof(t, l, report), "A report of 2024-09-01 12:00 UTC", first, "us-west-2",
		`<td class="time">2024-08-19 23:17 to 2024-08-22 00:17</td><td class="time">–</td><td class="number">48</td><td class="number">0</td>`,
		`<rect class="settled"`, `!<rect class="missing" x="0`, `!class="note"`)
	check(t, withProof(t, l, certificate), "A certificate of 2024-09-01 12:00 UTC", first, "us-west-2", provenHours, `!class="note"`)
	check(t, write(t, l, config()), "!What is proven")
}

// What was not as signed is counted beside the hours.
func TestProofOfAltered(t *testing.T) {
	l, report, _ := proven(t, func(dir string) {
		names, err := filepath.Glob(filepath.Join(dir, "AWSLogs", first, "CloudTrail", "us-west-2", "2024/08/21", "*"))
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		digests, err := filepath.Glob(filepath.Join(dir, "AWSLogs", first, "CloudTrail-Digest", "us-west-2", "2024/08/20", "*T1217*"))
		if err != nil || len(digests) != 1 {
			t.Fatal(digests, err)
		}
		if os.Remove(names[0]) != nil || os.Remove(digests[0]) != nil {
			t.Fatal("not removed")
		}
	})
	check(t, withProof(t, l, report), `<strong>2</strong>`, `<td class="time">2024-08-20 10:17 to 2024-08-20 12:17</td>`, `<rect class="missing" x=`,
		"The table was not what the log files say, in 1 row.")
}

// A proof of something else says so.
func TestProofOfOthers(t *testing.T) {
	l, report, certificate := proven(t, nil)
	r, err := table.OpenReader(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), l, table.ByYear, "v0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	merge(t, tbl, event("2023-01-01 00:00:00", first, "somebody", "BASIC"))
	files, err := r.Files(t.Context())
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, raw := range [][]byte{report, certificate} {
		check(t, withProof(t, l, raw), "The table has been written since: 1 of 2 files are what was compared")
	}
	merge(t, tbl, event("2024-01-01 00:00:00", first, "somebody", "BASIC"))
	check(t, withProof(t, l, report), "It is about another table")

	other := []byte(strings.ReplaceAll(string(report), first, second))
	check(t, withProof(t, l, other), "1 account is here that the table has never read",
		"Of 1 account and region that the table has read, this proof says nothing", `<td class="time">nothing</td>`)
	check(t, withProof(t, l, other, first), "about none of the accounts here", "!"+second)
	check(t, withProof(t, l, report, second), "about none of the accounts here")

	var doc map[string]any
	if err := json.Unmarshal(report, &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc, "table")
	doc["version"] = "<script>\u202e"
	alone, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	check(t, withProof(t, l, alone), "It is about log files alone", "&lt;script&gt;", "!<script>", "!\u202e")
}

// What is no proof is not shown as one.
func TestNoProof(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing": "", "a list": "[]", "another document": `{"units":[]}`, "no units": `{"selection":{},"units":null}`,
		"a run's report": `{"selection":{"sources":[]},"listed":1}`,
		"another kind":   `{"kind":"plantrail certificate 2","span":{"from":"2024-01-01T00:00:00Z","to":"2024-02-01T00:00:00Z"},"units":[]}`,
		"no span":        `{"kind":"plantrail certificate 1","units":[]}`,
		"no account":     `{"selection":{},"units":[{"log_files":{}}]}`,
		"other counts":   `{"selection":{},"units":[{"account":"111122223333","log_files":"many"}]}`,
		"other times":    `{"selection":{},"units":[{"account":"111122223333","log_files":{},"proven":[{"from":"yesterday"}]}]}`,
	} {
		if _, err := page.ReadProof([]byte(raw)); err == nil || !strings.Contains(err.Error(), "not what plantrail verify") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
