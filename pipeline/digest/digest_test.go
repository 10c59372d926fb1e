package digest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
)

// sample returns a digest's key and inflated bytes.
func sample() (key string, raw []byte) {
	objects := digesttest.Bucket{}
	trail := newTrail(objects)
	hour(trail, 1)
	key = hour(trail, 2)
	raw, err := inflate(objects[key].Body)
	if err != nil {
		panic(err)
	}
	return key, raw
}

func TestParse(t *testing.T) {
	key, raw := sample()
	d, err := digest.Parse(raw, digest.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if d.Object != key || d.Bucket != trailBucket || d.Account != "111122223333" || len(d.LogFiles) != 2 || d.Previous == nil ||
		d.Start != start.Add(time.Hour) || d.End != start.Add(2*time.Hour) {
		t.Errorf("%+v", d)
	}
}

// replaced returns the sample with a field set to another value.
func replaced(raw []byte, field string, value any) string {
	fields := map[string]any{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		panic(err)
	}
	fields[field] = value
	if value == nil {
		delete(fields, field)
	}
	out, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func TestParseRefuses(t *testing.T) {
	_, raw := sample()
	file := func(field, value string) []any {
		f := map[string]any{"s3Bucket": "b", "s3Object": "o", "hashValue": strings.Repeat("a", 64), "hashAlgorithm": "SHA-256"}
		f[field] = value
		return []any{f}
	}
	text := string(raw)
	for name, test := range map[string]struct{ body, want string }{
		"nothing":                 {"", "not JSON"},
		"an array":                {"[]", "not JSON"},
		"no end":                  {text[:len(text)-1], "not JSON"},
		"more after the end":      {text + "{}", "more after the end"},
		"a comma too many":        {text[:len(text)-1] + ",}", "not JSON"},
		"no comma":                {strings.Replace(text, ",", " ", 1), "not JSON"},
		"a field twice":           {strings.Replace(text, "{", `{"awsAccountId":"999999999999",`, 1), "twice"},
		"log files twice":         {text[:len(text)-1] + `,"logFiles":[]}`, "twice"},
		"no log files":            {replaced(raw, "logFiles", nil), "logFiles"},
		"log files null":          {strings.Replace(replaced(raw, "logFiles", "x"), `"logFiles":"x"`, `"logFiles":null`, 1), "not JSON"},
		"no account":              {replaced(raw, "awsAccountId", nil), "awsAccountId"},
		"no end time":             {replaced(raw, "digestEndTime", nil), "digestEndTime"},
		"a time of no calendar":   {replaced(raw, "digestEndTime", "2026-02-30T00:00:00Z"), "digestEndTime"},
		"ends before it begins":   {replaced(raw, "digestStartTime", "2027-01-01T00:00:00Z"), "it begins at"},
		"a number for a key":      {replaced(raw, "digestS3Object", 5), "digestS3Object"},
		"no place":                {replaced(raw, "digestS3Object", ""), "digestS3Object"},
		"another algorithm":       {replaced(raw, "digestSignatureAlgorithm", "none"), "SHA256withRSA"},
		"half a predecessor":      {replaced(raw, "previousDigestHashValue", nil), "in part"},
		"a short hash":            {replaced(raw, "previousDigestHashValue", "abc"), "a hash of 3 digits"},
		"a hash of no digits":     {replaced(raw, "previousDigestHashValue", strings.Repeat("x", 64)), "previousDigestHashValue"},
		"another hash":            {replaced(raw, "previousDigestHashAlgorithm", "MD5"), "SHA-256"},
		"a huge signature":        {replaced(raw, "previousDigestSignature", strings.Repeat("a", 4096)), "previousDigestSignature has 4096 digits"},
		"a log file's short hash": {replaced(raw, "logFiles", file("hashValue", "ab")), "log file 1: a hash of 2 digits"},
		"a log file's algorithm":  {replaced(raw, "logFiles", file("hashAlgorithm", "MD5")), "log file 1: hashAlgorithm"},
		"a log file nowhere":      {replaced(raw, "logFiles", file("s3Object", "")), "log file 1: it has no s3Bucket or s3Object"},
		"no log file":             {replaced(raw, "logFiles", []any{1}), "log file 1: not JSON"},
		"a long text":             {replaced(raw, "digestS3Object", strings.Repeat("k", 10_000)), "a text of more than"},
		"a line break":            {replaced(raw, "digestS3Bucket", "a\nb"), "a line break"},
		"not UTF-8":               {strings.Replace(text, trailBucket, "\xff", 1), "not UTF-8"},
		"a bad escape":            {strings.Replace(text, trailBucket, `\q`, 1), "an escape"},
		"a bare word":             {strings.Replace(text, "{", `{"x":nul,`, 1), "not JSON"},
		"a bad number":            {strings.Replace(text, "{", `{"x":1.,`, 1), "not a value"},
		"deep":                    {strings.Replace(text, "{", `{"x":`+strings.Repeat("[", 1_000_000)+",", 1), "nested deeper"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := digest.Parse([]byte(test.body), digest.DefaultLimits())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// What a digest has beyond what is read does not matter.
func TestParseUnknownFields(t *testing.T) {
	_, raw := sample()
	body := strings.Replace(string(raw), "{", `{"new":{"a":[1,-2.5e3,true,false,null,"\u00e9\n"],"b":{}},`, 1)
	if d, err := digest.Parse([]byte(body), digest.DefaultLimits()); err != nil || len(d.LogFiles) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestLimits(t *testing.T) {
	key, raw := sample()
	one := `{"s3Bucket":"b","s3Object":"o","hashValue":"` + strings.Repeat("a", 64) + `","hashAlgorithm":"SHA-256"},`
	limits := digest.DefaultLimits()
	limits.Inflated = 1 << 30
	many := strings.Replace(string(raw), `"logFiles":[`, `"logFiles":[`+strings.Repeat(one, limits.LogFiles), 1)
	if _, err := digest.Parse([]byte(many), limits); !errors.Is(err, digest.ErrLimit) {
		t.Errorf("%d log files: %v", limits.LogFiles+2, err)
	}
	name, _ := digest.ParseKey(key)
	o := digest.Inspect(name, trailBucket, key, make([]byte, digest.DefaultLimits().Inflated+1), digest.Metadata{}, testKeys(), digest.DefaultLimits())
	if !errors.Is(o.Unreadable, digest.ErrLimit) {
		t.Errorf("large: %v", o.Unreadable)
	}
}

func TestParseKey(t *testing.T) {
	id := digest.ChainID{Root: "AWSLogs/111122223333/", Account: "111122223333", Region: "us-west-2", Trail: "a_b.c-d", Home: "us-east-1"}
	const day = "AWSLogs/111122223333/CloudTrail-Digest/us-west-2/2026/11/01/"
	const file = "111122223333_CloudTrail-Digest_us-west-2_a_b.c-d_us-east-1_20261101T011728Z"
	end := time.Date(2026, 11, 1, 1, 17, 28, 0, time.UTC)
	backfill, flat, other := id, id, id
	backfill.Backfill = true
	flat.Root = "copies/"
	other.Root = day[:len(day)-3] + "x/"
	for key, want := range map[string]*digest.Name{
		day + file + ".json.gz":                                    {ChainID: id, End: end},
		day + file + "_backfill.json.gz":                           {ChainID: backfill, End: end},
		"copies/" + file + ".json.gz":                              {ChainID: flat, End: end},
		day[:len(day)-3] + "x/" + file + ".json.gz":                {ChainID: other, End: end},
		day + file + ".txt":                                        nil,
		day + file[:len(file)-1] + ".json.gz":                      nil,
		day + strings.Replace(file, "Digest", "x", 1) + ".json.gz": nil,
		day + file[1:] + ".json.gz":                                nil,
		day + "111122223333_CloudTrail-Digest_us-west-2_us-east-1_20261101T011728Z.json.gz": nil,
		day + strings.Replace(file, "20261101", "20261301", 1) + ".json.gz":                 nil,
		day + strings.Replace(file, "us-west-2", "..", 1) + ".json.gz":                      nil,
		"": nil, "/": nil, "_": nil, ".json.gz": nil, "_backfill.json.gz": nil,
	} {
		got, ok := digest.ParseKey(key)
		if ok != (want != nil) || ok && got != *want {
			t.Errorf("%q: %+v %t", key, got, ok)
		}
	}
}

// What a digest names is only ever looked for beside the digest itself.
func TestLocate(t *testing.T) {
	key, raw := sample()
	name, _ := digest.ParseKey(key)
	for _, where := range []string{"", "copies/of/"} {
		o := digest.Inspect(name, trailBucket, where+key, raw, digest.Metadata{}, testKeys(), digest.DefaultLimits())
		for object, want := range map[string]string{
			"AWSLogs/111122223333/CloudTrail/us-west-2/2026/11/01/x.json.gz": where + "AWSLogs/111122223333/CloudTrail/us-west-2/2026/11/01/x.json.gz",
			"other/AWSLogs/111122223333/CloudTrail/x.json.gz":                "",
			"/etc/passwd":                    "",
			"../AWSLogs/x":                   "",
			"AWSLogs/../../../../etc/passwd": where + "AWSLogs/../../../../etc/passwd", // a key that no listing has
		} {
			got, err := o.Locate(digest.LogFile{Bucket: trailBucket, Object: object})
			if got != want || (err == nil) != (want != "") {
				t.Errorf("%q beside %q: %q, %v", object, where, got, err)
			}
		}
		if _, err := o.Locate(digest.LogFile{Bucket: "another", Object: o.Digest.LogFiles[0].Object}); !errors.Is(err, digest.ErrElsewhere) {
			t.Errorf("another bucket: %v", err)
		}
	}
}

// A digest in a flat folder is known by its name.
func TestFlatFolder(t *testing.T) {
	objects := digesttest.Bucket{}
	trail := newTrail(objects)
	for range 4 {
		hour(trail, 0)
	}
	flat := digesttest.Bucket{}
	for key, object := range objects {
		flat["copies"+key[strings.LastIndexByte(key, '/'):]] = digesttest.Object{Body: object.Body}
	}
	r := verify(flat, "", testKeys(), time.Time{})
	if len(r.findings) != 1 || r.findings[0].verdict != digest.Unproven {
		t.Errorf("findings %v %v", r.findings, r.reasons)
	}
}

func FuzzParse(f *testing.F) {
	_, raw := sample()
	f.Add(raw)
	f.Add([]byte(`{"logFiles":[{}],"a":[[1]],"b":"\ud800"}`))
	limits := digest.Limits{Inflated: 1 << 16, LogFiles: 10, Depth: 8, Text: 2048}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := digest.Parse(raw, limits)
		if err != nil {
			return
		}
		if !json.Valid(raw) {
			t.Error("taken, and no JSON")
		}
		if len(d.LogFiles) > limits.LogFiles || !d.Start.Before(d.End) {
			t.Errorf("%+v", d)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	key, _ := sample()
	f.Add(key)
	f.Add("x_CloudTrail-Digest_y_z_20261101T011728Z_backfill.json.gz")
	f.Fuzz(func(t *testing.T, key string) {
		name, ok := digest.ParseKey(key)
		if ok && (!strings.HasPrefix(key, name.Root) || name.Trail == "" || !strings.Contains(key, name.End.Format("20060102T150405Z"))) {
			t.Errorf("%q: %+v", key, name)
		}
	})
}

func FuzzReadKeys(f *testing.F) {
	first, _ := digesttest.Signers()
	raw, err := digest.WriteKeys([]digest.Key{first.Key()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"PublicKeyList":[{"Value":"AA==","ValidityStartTime":1e999,"Fingerprint":"x"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := digest.ReadKeys(raw)
		if err != nil {
			return
		}
		keys := new(digest.Keys)
		for _, key := range list {
			keys.Add(key)
		}
		if _, err := digest.WriteKeys(list); err != nil {
			t.Errorf("read, and not to be written: %v", err)
		}
	})
}

func TestVerdictText(t *testing.T) {
	for _, v := range digest.Verdicts() {
		text, err := v.MarshalText()
		var back digest.Verdict
		if err != nil || back.UnmarshalText(text) != nil || back != v {
			t.Errorf("%d: %q, %v", int(v), text, err)
		}
	}
	var v digest.Verdict
	if v.UnmarshalText([]byte("good")) == nil || !strings.Contains(digest.Verdict(99).String(), "99") {
		t.Error("a verdict that there is not")
	}
	if got := fmt.Sprint(digest.ChainID{Account: "111122223333", Region: "r", Trail: "t", Home: "h", Backfill: true}); got != "111122223333 r t (h) backfill" {
		t.Error(got)
	}
}
