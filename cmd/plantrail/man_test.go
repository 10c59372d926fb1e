package main_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The manual page has what every command's help has: its sentence, flags and examples;
// its exit codes are those of the documents; formatters have nothing to say of it.
func TestManualPage(t *testing.T) {
	page := output(t, "man")
	plain := strings.NewReplacer(`\-`, "-", `\(dq`, `"`, `\(aq`, "'", `\e`, `\`, `\&`, "", `\fB`, "", `\fI`, "", `\fR`, "").Replace(page)
	unicode := regexp.MustCompile(`\\\[u[0-9A-F]{4,}\]`)
	words := func(text string) string { return strings.Join(strings.Fields(unicode.ReplaceAllString(text, "")), " ") }
	flat := words(plain)
	commands := regexp.MustCompile(`(?m)^\.SS "(plantrail .*)"$`).FindAllStringSubmatch(plain, -1)
	if len(commands) < 15 {
		t.Fatalf("%d commands in %s", len(commands), page)
	}
	for _, m := range commands {
		help := output(t, append(strings.Fields(m[1])[1:], "--help")...)
		for line := range strings.SplitSeq(help, "\n") {
			if flag := regexp.MustCompile(`--[a-z-]+`).FindString(line); strings.HasPrefix(line, "  ") && flag != "" && !strings.Contains(flat, flag) {
				t.Errorf("%s: %s is not on the page", m[1], flag)
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
	if _, err := exec.LookPath("groff"); err != nil {
		t.Skip("no groff to format the page with")
	}
	groff := exec.Command("groff", "-man", "-ww", "-z", "-Tutf8")
	groff.Stdin = strings.NewReader(page)
	if said, err := groff.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("groff: %v: %s", err, said)
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
