package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A gate is a bucket whose answers wait, each kind until it is opened.
type gate struct{ listing, reading chan struct{} }

// bucket returns a source of one broken log file and one whole one. Its second
// region cannot be listed before listing is opened, and the whole log file not
// be read before reading is.
func (g gate) bucket(t *testing.T) string {
	const folder = "AWSLogs/111122223333/CloudTrail/"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		prefix := r.URL.Query().Get("prefix")
		switch {
		case r.URL.Query().Get("delimiter") != "" && prefix == folder:
			fmt.Fprintf(w, "<ListBucketResult><Name>trail</Name><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>%sus-east-1/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>%[1]sus-west-2/</Prefix></CommonPrefixes></ListBucketResult>", folder)
		case r.URL.Query().Get("delimiter") != "":
			next := prefix + strings.SplitAfter(strings.TrimPrefix(folder, prefix), "/")[0]
			fmt.Fprintf(w, "<ListBucketResult><Name>trail</Name><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes></ListBucketResult>", next)
		case strings.HasPrefix(prefix, folder+"us-east-1/"):
			fmt.Fprintf(w, "<ListBucketResult><Name>trail</Name><IsTruncated>false</IsTruncated><Contents><Key>%sus-east-1/2024/03/01/a.json</Key><Size>6</Size><ETag>x</ETag></Contents></ListBucketResult>", folder)
		case strings.HasPrefix(prefix, folder):
			<-g.listing
			fmt.Fprintf(w, "<ListBucketResult><Name>trail</Name><IsTruncated>false</IsTruncated><Contents><Key>%sus-west-2/2024/03/01/b.json</Key><Size>14</Size><ETag>x</ETag></Contents></ListBucketResult>", folder)
		case r.URL.Query().Get("list-type") != "":
			fmt.Fprint(w, "<ListBucketResult><Name>trail</Name><IsTruncated>false</IsTruncated></ListBucketResult>")
		case strings.HasSuffix(r.URL.Path, "a.json"):
			fmt.Fprint(w, "broken")
		default:
			<-g.reading
			fmt.Fprint(w, `{"Records":[]}`)
		}
	}))
	t.Cleanup(server.Close)
	return "s3://trail?path_style=true&region=us-east-1&endpoint=" + server.URL
}

// start starts a run with standard error at a pseudo-terminal.
func (g gate) start(t *testing.T, columns uint16, kind string, args ...string) (*exec.Cmd, *os.File) {
	t.Helper()
	screen, terminal := openTerminal(t, columns)
	defer terminal.Close()
	run := exec.Command("plantrail", append([]string{"run", "--source", g.bucket(t), "--table", t.TempDir()}, args...)...)
	run.Env = append(os.Environ(), "TERM="+kind, "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	run.Stderr = terminal
	// What is typed at the terminal is meant for it.
	run.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 2}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Process.Kill(); run.Wait() })
	return run, screen
}

// On a terminal a bar says how far the run is. Warnings stand above it, whole,
// other log lines do not, and nothing is left of it at the end.
func TestBar(t *testing.T) {
	for name, columns := range map[string]uint16{"wide": 400, "narrow": 40} {
		t.Run(name, func(t *testing.T) {
			g := gate{make(chan struct{}), make(chan struct{})}
			run, screen := g.start(t, columns, "xterm")
			var drawn strings.Builder
			readUntil(t, screen, &drawn, `listing: 1 of 2 units`)
			readUntil(t, screen, &drawn, `msg=quarantined`)
			close(g.listing)
			readUntil(t, screen, &drawn, `1 of 2 log files `)
			close(g.reading)
			readUntil(t, screen, &drawn, "")
			if err := run.Wait(); run.ProcessState.ExitCode() != 3 {
				t.Errorf("it ended with %v", err)
			}
			lines := shown(t, drawn.String(), int(columns))
			for _, line := range lines {
				if strings.Contains(line, "level=INFO") {
					t.Errorf("beside the line that moves: %q", line)
				}
				if strings.Contains(line, "units") || strings.Contains(line, " of 2 log files") {
					t.Errorf("left of the bar: %q", line)
				}
			}
			if columns == 40 {
				return
			}
			for _, want := range []string{
				`^time=\S+ level=WARN msg=quarantined run=\w+ key=s3://trail/\S+a.json error="neither gzip nor zstd nor JSON"$`,
				`^log files    2 read`,
			} {
				if !slices.ContainsFunc(lines, regexp.MustCompile(want).MatchString) {
					t.Errorf("no line is %s:\n%s", want, strings.Join(lines, "\n"))
				}
			}
			if !strings.Contains(drawn.String(), "2 of 2 log files  [=====") {
				t.Errorf("no full bar: %q", drawn.String())
			}
		})
	}
}

// Where lines cannot be drawn over, or shall not be, nothing moves the cursor.
func TestNoBar(t *testing.T) {
	for name, kind := range map[string]struct {
		terminal string
		columns  uint16
		args     []string
	}{
		"dumb terminal":  {"dumb", 80, nil},
		"dumb, bar":      {"dumb", 80, []string{"--progress", "bar"}},
		"unknown":        {"", 80, nil},
		"no size":        {"xterm", 0, nil},
		"none":           {"xterm", 80, []string{"--progress", "none"}},
		"log lines only": {"xterm", 80, []string{"--progress", "log"}},
		"JSON":           {"xterm", 80, []string{"--log-format", "json"}},
		"quiet":          {"xterm", 80, []string{"--quiet"}},
	} {
		t.Run(name, func(t *testing.T) {
			open := make(chan struct{})
			close(open)
			_, screen := gate{open, open}.start(t, kind.columns, kind.terminal, kind.args...)
			var drawn strings.Builder
			readUntil(t, screen, &drawn, "")
			if !regexp.MustCompile(`msg"?[=:]"?quarantined`).MatchString(drawn.String()) || strings.Contains(drawn.String(), "\x1b") {
				t.Errorf("it wrote %q", drawn.String())
			}
		})
	}
}

// Ctrl-C typed at the terminal leaves nothing of the bar and of itself, only what is
// said whole.
func TestBarInterrupted(t *testing.T) {
	for name, columns := range map[string]uint16{"wide": 400, "80 columns": 80} {
		t.Run(name, func(t *testing.T) {
			g := gate{make(chan struct{}), make(chan struct{})}
			close(g.listing)
			run, screen := g.start(t, columns, "xterm")
			t.Cleanup(func() { close(g.reading) }) // before the server ends
			var drawn strings.Builder
			readUntil(t, screen, &drawn, `1 of 2 log files `)
			if _, err := screen.Write([]byte{3}); err != nil {
				t.Fatal(err)
			}
			readUntil(t, screen, &drawn, "")
			if err := run.Wait(); run.ProcessState.ExitCode() != 130 {
				t.Errorf("it ended with %v: %q", err, drawn.String())
			}
			if strings.Contains(drawn.String(), "\x1b[?") {
				t.Errorf("it changed the terminal: %q", drawn.String())
			}
			lines := shown(t, drawn.String(), int(columns))
			for _, line := range lines {
				if strings.Contains(line, " of 2 log files") || strings.Contains(line, "^C") || strings.Contains(line, "[") && !strings.Contains(line, "file://") {
					t.Errorf("left over: %q", line)
				}
			}
			// What is wider than the terminal goes on in its next line.
			text := strings.Join(lines, "")
			for _, want := range []string{"stopping: what is finished is committed first", "plantrail: interrupted: no row was added to the table"} {
				if !strings.Contains(text, want) {
					t.Errorf("it did not say %q:\n%s\n%q", want, text, drawn.String())
				}
			}
			for _, line := range lines {
				if i := strings.Index(line, "time=20"); i > 0 {
					t.Errorf("something is left before %q", line)
				}
			}
			if strings.Contains(text, "up to date") {
				t.Errorf("an interrupted run is not up to date:\n%s", text)
			}
		})
	}
}

// A second Ctrl-C ends the program at once, and what was drawn is gone by then.
func TestBarInterruptedTwice(t *testing.T) {
	table := t.TempDir()
	if err := os.MkdirAll(filepath.Join(table, "_plantrail/state"), 0o755); err != nil {
		t.Fatal(err)
	}
	// The run cannot commit what it has finished while somebody holds this lock.
	lock, err := os.Create(filepath.Join(table, "_plantrail/state/.plantrail-lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	g := gate{make(chan struct{}), make(chan struct{})}
	close(g.listing)
	run, screen := g.start(t, 80, "xterm", "--table", table)
	t.Cleanup(func() { close(g.reading) })
	var drawn strings.Builder
	readUntil(t, screen, &drawn, `1 of 2 log files `)
	for _, said := range []string{"second\\s+interrupt", ""} {
		if _, err := screen.Write([]byte{3}); err != nil {
			t.Fatal(err)
		}
		readUntil(t, screen, &drawn, said)
	}
	_ = run.Wait()
	if status, ok := run.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
		t.Errorf("it ended with %v: %q", run.ProcessState, drawn.String())
	}
	for _, line := range shown(t, drawn.String(), 80) {
		if strings.Contains(line, " of 2 log files") {
			t.Errorf("left over: %q in %q", line, drawn.String())
		}
	}
}
