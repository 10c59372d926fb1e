package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the top of the repository.
const root = "../.."

// What the documents link to is there.
func TestDocsLinks(t *testing.T) {
	pages, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(pages) < 7 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	pages = append(pages, root+"/README.md", root+"/CONTRIBUTING.md", root+"/SECURITY.md", root+"/CHANGELOG.md", "deploy/README.md", "examples/README.md")
	link, heading := regexp.MustCompile(`\]\(([^)\s]+)\)`), regexp.MustCompile(`(?m)^#+ (.*)$`)
	for _, page := range pages {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			name, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if name != "" {
				target = filepath.Join(filepath.Dir(page), name)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
				continue
			}
			found := anchor == ""
			if !found {
				for _, h := range heading.FindAllStringSubmatch(read(t, target), -1) {
					slug := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(h[1]), "")
					found = found || strings.ReplaceAll(slug, " ", "-") == anchor
				}
			}
			if !found {
				t.Errorf("%s links to %s, and there is no such heading", page, m[1])
			}
		}
	}
	if lines := strings.Count(read(t, root+"/README.md"), "\n"); lines >= 200 {
		t.Errorf("the README has %d lines", lines)
	}
}

// The documents name every command, every flag of run and plan, and every metric of
// a run.
func TestDocsComplete(t *testing.T) {
	operating := read(t, root+"/docs/operating.md")
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"plan", "--help"}} {
		help, err := exec.Command("plantrail", args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`(?m)^ +(?:-\w, |    )?(--[a-z-]+)`)
		if len(args) == 1 {
			names = regexp.MustCompile(`(?m)^  ([a-z]+)  `)
		}
		found := names.FindAllSubmatch(help, -1)
		if len(found) < 3 {
			t.Fatalf("%d names in %s", len(found), help)
		}
		for _, m := range found {
			if name := string(m[1]); !strings.Contains(operating, name) {
				t.Errorf("%s of %v is not in docs/operating.md", name, args)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "run.prom")
	run := exec.Command("plantrail", "run", "--source", sampleFolder, "--account", "111122223333", "--table", t.TempDir(), "--metrics", file)
	if output, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE plantrail_(?:last_run)?(\w+) `).FindAllStringSubmatch(read(t, file), -1) {
		if !strings.Contains(operating, m[1]) {
			t.Errorf("the metric %s is not in docs/operating.md", m[1])
		}
	}
}

// Every flag of every command is in a document, and what stands in the table of flags
// is one.
func TestDocsFlags(t *testing.T) {
	pages, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, page := range pages {
		all.WriteString(read(t, page))
	}
	documented := func(flag string) bool {
		return regexp.MustCompile(regexp.QuoteMeta(flag) + `(?:[^a-z-]|$)`).MatchString(all.String())
	}
	flags := regexp.MustCompile(`(?m)^ +(?:-\w, |    )?(--[a-z-]+)`)
	known := map[string]bool{}
	commands := []string{"ddl athena", "ddl glue", "ddl duckdb", "ddl trino", "ddl spark"}
	help, err := exec.Command("plantrail", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+)  `).FindAllSubmatch(help, -1) {
		commands = append(commands, string(m[1]))
	}
	for _, command := range commands {
		help, err := exec.Command("plantrail", append(strings.Fields(command), "--help")...).Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		for _, m := range flags.FindAllSubmatch(help, -1) {
			flag := string(m[1])
			known[flag] = true
			if flag != "--help" && !documented(flag) {
				t.Errorf("no document has %s of plantrail %s", flag, command)
			}
		}
	}
	_, table, _ := strings.Cut(read(t, root+"/docs/operating.md"), "## Flags of")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| (`--.*?) \\|").FindAllStringSubmatch(table, -1)
	for _, row := range rows {
		for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(row[1], -1) {
			if !known[flag] {
				t.Errorf("docs/operating.md has %s, no command does", flag)
			}
		}
	}
	if len(rows) < 20 || len(known) < 30 {
		t.Errorf("%d rows, %d flags", len(rows), len(known))
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What the README shows of show is what it prints of the sample.
func TestReadmeShow(t *testing.T) {
	table := t.TempDir()
	run := exec.Command("plantrail", "run", "-q", "--source", sampleFolder, "--table", table)
	if err := run.Run(); run.ProcessState.ExitCode() != 3 {
		t.Fatal(err)
	}
	show := exec.Command("plantrail", "show", "--table", table)
	show.Env = append(os.Environ(), "COLUMNS=100")
	output, err := show.Output()
	if err != nil {
		t.Fatal(err)
	}
	var indented strings.Builder
	for line := range strings.Lines(string(output)) {
		indented.WriteString("    " + line)
	}
	if !strings.Contains(read(t, root+"/README.md"), "$ plantrail show --table demo-table\n"+indented.String()) {
		t.Errorf("the README does not have\n%s", indented.String())
	}
}
