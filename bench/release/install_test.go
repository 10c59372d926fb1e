package release_test

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// instructions returns the lines of the README's block on installation that begins with
// these words.
func instructions(t *testing.T, s snapshot, begin string) string {
	t.Helper()
	_, section, _ := strings.Cut(string(s.committed(t, "README.md")), "\n## Install\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, block := range regexp.MustCompile(`(?m)(^    .*\n)+`).FindAllString(section, -1) {
		if strings.HasPrefix(strings.TrimSpace(block), begin) {
			return strings.ReplaceAll(block, "amd64", runtime.GOARCH)
		}
	}
	t.Fatalf("the README does not say how to install: no block begins with %q", begin)
	return ""
}

// From the archive, on a machine with nothing but it, as the README says: it completes, has
// a manual page, and reads its first log files.
func TestInstallArchive(t *testing.T) {
	s := built(t)
	m := fresh(t)
	name := s.name("linux_"+runtime.GOARCH) + ".tar.gz"
	m.put(t, filepath.Join(s.dir, name), name)
	m.shell(t, instructions(t, s, "tar -xzf"))
	if where := m.shell(t, "command -v plantrail"); where != "/usr/local/bin/plantrail\n" {
		t.Errorf("it is %s", where)
	}
	use(t, m, s)
}

// From the deb likewise. dpkg finds each file as packed, an installation over it keeps what
// was edited, and once it is purged, nothing is left of it.
func TestInstallDeb(t *testing.T) {
	s := built(t)
	m := fresh(t)
	before := m.shell(t, leftovers)
	name := s.name("linux_"+runtime.GOARCH) + ".deb"
	m.put(t, filepath.Join(s.dir, name), name)
	dpkg, _, _ := strings.Cut(strings.TrimSpace(instructions(t, s, "dpkg -i")), "\n")
	m.shell(t, dpkg)
	if where := m.shell(t, "command -v plantrail; dpkg --verify plantrail"); where != "/usr/bin/plantrail\n" {
		t.Errorf("it is %s", where)
	}
	use(t, m, s)
	again := m.shell(t, "echo s3://mine > /etc/plantrail/sources; "+dpkg+" > /dev/null; cat /etc/plantrail/sources")
	if again != "s3://mine\n" {
		t.Errorf("installed again, it has the sources %q", again)
	}
	m.shell(t, "dpkg --purge plantrail")
	if after := m.shell(t, leftovers); after != before {
		t.Errorf("after it was purged: %s, before it was installed: %s", after, before)
	}
}

// leftovers lists what is named after the program outside of root's own folder and the
// pages that man keeps ready; dpkg keeps no trace of a package that was purged.
const leftovers = "find / -xdev '(' -path /root -o -path /var/cache/man ')' -prune -o -name '*plantrail*' -print | sort"

// The rpm is installed into a root by the rpm of this machine, its scripts are run, and
// the program in it reads log files.
func TestInstallRPM(t *testing.T) {
	s := built(t)
	m := fresh(t)
	need(t, "rpm")
	before := m.shell(t, leftovers)
	rpm := func(args ...string) string {
		return string(output(t, "rpm", append([]string{"--root", m.root, "--dbpath", "/var/lib/rpm", "--nodeps"}, args...)...))
	}
	path, err := filepath.Abs(s.path("linux_"+runtime.GOARCH, ".rpm"))
	if err != nil {
		t.Fatal(err)
	}
	rpm("--install", path)
	if changed := rpm("--verify", "plantrail"); changed != "" {
		t.Errorf("not as packed: %s", changed)
	}
	read := m.shell(t, "man -w plantrail; plantrail --version")
	if !strings.Contains(read, "/usr/share/man/man1/plantrail.1.gz\nplantrail v"+s.Version) {
		t.Errorf("it says %s", read)
	}
	firstRun(t, m)
	rpm("--erase", "plantrail")
	if after := m.shell(t, leftovers); after != before {
		t.Errorf("after it was erased: %s, before it was installed: %s", after, before)
	}
}

// use tries what somebody does first with an installed program.
func use(t *testing.T, m machine, s snapshot) {
	t.Helper()
	if says := m.shell(t, "plantrail --version"); !strings.HasPrefix(says, "plantrail v"+s.Version+" (commit "+s.Commit[:12]) {
		t.Errorf("--version: %s", says)
	}
	shells(t, m)
	page := m.shell(t, "mandb --quiet; whatis plantrail; MANPAGER=cat MANWIDTH=100 man plantrail")
	parts := []string{"plantrail (1)", "PLANTRAIL(1)", "NAME\n", "EXIT STATUS\n", "plantrail levels", "--recheck", "plantrail v" + s.Version}
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("the manual page does not have %q", part)
		}
	}
	if warnings := m.shell(t, "man --warnings plantrail 2>&1 > /dev/null"); warnings != "" {
		t.Errorf("man warns: %s", warnings)
	}
	firstRun(t, m)
}

// shells types in the three shells: the tabulator completes commands and flags.
func shells(t *testing.T, m machine) {
	t.Helper()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(m.root, "root", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("bashrc", ". /usr/share/bash-completion/bash_completion\nPS1='"+prompt+"'\nbind 'set enable-bracketed-paste off'\n")
	write(".zshrc", "autoload -Uz compinit && compinit -u\nPROMPT='"+prompt+"'\nunset zle_bracketed_paste\nunsetopt PROMPT_SP\n")
	for shell, start := range map[string][]string{"bash": {"bash", "--rcfile", "/root/bashrc", "-i"}, "zsh": {"zsh", "-i"}} {
		if says := m.typed(t, "plantrail versi\t", start...); !strings.HasPrefix(says, "plantrail v") {
			t.Errorf("%s does not complete the command: %q", shell, says)
		}
		if says := m.typed(t, "plantrail show --hel\t", start...); !strings.Contains(says, "--until") {
			t.Errorf("%s does not complete the flag: %q", shell, says)
		}
	}
	if says := m.shell(t, "fish -c 'complete -C \"plantrail versi\"'"); !strings.HasPrefix(says, "version\t") {
		t.Errorf("fish does not complete the command: %q", says)
	}
}

// firstRun reads the sample, in which one log file is broken, and asks for what it says.
func firstRun(t *testing.T, m machine) {
	t.Helper()
	m.shell(t, "rm -rf plans; plantrail run --progress none --source trail --table plans || test $? -eq 3")
	for command, want := range map[string]string{
		"plantrail show --table plans":   "basic",
		"plantrail levels --table plans": "444455556666",
	} {
		if says := m.shell(t, command); !strings.Contains(says, want) {
			t.Errorf("%s says %s", command, says)
		}
	}
}
