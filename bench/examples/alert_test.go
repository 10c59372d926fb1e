package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A receiver is a webhook. It answers with what status returns, 200 if that is nil, and
// notes what it has confirmed.
type receiver struct {
	*httptest.Server
	status func(text string) int

	mutex sync.Mutex
	told  []string // the texts
	keys  []string
}

// secret is in the URL of a webhook, and nowhere else.
const secret = "T0000/B0000/XXXXXXXX"

func startReceiver(t *testing.T, status func(string) int) *receiver {
	t.Helper()
	r := &receiver{status: status}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var message map[string]string
		if err := json.NewDecoder(q.Body).Decode(&message); err != nil || len(message) != 1 || q.URL.Path != "/services/"+secret {
			t.Errorf("%s was sent %q: %v", q.URL, message, err)
		}
		code := http.StatusOK
		r.mutex.Lock()
		defer r.mutex.Unlock()
		if r.status != nil {
			code = r.status(message["text"])
		}
		if code/100 == 2 {
			r.told = append(r.told, message["text"])
			r.keys = append(r.keys, q.Header.Get("Idempotency-Key"))
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) url() string { return r.URL + "/services/" + secret }

// alert returns a call of the script.
func alert(ctx context.Context, t *testing.T, to, file string, env ...string) *exec.Cmd {
	t.Helper()
	for _, program := range []string{"jq", "curl", "flock", "sha256sum"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s", program)
		}
	}
	call := exec.CommandContext(ctx, "sh", filepath.Join(folder, "alert.sh"), file)
	call.Env = append(append(os.Environ(), "PLANTRAIL_ALERT_TO="+to), env...)
	return call
}

// ends runs a call, which must end with an exit code, and returns what it says.
func ends(t *testing.T, call *exec.Cmd, code int) string {
	t.Helper()
	out, err := call.CombinedOutput()
	if call.ProcessState == nil || call.ProcessState.ExitCode() != code {
		t.Fatalf("%v: %s, want exit code %d", err, out, code)
	}
	return string(out)
}

// writeChanges has a run write the changes of the organization and the sample, 19 with
// the addendum, and returns the file.
func writeChanges(t *testing.T, more ...string) (file string, table string) {
	t.Helper()
	file, table = filepath.Join(t.TempDir(), "changes.jsonl"), t.TempDir()
	makeTable(t, table, append([]string{"--changes", file}, more...)...)
	return file, table
}

const changesWritten = 19

// Each change of a run is told once, the oldest first, and not again: neither if the file
// is given again, nor after a run that finds nothing new.
func TestAlert(t *testing.T) {
	t.Parallel()
	r := startReceiver(t, nil)
	file, table := writeChanges(t)
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	call := func() { ends(t, alert(t.Context(), t, r.url(), file), 0) }
	call()
	if len(r.told) != changesWritten || !slices.IsSorted(r.told) {
		t.Errorf("%d were told, want %d, in order:\n%s", len(r.told), changesWritten, strings.Join(r.told, "\n"))
	}
	keys := slices.Clone(r.keys)
	slices.Sort(keys)
	if len(slices.Compact(keys)) != changesWritten {
		t.Errorf("keys %q", r.keys)
	}
	golden(t, folder+"/alert.txt", strings.Join(r.told, "\n")+"\n")
	call() // there is no file now
	makeTable(t, table, "--changes", file)
	call() // nor anything in it
	if err := os.WriteFile(file, written, 0o600); err != nil {
		t.Fatal(err)
	}
	call()
	if len(r.told) != changesWritten {
		t.Errorf("told again: %q", r.told[changesWritten:])
	}
}

// What a receiver does not take waits, also while the next run replaces the file, and what
// it does take is told meanwhile. A redirection is no confirmation.
func TestAlertRefused(t *testing.T) {
	t.Parallel()
	for _, code := range []int{http.StatusBadRequest, http.StatusFound} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			refused := "StartSupportPlanUpdate developer"
			r := startReceiver(t, func(text string) int {
				if strings.Contains(text, refused) {
					return code
				}
				return http.StatusNoContent
			})
			file, _ := writeChanges(t, "--account", "123456789012", "--account", "210987654321")
			said := ends(t, alert(t.Context(), t, r.url(), file), 1)
			if !strings.Contains(said, fmt.Sprintf("answers %d", code)) || !strings.Contains(said, "1 changes wait") {
				t.Errorf("says %s", said)
			}
			told := len(r.told)
			other := filepath.Join(t.TempDir(), "changes.jsonl")
			makeTable(t, t.TempDir(), "--account", "777788889999", "--changes", other)
			if err := os.Rename(other, file); err != nil { // as the next run does
				t.Fatal(err)
			}
			refused = "nothing"
			ends(t, alert(t.Context(), t, r.url(), file), 0)
			if told != 8 || len(r.told) != 8+1+3 {
				t.Errorf("%d, then %d were told:\n%s", told, len(r.told), strings.Join(r.told, "\n"))
			}
		})
	}
}

// Nobody there: the call ends after three tries, and nothing is lost. A receiver that is
// out of breath is tried again.
func TestAlertNobody(t *testing.T) {
	t.Parallel()
	file, _ := writeChanges(t)
	gone := startReceiver(t, nil)
	gone.Close()
	if said := ends(t, alert(t.Context(), t, gone.url(), file), 1); !strings.Contains(said, fmt.Sprint(changesWritten, " changes wait")) {
		t.Errorf("says %s", said)
	}
	first := true
	r := startReceiver(t, func(string) int {
		if first {
			first = false
			return http.StatusTooManyRequests
		}
		return http.StatusOK
	})
	ends(t, alert(t.Context(), t, r.url(), file), 0)
	if len(r.told) != changesWritten {
		t.Errorf("%d were told", len(r.told))
	}
}

// A run that ends while changes are taken from the file replaces it: what both have
// written is told.
func TestAlertReplaced(t *testing.T) {
	t.Parallel()
	r := startReceiver(t, nil)
	file, _ := writeChanges(t, "--account", "123456789012", "--account", "210987654321")
	next, _ := writeChanges(t, "--account", "777788889999")
	call := alert(t.Context(), t, r.url(), file)
	if err := call.Start(); err != nil {
		t.Fatal(err)
	}
	for since := time.Now(); ; {
		if _, err := os.Stat(file + ".waiting/new"); err == nil {
			break
		}
		if time.Since(since) > time.Minute {
			t.Fatal("the file was not taken")
		}
	}
	if err := os.Rename(next, file); err != nil {
		t.Fatal(err)
	}
	if err := call.Wait(); err != nil {
		t.Fatal(err)
	}
	ends(t, alert(t.Context(), t, r.url(), file), 0)
	if len(r.told) != 9+3 {
		t.Errorf("%d were told:\n%s", len(r.told), strings.Join(r.told, "\n"))
	}
}

// Killed at any moment, with all it has started, again and again: each change is told at
// least once, and twice at most where it was killed in between.
func TestAlertKilled(t *testing.T) {
	t.Parallel()
	r := startReceiver(t, nil)
	file, _ := writeChanges(t)
	kills := 0
	for after := 10 * time.Millisecond; ; after += after / 5 {
		call := alert(context.Background(), t, r.url(), file)
		call.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := call.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(after, func() { _ = syscall.Kill(-call.Process.Pid, syscall.SIGKILL) })
		err := call.Wait()
		kill.Stop()
		if err == nil {
			break
		}
		kills++
	}
	unique := slices.Clone(r.told)
	slices.Sort(unique)
	if n := len(slices.Compact(unique)); n != changesWritten || len(r.told) > changesWritten+kills {
		t.Errorf("%d of %d changes were told, in %d messages, after %d kills", n, changesWritten, len(r.told), kills)
	}
	t.Logf("%d kills, %d messages", kills, len(r.told))
}

// Several calls at once tell each change once.
func TestAlertTogether(t *testing.T) {
	t.Parallel()
	r := startReceiver(t, nil)
	file, _ := writeChanges(t)
	var calls []*exec.Cmd
	for range 4 {
		call := alert(t.Context(), t, r.url(), file)
		if err := call.Start(); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, call)
	}
	for _, call := range calls {
		if err := call.Wait(); err != nil {
			t.Error(err)
		}
	}
	if len(r.told) != changesWritten {
		t.Errorf("%d were told, want %d", len(r.told), changesWritten)
	}
}

// Text that a caller chose neither forges a line nor calls anybody, and the URL is in no
// argument.
func TestAlertHostile(t *testing.T) {
	t.Parallel()
	source := t.TempDir()
	record := `{"eventVersion":"1.11","eventSource":"supportplans.amazonaws.com","eventTime":"2026-08-01T10:00:00Z","eventName":"StartSupportPlanUpdate",` +
		`"readOnly":false,"recipientAccountId":"111122223333","eventID":"a1","sourceIPAddress":"<!channel>","userIdentity":{"type":"IAMUser","userName":"x\n2026 forged \u202e\u001b[31m\\\"$(id)"},` +
		`"errorCode":"AccessDenied","errorMessage":"a & b < c"}`
	if err := os.WriteFile(filepath.Join(source, "a.json"), []byte(record), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "it's a $(file).jsonl")
	if out, err := plantrail(t, "run", "-q", "--source", source+"?layout=export", "--table", t.TempDir(), "--changes", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r := startReceiver(t, func(string) int {
		lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
		if err != nil {
			t.Error(err)
		}
		for _, line := range lines {
			if text, err := os.ReadFile(line); err == nil && strings.Contains(string(text), secret) {
				t.Errorf("%q has the secret", text)
			}
		}
		return http.StatusOK
	})
	ends(t, alert(t.Context(), t, r.url(), file), 0)
	want := []string{`2026-08-01T10:00:00Z account 111122223333: x 2026 forged   [31m\"$(id) StartSupportPlanUpdate, denied, unknown, address &lt;!channel&gt;, event a1: AccessDenied: a &amp; b &lt; c`}
	if !slices.Equal(r.told, want) {
		t.Errorf("told %q, want %q", r.told, want)
	}
}

// Lines that are no changes are kept and named, and the others told.
func TestAlertUnreadable(t *testing.T) {
	t.Parallel()
	r := startReceiver(t, nil)
	file, _ := writeChanges(t)
	changes, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(changes, "{\"eventtime\":\"../../x\"}\n{\"eventt"); err != nil {
		t.Fatal(err)
	}
	if err := changes.Close(); err != nil {
		t.Fatal(err)
	}
	unreadable := file + ".waiting/unreadable"
	if said := ends(t, alert(t.Context(), t, r.url(), file), 1); !strings.Contains(said, unreadable) {
		t.Errorf("says %s", said)
	}
	if text, err := os.ReadFile(unreadable); err != nil || strings.Count(string(text), "\n") != 2 || len(r.told) != changesWritten {
		t.Errorf("%d were told, unreadable %q, %v", len(r.told), text, err)
	}
	if err := os.Remove(unreadable); err != nil {
		t.Fatal(err)
	}
	ends(t, alert(t.Context(), t, r.url(), file), 0)
}

// Wrong usage is told apart.
func TestAlertUsage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "changes.jsonl")
	for _, to := range []string{"", "ftp://x", "arn:aws:sqs:us-east-1:111122223333:q", "https://x/\"\noutput = \"/tmp/y", "https://x y", "-"} {
		if said := ends(t, alert(t.Context(), t, to, file), 2); !strings.HasPrefix(said, "alert: ") {
			t.Errorf("%q: says %s", to, said)
		}
	}
	call := alert(t.Context(), t, "https://example.com", file)
	call.Args = call.Args[:2]
	ends(t, call, 2)
	// It has touched nothing.
	if names, err := os.ReadDir(filepath.Dir(file)); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
}

// A linter of shell scripts finds nothing.
func TestShellcheck(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("there is no shellcheck")
	}
	if out, err := exec.CommandContext(t.Context(), "shellcheck", filepath.Join(folder, "alert.sh")).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
