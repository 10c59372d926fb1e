package main_test

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The manual page has what every command's help has: its sentence, flags and examples;
// its exit codes are those of the documents.
func TestManualPage(t *testing.T) {
	page := output(t, "man")
	plain := strings.NewReplacer(" \\\n", " ", `\-`, "-", `\(dq`, `"`, `\(aq`, "'", `\e`, `\`, `\&`, "", `\fB`, "", `\fI`, "", `\fR`, "").Replace(page)
	unicode := regexp.MustCompile(`\\\[u[0-9A-F]{4,}\]`)
	words := func(text string) string { return strings.Join(strings.Fields(unicode.ReplaceAllString(text, "")), " ") }
	_, common, _ := strings.Cut(plain, ".SH FLAGS OF EVERY COMMAND\n")
	common, _, _ = strings.Cut(common, ".SH ")
	_, listed, _ := strings.Cut(output(t, "--help"), "\nCommands:\n")
	commands := regexp.MustCompile(`(?m)^  (\w+(?: \w+)*)(?:  |$)`).FindAllStringSubmatch(listed, -1)
	if len(commands) < 15 {
		t.Fatalf("%d commands in %s", len(commands), listed)
	}
	for _, m := range commands {
		_, section, found := strings.Cut(plain, ".SS \"plantrail "+m[1]+"\"\n")
		if !found {
			t.Errorf("%s is not on the page", m[1])
		}
		section, _, _ = strings.Cut(section, ".SH ")
		section, _, _ = strings.Cut(section, ".SS ")
		flat := words(common + section)
		help := output(t, append(strings.Fields(m[1]), "--help")...)
		for line := range strings.SplitSeq(help, "\n") {
			flag := regexp.MustCompile(`^  (?:-\w, |    )--([a-z-]+)`).FindStringSubmatch(line)
			if flag != nil && !regexp.MustCompile(`(?m)^(-\w, )?--`+flag[1]+`( |$)`).MatchString(common+section) {
				t.Errorf("%s: --%s is not on the page", m[1], flag[1])
			}
			if example := strings.TrimSpace(line); strings.HasPrefix(example, "plantrail ") && !strings.Contains(flat, words(example)) {
				t.Errorf("%s: %q is not on the page", m[1], example)
			}
		}
	}
	operating := read(t, root+"/docs/operating.md")
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \| `).FindAllStringSubmatch(operating, -1) {
		if !strings.Contains(page, "\n\\fB"+m[1]+"\\fR\n") {
			t.Errorf("exit code %s is not on the page", m[1])
		}
	}
	for i, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "'") || regexp.MustCompile(`^\.[^A-Znfb]`).MatchString(line) || regexp.MustCompile(`[^ -~]`).MatchString(line) {
			t.Errorf("line %d is a request that nobody meant, or not ASCII: %q", i+1, line)
		}
	}
}

// Formatters have nothing to say of the page. That this build has no date is true:
// tests are built without one.
func TestManualPageIsWellFormed(t *testing.T) {
	page := output(t, "man")
	undated := regexp.MustCompile(`(?m)^mandoc: <stdin>:1:\d+: WARNING: missing date.*\n`)
	for _, args := range [][]string{{"groff", "-man", "-ww", "-z", "-Tutf8"}, {"mandoc", "-Tlint"}, {"man", "--warnings", "-l", "-"}} {
		t.Run(args[0], func(t *testing.T) {
			if _, err := exec.LookPath(args[0]); err != nil {
				t.Skipf("no %s to format the page with", args[0])
			}
			var said bytes.Buffer
			c := exec.Command(args[0], args[1:]...)
			c.Stdin, c.Stderr = strings.NewReader(page), &said
			if args[0] == "mandoc" {
				c.Stdout = &said
			}
			err := c.Run()
			if rest := undated.ReplaceAllString(said.String(), ""); rest != "" || err != nil && said.Len() == 0 {
				t.Errorf("%v: %s", err, rest)
			}
		})
	}
	for i, line := range strings.Split(page, "\n") {
		if len(line) > 80 {
			t.Errorf("line %d is of %d bytes: %s", i+1, len(line), line)
		}
	}
}

// The page is the same whatever machine makes it.
func TestManualPageIsReproducible(t *testing.T) {
	want := output(t, "man")
	again := exec.Command("plantrail", "man")
	again.Env = append(again.Environ(), "GOMAXPROCS=7", "LC_ALL=C", "COLUMNS=40", "TZ=Asia/Tokyo")
	got, err := again.Output()
	if err != nil || string(got) != want {
		t.Errorf("another page, %v", err)
	}
}

func output(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("plantrail", args...).Output()
	if err != nil {
		t.Fatalf("plantrail %v: %v", args, err)
	}
	return string(out)
}
