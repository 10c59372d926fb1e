package trail_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"plantrail/pipeline/trail"
)

const flatName = "111122223333_CloudTrail_us-west-2_20240301T0005Z_aB3dE5fG7hI9jK1l.json.gz"

// lister lists a set of keys. Folders in denied fail.
func lister(keys []string, denied string, calls *[]string) trail.Lister {
	var mutex sync.Mutex
	return func(_ context.Context, folder string) (folders []string, logFiles bool, err error) {
		mutex.Lock()
		defer mutex.Unlock()
		*calls = append(*calls, folder)
		if folder == denied {
			return nil, false, errors.New("denied")
		}
		for _, key := range keys {
			rest, ok := strings.CutPrefix(key, folder)
			if !ok {
				continue
			}
			if slash := strings.IndexByte(rest, '/'); slash >= 0 {
				folders = append(folders, folder+rest[:slash+1])
			} else {
				logFiles = logFiles || trail.Named(path.Base(key))
			}
		}
		slices.Sort(folders)
		return slices.Compact(folders), logFiles, nil
	}
}

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
	const all = "111122223333/us-east-1 111122223333/us-west-2 444455556666/eu-west-1 444455556666/us-west-2 flat:flat/"
	tests := []struct {
		name, prefix string
		selection    trail.Selection
		want         string
		err          error
	}{
		{"the bucket", "", trail.Selection{}, all, nil},
		{"a trail's prefix", "t", trail.Selection{}, "111122223333/us-east-1 111122223333/us-west-2 444455556666/us-west-2", nil},
		{"a prefix of another trail", "u/", trail.Selection{}, "444455556666/eu-west-1", nil},
		{"AWSLogs", "t/AWSLogs", trail.Selection{}, "111122223333/us-east-1 111122223333/us-west-2 444455556666/us-west-2", nil},
		{"an organization", "t/AWSLogs/o-exampleorgid", trail.Selection{}, "444455556666/us-west-2", nil},
		{"an account", "t/AWSLogs/111122223333/", trail.Selection{}, "111122223333/us-east-1 111122223333/us-west-2", nil},
		{"a type", "t/AWSLogs/o-exampleorgid/444455556666/CloudTrail", trail.Selection{}, "444455556666/us-west-2", nil},
		{"a region", "t/AWSLogs/111122223333/CloudTrail/us-west-2", trail.Selection{}, "111122223333/us-west-2", nil},
		{"a year", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024", trail.Selection{}, "111122223333/us-west-2 2024-01-01..2024-12-31", nil},
		{"a month", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03", trail.Selection{}, "111122223333/us-west-2 2024-03-01..2024-03-31", nil},
		{"a day", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01", trail.Selection{}, "111122223333/us-west-2 2024-03-01..2024-03-01", nil},
		{"a flat folder", "flat", trail.Selection{}, "flat:flat/", nil},

		{"one account", "", trail.Selection{Accounts: []string{"111122223333"}}, "111122223333/us-east-1 111122223333/us-west-2 flat:flat/", nil},
		{"one region", "", trail.Selection{Regions: []string{"us-west-2"}}, "111122223333/us-west-2 444455556666/us-west-2 flat:flat/", nil},
		{"a month out of the selection", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03", trail.Selection{From: day(t, "2024-04-01")}, "", nil},
		{"an account that is not there", "", trail.Selection{Accounts: []string{"999999999999"}}, "flat:flat/", nil},

		{"nothing there", "other", trail.Selection{}, "", trail.ErrNoTrail},
		{"nothing at all", "nowhere", trail.Selection{}, "", trail.ErrNoTrail},
		{"digests", "t/AWSLogs/111122223333/CloudTrail-Digest", trail.Selection{}, "", trail.ErrNotWanted},
		{"no account", "t/AWSLogs/readme", trail.Selection{}, "", trail.ErrNoTrail},
		{"an account that does not exist", "t/AWSLogs/111122223334", trail.Selection{}, "", trail.ErrNoTrail},
		{"a region that does not exist", "t/AWSLogs/111122223333/CloudTrail/us-west-9", trail.Selection{}, "", trail.ErrNoTrail},
		{"a flat folder below AWSLogs", "t/AWSLogs/copies", trail.Selection{}, "flat:t/AWSLogs/copies/", nil},
		{"no such month", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/13", trail.Selection{}, "", trail.ErrNotWanted},
		{"below the day", "t/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/x", trail.Selection{}, "", trail.ErrNotWanted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.selection.To = day(t, "2024-12-31")
			var mutex sync.Mutex
			var got, calls []string
			err := trail.Discover(t.Context(), lister(keys, "none", &calls), test.prefix, test.selection,
				func(u trail.Unit) {
					mutex.Lock()
					defer mutex.Unlock()
					text := u.Account + "/" + u.Region
					if u.Flat() {
						text = "flat:" + u.Folder
					}
					if u.Days.First() > 0 {
						text += fmt.Sprintf(" %v..%v", u.Days.First(), u.Days.Last())
					}
					got = append(got, text)
				},
				func(folder string, err error) { t.Errorf("lost %s: %v", folder, err) })
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			slices.Sort(got)
			if joined := strings.Join(got, " "); joined != test.want {
				t.Errorf("found %s\nwant %s", joined, test.want)
			}
		})
	}
}

// A folder that cannot be listed is named, and the others go on.
func TestDiscoverLost(t *testing.T) {
	keys := []string{
		"AWSLogs/111122223333/CloudTrail/us-east-1/2024/03/01/a.json.gz",
		"AWSLogs/444455556666/CloudTrail/us-east-1/2024/03/01/a.json.gz",
	}
	for _, test := range []struct {
		name, prefix, denied string
		want                 int
	}{
		{"root", "", "", 0},
		{"AWSLogs", "", "AWSLogs/", 0},
		{"one account", "", "AWSLogs/111122223333/CloudTrail/", 1},
		{"the only account", "AWSLogs/111122223333", "AWSLogs/111122223333/CloudTrail/", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var lost, calls []string
			found := 0
			err := trail.Discover(t.Context(), lister(keys, test.denied, &calls), test.prefix, trail.Selection{To: 1},
				func(trail.Unit) { found++ },
				func(folder string, _ error) { lost = append(lost, folder) })
			if err != nil || len(lost) != 1 || lost[0] != test.denied || found != test.want {
				t.Errorf("found %d, lost %v, error %v", found, lost, err)
			}
		})
	}
}

// The search for AWSLogs in an unrelated bucket ends.
func TestDiscoverEndless(t *testing.T) {
	list := func(_ context.Context, folder string) (folders []string, logFiles bool, err error) {
		return []string{folder + "a/", folder + "b/"}, false, nil
	}
	err := trail.Discover(t.Context(), list, "", trail.Selection{}, nil, nil)
	if !errors.Is(err, trail.ErrNoTrail) || !strings.Contains(err.Error(), "first 1000 folders") {
		t.Errorf("error %v", err)
	}
}

// A trail is found beside any number of other folders, and folders of log files
// do not count as others.
func TestDiscoverAmongOthers(t *testing.T) {
	keys := []string{"AWSLogs/111122223333/CloudTrail/us-east-1/2024/03/01/a.json.gz"}
	for i := range 1500 {
		keys = append(keys, fmt.Sprintf("access-logs/%04d/x", i), fmt.Sprintf("copies/%04d/%s", i, flatName))
	}
	var calls []string
	units := map[bool]int{}
	err := trail.Discover(t.Context(), lister(keys, "none", &calls), "", trail.Selection{To: 1},
		func(u trail.Unit) { units[u.Flat()]++ }, func(folder string, err error) { t.Error(folder, err) })
	if !errors.Is(err, trail.ErrUnsearched) || units[false] != 1 {
		t.Errorf("found %v, error %v", units, err)
	}
	clear(units)
	err = trail.Discover(t.Context(), lister(keys, "none", &calls), "copies", trail.Selection{To: 1},
		func(u trail.Unit) { units[u.Flat()]++ }, func(folder string, err error) { t.Error(folder, err) })
	if err != nil || units[true] != 1500 {
		t.Errorf("found %v, error %v", units, err)
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
		if read := key > unit.After(unit.Days.First()) && key <= unit.End(); read != test.read {
			t.Errorf("%s: read %t", test.rest, read)
		}
		if ok && (file.Account != unit.Account || file.Region != unit.Region) {
			t.Errorf("%s: %v", test.rest, file)
		}
	}
	flat := trail.Unit{Folder: "flat/", Days: unit.Days, Selection: trail.Selection{Regions: []string{"us-west-2"}}}
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
