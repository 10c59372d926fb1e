package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A person types and presses the Tab key in each shell, on a terminal, with the script
// loaded in each way that it can be. What the line is then, the shell itself prints.
func TestCompletionInShells(t *testing.T) {
	const zshStart = "bindkey -e; autoload -Uz compinit; compinit -u -D; "
	for _, shell := range []struct {
		name  string
		args  []string
		start string
	}{
		{"bash sourced", []string{"bash", "--norc", "--noprofile", "-i"}, "source <(plantrail completion bash)"},
		{"bash as a file", []string{"bash", "--norc", "--noprofile", "-i"}, "source ./plantrail.bash"},
		{"zsh sourced", []string{"zsh", "-f", "-i"}, zshStart + "source <(plantrail completion zsh)"},
		{"zsh as a function", []string{"zsh", "-f", "-i"}, "fpath=($PWD $fpath); " + zshStart},
	} {
		t.Run(shell.name, func(t *testing.T) {
			if _, err := exec.LookPath(shell.args[0]); err != nil {
				t.Skipf("no %s to complete in", shell.args[0])
			}
			dir := t.TempDir()
			save(t, filepath.Join(dir, "plantrail.bash"), output(t, "completion", "bash"))
			save(t, filepath.Join(dir, "_plantrail"), output(t, "completion", "zsh"))
			save(t, filepath.Join(dir, "only log.json"), "")
			line := typist(t, dir, shell.args, shell.start)
			for typed, want := range map[string]string{
				"plantrail ru":                               "<plantrail><run>",
				"plantrail ddl du":                           "<plantrail><ddl><duckdb>",
				"plantrail ddl duckdb --na":                  "<plantrail><ddl><duckdb><--name>",
				"plantrail run --progress b":                 "<plantrail><run><--progress><bar>",
				"plantrail run --progress=b":                 "<plantrail><run><--progress=bar>",
				"plantrail run --source on":                  "<plantrail><run><--source><only log.json>",
				"plantrail run --source=on":                  "<plantrail><run><--source=only log.json>",
				"plantrail run --source x --log-format j":    "<plantrail><run><--source><x><--log-format><json>",
				"plantrail show --table run --unt":           "<plantrail><show><--table><run><--until>",
				"plantrail run --table nothing-begins-so":    "<plantrail><run><--table><nothing-begins-so>",
				"plantrail completion z":                     "<plantrail><completion><zsh>",
				"plantrail --vers":                           "<plantrail><--version>",
				"plantrail run --source s3://bucket/no-file": "<plantrail><run><--source><s3://bucket/no-file>",
			} {
				if got := line(typed); got != want {
					t.Errorf("%s and Tab: %s, want %s", typed, got, want)
				}
			}
		})
	}
}

// typist starts a shell and returns what types into it, presses Tab and returns the
// words of the line.
func typist(t *testing.T, dir string, args []string, start string) func(typed string) string {
	t.Helper()
	screen, terminal := openTerminal(t, 200)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir, c.Stdin, c.Stdout, c.Stderr = dir, terminal, terminal, terminal
	c.Env = append(os.Environ(), "TERM=xterm", "HOME="+dir, "INPUTRC=/dev/null", "PS1=READY ", "PROMPT_EOL_MARK=", "HISTFILE=")
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	t.Cleanup(func() {
		cancel()
		c.Wait() // which it was killed by
	})
	var drawn strings.Builder
	send := func(text, until string) {
		t.Helper()
		drawn.Reset()
		if _, err := screen.WriteString(text); err != nil {
			t.Fatal(err)
		}
		readUntil(t, screen, &drawn, until)
	}
	send("", "READY ")
	send(start+"; echo lo''aded\n", `(?s)loaded\r?\n.*READY `)
	return func(typed string) string {
		t.Helper()
		// At the beginning of the line, ctrl-A, it becomes the words of another command.
		send(typed+"\t\x01printf '<%s>' \x05; echo e''nd\n", `(?s)>end\r?\n.*READY `)
		words := regexp.MustCompile(`(<[^%\n]*>)end`).FindStringSubmatch(drawn.String())
		if words == nil {
			t.Fatalf("%s: %q", typed, drawn.String())
		}
		return words[1]
	}
}

func save(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
