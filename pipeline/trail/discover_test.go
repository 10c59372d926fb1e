package trail_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"plantrail/pipeline/trail"
)

const flatName = "111122223333_CloudTrail_us-west-2_20240301T0005Z_aB3dE5fG7hI9jK1l.json.gz"

func TestDiscover(t *testing.T) {
	keys := []string{
		"t/AWSLogs/111122223333/CloudTrail/us-east-1/2024/03/01/a.json.gz",
		"t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/a.json.gz",
		"t/AWSLogs/111122223333/CloudTrail-Digest/us-west-2/2024/03/01/a.json.gz",
		"t/AWSLogs/111122223333/Config/us-west-2/2024/03/01/a.json.gz",
		"t/AWSLogs/o-exampleorgid/444455556666/CloudTrail/us-west-2/2024/03/01/a.json.gz",
		"t/AWSLogs/o-exampleorgid/777788889999/elasticloadbalancing/us-west-2/2024/03/01/a.json.gz",
		"t/AWSLogs/readme/x",
		"u/v/AWSLogs/444455556666/CloudTrail/eu-west-1/2024/03/01/a.json.gz",
		"flat/" + flatName,
		"t/AWSLogs/copies/" + flatName,
		"other/x.txt",
	}
	const inT = "111122223333/us-east-1 111122223333/us-west-2 444455556666/us-west-2 deep:t/AWSLogs/copies/ deep:t/AWSLogs/readme/"
	tests := []struct {
		name, prefix string
		selection    trail.Selection
		want         string
		err          error
	}{
		{"the bucket", "", trail.Selection{}, "deep:", nil},
		{"a trail's prefix", "t", trail.Selection{}, inT, nil},
		{"a prefix of another trail", "u/", trail.Selection{}, "444455556666/eu-west-1", nil},
		{"AWSLogs", "t/AWSLogs", trail.Selection{}, inT, nil},
		{"an organization", "t/AWSLogs/o-exampleorgid", trail.Selection{}, "444455556666/us-west-2", nil},
		{"an account", "t/AWSLogs/111122223333/", trail.Selection{}, "111122223333/us-east-1 111122223333/us-west-2", nil},
		{"a type", "t/AWSLogs/o-exampleorgid/444455556666/CloudTrail", trail.Selection{}, "444455556666/us-west-2", nil},
		{"a region", "t/AWSLogs/111122223333/CloudTrail/us-west-2", trail.Selection{}, "111122223333/us-west-2", nil},
		{"a year", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024", trail.Selection{}, "111122223333/us-west-2 2024-01-01..2024-12-31", nil},
		{"a month", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03", trail.Selection{}, "111122223333/us-west-2 2024-03-01..2024-03-31", nil},
		{"a day", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01", trail.Selection{}, "111122223333/us-west-2 2024-03-01..2024-03-01", nil},
		{"a flat folder", "flat", trail.Selection{}, "deep:flat/", nil},

		{"one account", "t", trail.Selection{Accounts: []string{"111122223333"}}, "111122223333/us-east-1 111122223333/us-west-2 deep:t/AWSLogs/copies/ deep:t/AWSLogs/readme/", nil},
		{"one region", "t", trail.Selection{Regions: []string{"us-west-2"}}, "111122223333/us-west-2 444455556666/us-west-2 deep:t/AWSLogs/copies/ deep:t/AWSLogs/readme/", nil},
		{"a month out of the selection", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03", trail.Selection{From: day(t, "2024-04-01")}, "", nil},
		{"an account that is not there", "u", trail.Selection{Accounts: []string{"999999999999"}}, "", nil},

		{"nothing there", "other", trail.Selection{}, "deep:other/", nil},
		{"nothing at all", "nowhere", trail.Selection{}, "", trail.ErrNoTrail},
		{"digests", "t/AWSLogs/111122223333/CloudTrail-Digest", trail.Selection{}, "", trail.ErrNotWanted},
		{"no account", "t/AWSLogs/readme", trail.Selection{}, "deep:t/AWSLogs/readme/", nil},
		{"an account that does not exist", "t/AWSLogs/111122223334", trail.Selection{}, "", trail.ErrNoTrail},
		{"a region that does not exist", "t/AWSLogs/111122223333/CloudTrail/us-west-9", trail.Selection{}, "", trail.ErrNoTrail},
		{"a flat folder below AWSLogs", "t/AWSLogs/copies", trail.Selection{}, "deep:t/AWSLogs/copies/", nil},
		{"no such month", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/13", trail.Selection{}, "", trail.ErrNoTrail},
		{"below the day", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/x", trail.Selection{}, "", trail.ErrNoTrail},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.selection.To = day(t, "2024-12-31")
			tr := newTree(keys...)
			d := trail.NewDiscovery(tr, tr, test.selection)
			err := d.All(t.Context(), test.prefix)
			if err == nil && len(tr.units) == 0 {
				err = d.Check()
			}
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			var got []string
			for _, u := range tr.units {
				text := u.Account + "/" + u.Region
				switch {
				case u.Deep:
					text = "deep:" + u.Folder
				case u.Flat():
					text = "flat:" + u.Folder
				}
				if u.Days.First() > 0 {
					text += fmt.Sprintf(" %v..%v", u.Days.First(), u.Days.Last())
				}
				got = append(got, text)
			}
			slices.Sort(got)
			if joined := strings.Join(got, " "); joined != test.want {
				t.Errorf("found %s\nwant %s", joined, test.want)
			}
			if len(tr.lost) > 0 {
				t.Errorf("lost %s", tr.lost)
			}
		})
	}
}

func TestUnit(t *testing.T) {
	unit := trail.Unit{
		Account: "111122223333", Region: "us-west-2", Folder: "AWSLogs/111122223333/CloudTrail/us-west-2/",
		Days: trail.Days{{From: day(t, "2024-02-29"), To: day(t, "2024-03-01")}},
	}
	tests := []struct {
		rest               string
		read, ok, selected bool // whether a listing of the unit comes to it, and what it says
	}{
		{"2024/02/28/z.json.gz", false, true, false},
		{"2024/02/29/a.json.gz", true, true, true},
		{"2024/03/01/z.json.gz", true, true, true},
		{"2024/03/01/_SUCCESS", true, false, false},
		{"2024/03/01/deep/z.json.gz", true, false, false},
		{"2024/03/02/a.json.gz", false, true, false},
		{"2025/01/01/a.json.gz", false, true, false},
	}
	for _, test := range tests {
		key := unit.Folder + test.rest
		file, selected, ok := unit.LogFile(key)
		if ok != test.ok || selected != test.selected {
			t.Errorf("%s: selected %t, ok %t", test.rest, selected, ok)
		}
		if read := key > unit.From(unit.Days.First()) && key <= unit.End(); read != test.read {
			t.Errorf("%s: read %t", test.rest, read)
		}
		if !unit.Holds(key) {
			t.Errorf("%s: not held", test.rest)
		}
		if ok && (file.Account != unit.Account || file.Region != unit.Region) {
			t.Errorf("%s: %v", test.rest, file)
		}
	}
	flat := trail.Unit{Folder: "flat/", Root: "flat/", Deep: true, Days: unit.Days, Selection: trail.Selection{Regions: []string{"us-west-2"}}}
	if _, selected, ok := flat.LogFile("flat/" + flatName); !selected || !ok {
		t.Error("a flat log file is not selected")
	}
	if _, selected, ok := flat.LogFile("flat/" + strings.ReplaceAll(flatName, "us-west-2", "us-east-1")); selected || !ok {
		t.Error("a flat log file of another region is selected")
	}
	if _, _, ok := flat.LogFile("flat/x.json.gz"); ok {
		t.Error("a file of another name is a log file")
	}
}

func TestUnitSplit(t *testing.T) {
	for _, test := range []struct{ first, want string }{
		{"2024-01-02", "2024-01-01..2024-01-01 2024-01-02..2024-01-10"},
		{"2024-01-10", "2024-01-01..2024-01-09 2024-01-10..2024-01-10"},
		{"2024-01-01", "2024-01-01..2024-01-10"},
		{"2024-01-11", "2024-01-01..2024-01-10"},
	} {
		unit := trail.Unit{Account: "111122223333", Region: "us-west-2", Folder: "x/", Days: trail.Days{{From: day(t, "2024-01-01"), To: day(t, "2024-01-10")}}}
		rest, ok := unit.Split(day(t, test.first))
		got := fmt.Sprintf("%v..%v", unit.Days.First(), unit.Days.Last())
		if ok {
			got += fmt.Sprintf(" %v..%v", rest.Days.First(), rest.Days.Last())
		}
		if got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
	flat := trail.Unit{Folder: "x/", Days: trail.Days{{To: 9}}}
	if _, ok := flat.Split(1); ok {
		t.Error("a flat folder is not in order of days")
	}
}

func TestSelectionCheck(t *testing.T) {
	for name, s := range map[string]trail.Selection{
		"days the wrong way round": {From: 2, To: 1},
		"a short account":          {Accounts: []string{"1111"}, To: 1},
		"a zone for a region":      {Regions: []string{"us-west-2a"}, To: 1},
	} {
		if s.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := (trail.Selection{Accounts: []string{"111122223333"}, Regions: []string{"eu-isoe-west-1"}, To: 1}).Check(); err != nil {
		t.Error(err)
	}
}
