package endtoend_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/bench/s3server"
	"plantrail/bench/soak"
)

// show prints the same of a table in a bucket as of the same one in a directory.
func TestShow(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "tables")
	dir := t.TempDir()
	if _, err := soak.Build(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	show := func(table string, flags ...string) (string, error) {
		command := exec.Command(filepath.Join(dir, "plantrail"), append([]string{"show", "--table", table}, flags...)...)
		out, err := command.CombinedOutput()
		return string(out), err
	}
	local, remote := t.TempDir(), server.URL("tables", "a/b")
	run(t, sample, local)
	run(t, sample, remote)
	for _, flags := range [][]string{
		nil,
		{"--json"},
		{"--csv", "--limit", "2"},
		{"--account", "444455556666"},
		{"--since", "2022-06-29T16:38:56Z", "--limit", "0"},
		{"--since", "today"},
	} {
		want, err := show(local, flags...)
		if err != nil || want == "" {
			t.Fatalf("%q: %s, error %v", flags, want, err)
		}
		if got, err := show(remote, flags...); err != nil || got != want {
			t.Errorf("%q: got\n%s\nwant\n%s\nerror %v", flags, got, want, err)
		}
	}
	for place, want := range map[string]string{
		server.URL("tables", "none"): "open table s3://tables/none: no table here: name the place",
		server.URL("none", "x"):      "no such bucket",
	} {
		if got, err := show(place); err == nil || !strings.Contains(got, want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: %s, want %s", place, got, want)
		}
	}
}
