package trail_test

import (
	"context"
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
	var calls []string
	selection := trail.Selection{From: -1 << 40, To: 1 << 40}
	_ = trail.Discover(context.Background(), lister([]string{key}, "none", &calls), "", selection, func(u trail.Unit) {
		file, _, ok = u.LogFile(key)
	}, func(string, error) {})
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
		{"flat as JSON", strings.TrimSuffix(name, ".gz"), "111122223333 us-west-2 2024-03-01"},

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
		if len(file.Account) != 12 || file.Region == "" || !strings.Contains(key, file.Account) || !strings.Contains(key, file.Region) {
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
