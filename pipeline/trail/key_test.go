package trail_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/trail"
)

func day(t testing.TB, s string) trail.Day {
	t.Helper()
	d, err := trail.ParseDay(s, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// parse reads a key as a run does: it finds the unit that holds the key, if any,
// and asks it.
func parse(t testing.TB, key string) (file trail.LogFile, ok bool) {
	t.Helper()
	files, err := newTree(key).read(t.Context(), "", all)
	if err != nil && !errors.Is(err, trail.ErrNoTrail) {
		t.Fatal(err)
	}
	file, ok = files[key]
	return file, ok
}

func TestKeys(t *testing.T) {
	const name = "111122223333_CloudTrail_us-west-2_20240301T0005Z_aB3dE5fG7hI9jK1l.json.gz"
	tests := []struct {
		name, key string
		want      string // account region day, or ""
	}{
		{"account trail", "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/" + name, "111122223333 us-west-2 2024-03-01"},
		{"organization trail", "AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-west-2/2024/03/01/" + name, "111122223333 us-west-2 2024-03-01"},
		{"prefix", "logs/prod/AWSLogs/111122223333/CloudTrail/us-gov-west-1/2024/03/01/" + name, "111122223333 us-gov-west-1 2024-03-01"},
		{"prefix named AWSLogs", "AWSLogs/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/" + name, "111122223333 us-west-2 2024-03-01"},
		{"leap day", "AWSLogs/111122223333/CloudTrail/us-west-2/2024/02/29/x.json.gz", "111122223333 us-west-2 2024-02-29"},
		{"the folder counts, not the name", "AWSLogs/444455556666/CloudTrail/eu-west-1/2024/03/02/" + name, "444455556666 eu-west-1 2024-03-02"},
		{"a copy as JSON", "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/x.json", "111122223333 us-west-2 2024-03-01"},
		{"a copy as zstd", "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/x.json.zst", "111122223333 us-west-2 2024-03-01"},
		{"flat", "copies/" + name, "111122223333 us-west-2 2024-03-01"},
		{"flat at the root", name, "111122223333 us-west-2 2024-03-01"},
		{"beside the CloudTrail folder", "AWSLogs/111122223333/" + name, "111122223333 us-west-2 2024-03-01"},
		{"beside the accounts", "AWSLogs/" + name, "111122223333 us-west-2 2024-03-01"},
		{"beside the regions", "AWSLogs/444455556666/CloudTrail/" + name, "111122223333 us-west-2 2024-03-01"},
		{"an archive of a region", "AWSLogs/444455556666/CloudTrail/us-east-1/archive/2024/02/01/" + name, "111122223333 us-west-2 2024-03-01"},
		{"an archive of all regions", "AWSLogs/444455556666/CloudTrail/archive/us-east-1/" + name, "111122223333 us-west-2 2024-03-01"},
		{"days in Hive's way", "AWSLogs/444455556666/CloudTrail/us-east-1/year=2024/month=03/day=01/" + name, "111122223333 us-west-2 2024-03-01"},
		{"days without zeros", "AWSLogs/444455556666/CloudTrail/us-east-1/2024/3/1/" + name, "111122223333 us-west-2 2024-03-01"},
		{"a month", "AWSLogs/444455556666/CloudTrail/us-east-1/2024/03/" + name, "111122223333 us-west-2 2024-03-01"},
		{"hours", "AWSLogs/444455556666/CloudTrail/us-east-1/2024/03/01/12/" + name, "444455556666 us-east-1 2024-03-01"},
		{"a day that there is not", "AWSLogs/444455556666/CloudTrail/us-east-1/2023/02/29/" + name, "111122223333 us-west-2 2024-03-01"},
		{"a suffix", "AWSLogs/suffix/444455556666/CloudTrail/us-east-1/2024/03/02/" + name, "444455556666 us-east-1 2024-03-02"},
		{"a trail in an account", "AWSLogs/444455556666/AWSLogs/444455556666/CloudTrail/us-east-1/2024/03/02/" + name, "444455556666 us-east-1 2024-03-02"},
		{"an alias", "AWSLogs/my-company/CloudTrail/us-east-1/2024/03/02/" + name, "111122223333 us-west-2 2024-03-01"},
		{"an organization of another length", "AWSLogs/o-short/444455556666/CloudTrail/us-east-1/2024/03/02/" + name, "444455556666 us-east-1 2024-03-02"},
		{"an organization in upper case", "AWSLogs/O-EXAMPLEORG/444455556666/CloudTrail/us-east-1/2024/03/02/" + name, "444455556666 us-east-1 2024-03-02"},
		{"lower case", "AWSLogs/444455556666/cloudtrail/us-east-1/2024/03/02/" + name, "444455556666 us-east-1 2024-03-02"},
		{"no AWSLogs", "444455556666/CloudTrail/us-east-1/2024/03/02/" + name, "444455556666 us-east-1 2024-03-02"},
		{"two slashes", "logs//AWSLogs/444455556666/CloudTrail/us-east-1/2024/03/02/" + name, "444455556666 us-east-1 2024-03-02"},
		{"dots", "AWSLogs/../AWSLogs/444455556666/CloudTrail/us-east-1/./2024/03/02/" + name, "111122223333 us-west-2 2024-03-01"},
		{"a tool's upper case", "copies/" + strings.ToUpper(name), "111122223333 us-west-2 2024-03-01"},
		{"gz alone", "copies/" + strings.ReplaceAll(name, ".json", ""), "111122223333 us-west-2 2024-03-01"},
		{"a second copy", "copies/" + name + ".1", "111122223333 us-west-2 2024-03-01"},
		{"flat as JSON", strings.TrimSuffix(name, ".gz"), "111122223333 us-west-2 2024-03-01"},

		{"a checksum", "copies/" + name + ".sha256", ""},
		{"a resource fork", "copies/._" + name, ""},
		{"a folder marker", "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/", ""},
		{"another service's in a day", "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/" + strings.ReplaceAll(name, "CloudTrail", "Config"), ""},
		{"another service's", "AWSLogs/111122223333/Config/us-west-2/2024/03/01/" + name, ""},
		{"Lake", "AWSLogs/111122223333/CloudTrail-Lake/Query/2024/03/01/0f/" + name, ""},
		{"Hive's way", "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/" + name, ""},
		{"digest", "AWSLogs/111122223333/CloudTrail-Digest/us-west-2/2024/03/01/" + name, ""},
		{"insight", "AWSLogs/111122223333/CloudTrail-Insight/us-west-2/2024/03/01/" + name, ""},
		{"network activity", "AWSLogs/111122223333/CloudTrail-NetworkActivity/us-west-2/2024/03/01/" + name, ""},
		{"aggregated", "AWSLogs/111122223333/CloudTrail-Aggregated/us-west-2/2024/03/01/" + name, ""},
		{"digest by name", "111122223333_CloudTrail-Digest_us-west-2_trail_us-west-2_20240301T000500Z.json.gz", ""},
		{"no such day", "AWSLogs/111122223333/CloudTrail/us-west-2/2023/02/29/x.json.gz", ""},
		{"a folder too deep", "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/00/x.json.gz", ""},
		{"a short account", "AWSLogs/11112222333/CloudTrail/us-west-2/2024/03/01/x.json.gz", ""},
		{"another file", "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/_SUCCESS", ""},
		{"a flat file of another name", "copies/x.json.gz", ""},
		{"a bad stamp", "111122223333_CloudTrail_us-west-2_20241301T0005Z_x.json.gz", ""},
		{"a short stamp", "111122223333_CloudTrail_us-west-2_2024_x.json.gz", ""},
		{"nothing", "", ""},
		{"a slash", "/", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file, ok := parse(t, test.key)
			got := ""
			if ok {
				got = file.Account + " " + file.Region + " " + file.Day.String()
			}
			if got != test.want {
				t.Errorf("parse %q: %q, want %q", test.key, got, test.want)
			}
		})
	}
}

func FuzzKeys(f *testing.F) {
	f.Add("AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-west-2/2024/03/01/a.json.gz")
	f.Add("111122223333_CloudTrail_us-west-2_20240301T0005Z_aB3d.json.zst")
	f.Fuzz(func(t *testing.T, key string) {
		file, ok := parse(t, key)
		if !ok {
			if file != (trail.LogFile{}) {
				t.Errorf("%q: not ok, but %v", key, file)
			}
			return
		}
		if len(file.Account) != 12 || file.Region == "" || !strings.Contains(key, file.Account) || !strings.Contains(strings.ToLower(key), file.Region) {
			t.Errorf("%q: %v", key, file)
		}
		if !strings.Contains(strings.ReplaceAll(key, "/", ""), strings.ReplaceAll(file.Day.String(), "-", "")) {
			t.Errorf("%q: day %v is not in it", key, file.Day)
		}
	})
}

func TestParseDay(t *testing.T) {
	now := time.Date(2024, 3, 1, 0, 30, 0, 0, time.FixedZone("", 2*60*60)) // still February in UTC
	for _, test := range []struct{ text, want string }{
		{"2024-02-29", "2024-02-29"},
		{"today", "2024-02-29"},
		{"yesterday", "2024-02-28"},
		{"0d", "2024-02-29"},
		{"60d", "2023-12-31"},
		{"2023-02-29", ""},
		{"2024/03/01", ""},
		{"-1d", ""},
		{"7", ""},
		{"", ""},
	} {
		got, err := trail.ParseDay(test.text, now)
		if (err == nil) != (test.want != "") || (err == nil && got.String() != test.want) {
			t.Errorf("ParseDay(%q) = %v, %v; want %s", test.text, got, err, test.want)
		}
	}
	if d := trail.DayOf(time.Unix(-1, 0)); d != -1 {
		t.Errorf("the second before 1970 is on day %d", d)
	}
}
