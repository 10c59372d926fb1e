package examples_test

import (
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/bench/s3server"
)

// python returns the Python that PLANTRAIL_READERS names, or python3, if it has modules.
func python(t *testing.T, modules string) string {
	t.Helper()
	program := os.Getenv("PLANTRAIL_READERS")
	if program == "" {
		program = "python3"
	}
	if err := exec.CommandContext(t.Context(), program, "-c", "import "+modules).Run(); err != nil {
		t.Skipf("%s has no %s: run make engines, or pip install them", program, modules)
	}
	return program
}

// say returns what a call prints.
func say(t *testing.T, env []string, program string, args ...string) string {
	t.Helper()
	call := exec.CommandContext(t.Context(), program, args...)
	call.Env = append(os.Environ(), env...)
	var failure strings.Builder
	call.Stderr = &failure
	out, err := call.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", call, err, failure.String())
	}
	return string(out)
}

var readers = map[string]string{"pandas": "pandas, pyarrow", "polars": "polars"}

// The readers say the same of a table, with plantrail's state beside its files; from a
// month on, they say what they say of all, from that month on.
func TestReaders(t *testing.T) {
	table := theTable(t)
	if _, err := os.Stat(filepath.Join(table, "_plantrail", "table.json")); err != nil {
		t.Fatal(err)
	}
	for name, modules := range readers {
		t.Run(name, func(t *testing.T) {
			program, script := python(t, modules), filepath.Join(folder, "python", "read_"+name+".py")
			all := say(t, nil, program, script, table)
			golden(t, filepath.Join(folder, "python", "answer.csv"), all)
			head, _, _ := strings.Cut(all, "\n")
			_, since, found := strings.Cut(all, "\n2026-09,")
			if !found {
				t.Fatal("nothing of September 2026")
			}
			if got, want := say(t, nil, program, script, table+"/", "2026-09"), head+"\n2026-09,"+since; got != want {
				t.Errorf("since September: got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// They say the same of a table in a bucket, whose name is all they are given.
func TestReadersInBucket(t *testing.T) {
	for name, modules := range readers {
		t.Run(name, func(t *testing.T) {
			program, server := python(t, modules), s3server.Start(t)
			server.CreateBucket(t, "tables")
			server.SetEnv(t)
			makeTable(t, server.URL("tables", "support-plans"))
			want, err := os.ReadFile(filepath.Join(folder, "python", "answer.csv"))
			if err != nil {
				t.Fatal(err)
			}
			env := []string{"AWS_ENDPOINT_URL=" + server.Endpoint()}
			if got := say(t, env, program, filepath.Join(folder, "python", "read_"+name+".py"), "s3://tables/support-plans"); got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// The partition's column is text, whatever it looks like, and times know their zone.
func TestReaderTypes(t *testing.T) {
	table := theTable(t)
	const want = "text,UTC,2021-01"
	prints := map[string]string{
		"pandas": `f = read_pandas.read(sys.argv[2]); m = f.eventmonth
print("text" if pandas.api.types.is_string_dtype(m) and not hasattr(m, "cat") else m.dtype, f.eventtime.dt.tz, m.min(), sep=",")`,
		"polars": `f = read_polars.read(sys.argv[2]).collect(); m = f["eventmonth"]
print("text" if m.dtype == polars.String else m.dtype, f["eventtime"].dtype.time_zone, m.min(), sep=",")`,
	}
	for name, modules := range readers {
		t.Run(name, func(t *testing.T) {
			program := python(t, modules)
			code := "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); import " + name + ", read_" + name + "; " + prints[name]
			if got := strings.TrimSpace(say(t, nil, program, "-c", code, filepath.Join(folder, "python"), table)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// From Python, DuckDB gives the answers that stand beside the queries.
func TestAsk(t *testing.T) {
	program, table := python(t, "duckdb, pandas"), theTable(t)
	path := []string{"PATH=" + buildDir + string(os.PathListSeparator) + os.Getenv("PATH")}
	for _, name := range []string{"refused", "monthly-report", "only-look", "short-lived"} {
		out := say(t, path, program, filepath.Join(folder, "python", "ask.py"), table, filepath.Join(folder, "queries", name+".sql"))
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		answer, err := os.ReadFile(filepath.Join(folder, "queries", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for i, cell := range row {
				if cell == "" {
					row[i] = "NULL"
				}
			}
		}
		if got := grid(rows); got != string(answer) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, answer)
		}
	}
}
