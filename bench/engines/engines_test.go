package engines_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/bench/duck"
)

// An engine is one that answers statements of SQL.
type engine struct {
	name string
	// quote returns a literal of a text.
	quote func(string) string
	// path returns a column, or a field of one.
	path func([]string) string
	// instant returns a literal of a time that is written 2006-01-02 15:04:05.000, in
	// UTC.
	instant func(string) string
	// ask runs statements on a table in a folder, and returns the answer to each. It
	// skips the test if the engine is not there.
	ask func(t *testing.T, folder string, statements []string) []answer
}

// An answer is the rows of a statement, or an error.
type answer struct {
	rows [][]string
	err  string
}

func (a answer) String() string {
	if a.err != "" {
		return "error: " + a.err
	}
	var lines []string
	for _, row := range a.rows {
		lines = append(lines, strings.Join(row, "|"))
	}
	return strings.Join(lines, "\n")
}

func doubled(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func backslashed(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func dotted(path []string) string { return strings.Join(path, ".") }

func subscripts(path []string) string {
	s := path[0]
	for _, field := range path[1:] {
		s += "['" + field + "']"
	}
	return s
}

// engines returns all engines, the cheap ones first. Their table is called t.
func engines() []engine {
	return []engine{
		{"DuckDB", doubled, dotted, func(s string) string { return "TIMESTAMPTZ '" + s + "+00'" }, askDuckDB},
		{"DataFusion", doubled, subscripts, func(s string) string { return "TIMESTAMP '" + strings.Replace(s, " ", "T", 1) + "Z'" }, askDataFusion},
		{"ClickHouse", backslashed, dotted, func(s string) string { return "toDateTime64('" + s + "', 3, 'UTC')" }, askClickHouse},
		{"Spark 3.2", backslashed, dotted, func(s string) string { return "TIMESTAMP '" + s + "Z'" }, askSpark("PLANTRAIL_SPARK32")},
		{"Spark 3.5", backslashed, dotted, func(s string) string { return "TIMESTAMP '" + s + "Z'" }, askSpark("PLANTRAIL_SPARK35")},
		{"Spark 4", backslashed, dotted, func(s string) string { return "TIMESTAMP '" + s + "Z'" }, askSpark("PLANTRAIL_SPARK4")},
		{"Trino", doubled, dotted, func(s string) string { return "TIMESTAMP '" + s + "'" }, askTrino},
	}
}

func askDuckDB(t *testing.T, folder string, statements []string) []answer {
	t.Helper()
	db := duck.Open(t)
	if _, err := db.ExecContext(t.Context(), "SET TimeZone = 'UTC'; CREATE VIEW t AS FROM read_parquet("+doubled(folder+"/event*/*.parquet")+", hive_partitioning = true, hive_types_autocast = false)"); err != nil {
		t.Fatal(err)
	}
	var answers []answer
	for _, statement := range statements {
		answers = append(answers, answer{rows: duck.Rows(t, db, statement)})
	}
	return answers
}

func askDataFusion(t *testing.T, folder string, statements []string) []answer {
	t.Helper()
	return askPython(t, python(t, "PLANTRAIL_PYTHON", "datafusion"), statements, "datafusion_engine.py", folder, partitionColumn(t, folder))
}

func askClickHouse(t *testing.T, folder string, statements []string) []answer {
	t.Helper()
	return askPython(t, python(t, "PLANTRAIL_PYTHON", "chdb"), statements, "chdb_engine.py", folder)
}

func askSpark(variable string) func(*testing.T, string, []string) []answer {
	return func(t *testing.T, folder string, statements []string) []answer {
		t.Helper()
		create := []string{"CREATE TABLE t USING PARQUET LOCATION " + backslashed(folder), "MSCK REPAIR TABLE t"}
		return askSparkPlain(t, variable, "UTC", append(create, statements...))[len(create):]
	}
}

// askSparkPlain runs statements in a Spark without a table, in a time zone.
func askSparkPlain(t *testing.T, variable, zone string, statements []string) []answer {
	t.Helper()
	if os.Getenv(variable) == "" {
		t.Skip("no Spark: run make engines")
	}
	return askPython(t, python(t, variable, "pyspark"), statements, "spark_engine.py", t.TempDir(), zone)
}

// python returns the Python that a variable names, or python3, if it has a module.
func python(t *testing.T, variable, module string) string {
	t.Helper()
	program := os.Getenv(variable)
	if program == "" {
		program = "python3"
	}
	if err := exec.CommandContext(t.Context(), program, "-c", "import "+module).Run(); err != nil {
		t.Skipf("%s has no %s: run make engines, or pip install %s", program, module, module)
	}
	return program
}

func askPython(t *testing.T, program string, statements []string, script string, args ...string) []answer {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, append([]string{"-B", filepath.Join("testdata", script)}, args...)...)
	return ask(t, command, statements)
}

// ask gives statements to a program and reads its answers.
func ask(t *testing.T, command *exec.Cmd, statements []string) []answer {
	t.Helper()
	var out, messages bytes.Buffer
	command.Stdin = strings.NewReader(strings.Join(statements, "\x00") + "\x00")
	command.Stdout, command.Stderr = &out, &messages
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, messages.String()[max(0, messages.Len()-4000):])
	}
	var answers []answer
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, 1<<30)
	for lines.Scan() {
		kind, text, _ := strings.Cut(strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(lines.Text()), "\t")
		switch {
		case kind != "ok":
			answers = append(answers, answer{err: text})
		case text == "":
			answers = append(answers, answer{})
		default:
			var a answer
			for _, row := range strings.Split(text, "\x1e") {
				a.rows = append(a.rows, strings.Split(row, "\x1f"))
			}
			answers = append(answers, a)
		}
	}
	if len(answers) != len(statements) {
		t.Fatalf("%d answers to %d statements\n%s", len(answers), len(statements), messages.String()[max(0, messages.Len()-4000):])
	}
	return answers
}

// partitionColumn returns the name of a table's partition column.
func partitionColumn(t *testing.T, folder string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "event*=*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no partitions in %s: %v", folder, err)
	}
	column, _, _ := strings.Cut(filepath.Base(names[0]), "=")
	return column
}

// trino returns the program that runs statements in Trino, over everything in a
// folder, with or without partition projection.
func trino(ctx context.Context, t *testing.T, folder, projection string) *exec.Cmd {
	t.Helper()
	jars, java := os.Getenv("PLANTRAIL_TRINO"), os.Getenv("PLANTRAIL_JAVA")
	if jars == "" || java == "" {
		t.Skip("no Trino: run make engines, with a JDK of version 25 or later")
	}
	return exec.CommandContext(ctx, java, "-Xmx2g", "--add-modules=jdk.incubator.vector", "--sun-misc-unsafe-memory-access=allow",
		"--enable-native-access=ALL-UNNAMED", "-cp", filepath.Join(jars, "*"), filepath.Join("testdata", "Trino.java"), folder, projection)
}
