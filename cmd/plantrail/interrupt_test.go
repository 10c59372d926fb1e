package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	interruptKey  = "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/%s.json"
	interruptFile = `{"Records":[{"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","eventTime":"2024-03-01T12:00:00Z","eventID":"a"}]}`
)

// A bucket of two log files. The first is given; asked for the second, which a
// run with one request in flight does when it has passed the first on, it sends
// the process the signals and then never answers.
func interruptingBucket(t *testing.T, process *atomic.Pointer[os.Process], signals ...os.Signal) string {
	t.Helper()
	first := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		folder := r.URL.Query().Get("prefix")
		switch {
		case r.URL.Query().Get("delimiter") != "":
			next := folder + strings.SplitAfter(strings.TrimPrefix(fmt.Sprintf(interruptKey, "a"), folder), "/")[0]
			fmt.Fprintf(w, "<ListBucketResult><Name>trail</Name><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes></ListBucketResult>", next)
		case r.URL.Query().Get("list-type") != "":
			fmt.Fprint(w, "<ListBucketResult><Name>trail</Name><IsTruncated>false</IsTruncated>")
			for _, name := range []string{"a", "b"} {
				fmt.Fprintf(w, "<Contents><Key>"+interruptKey+"</Key><Size>%d</Size><ETag>x</ETag></Contents>", name, len(interruptFile))
			}
			fmt.Fprint(w, "</ListBucketResult>")
		case strings.HasSuffix(r.URL.Path, "a.json"):
			fmt.Fprint(w, interruptFile)
			close(first)
		default:
			<-first
			for process.Load() == nil {
				runtime.Gosched()
			}
			for _, signal := range signals {
				process.Load().Signal(signal)
			}
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	return "s3://trail?path_style=true&region=us-east-1&endpoint=" + server.URL
}

// SIGINT and SIGTERM end a run with what it has in the table, and with 130.
func TestInterrupt(t *testing.T) {
	for name, signals := range map[string][]os.Signal{
		"SIGINT": {os.Interrupt}, "SIGTERM": {syscall.SIGTERM}, "twice": {os.Interrupt, os.Interrupt},
	} {
		t.Run(name, func(t *testing.T) {
			var process atomic.Pointer[os.Process]
			source := interruptingBucket(t, &process, signals...)
			table := t.TempDir()
			run := exec.Command("plantrail", "run", "--source", source, "--table", table, "--concurrency", "1", "--metrics", filepath.Join(table, "run.prom"))
			run.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_EC2_METADATA_DISABLED=true",
				"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
			var output strings.Builder
			run.Stderr = &output
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			process.Store(run.Process)
			var exit *exec.ExitError
			if err := run.Wait(); !errors.As(err, &exit) {
				t.Fatalf("it ended with %v", err)
			}
			if len(signals) > 1 {
				return // at once, whatever it was doing
			}
			if exit.ExitCode() != exitInterrupted || !strings.HasSuffix(output.String(), "\nplantrail: interrupted: 1 row is in the table, and the same command goes on from there\n") ||
				strings.Contains(output.String(), "context canceled") || !strings.Contains(output.String(), `level=WARN msg="stopping: what is finished is committed first; a second interrupt ends at once" run=`) {
				t.Errorf("exit code %d: %s", exit.ExitCode(), output.String())
			}
			if _, err := os.Stat(filepath.Join(table, "eventmonth=2024-03", "events.parquet")); err != nil {
				t.Errorf("what was finished is not in the table: %v", err)
			}
			metrics, err := os.ReadFile(filepath.Join(table, "run.prom"))
			if err != nil || !strings.Contains(string(metrics), "\nplantrail_last_run_exit_code 130\n") {
				t.Errorf("metrics %v: %s", err, metrics)
			}
		})
	}
}

// A run that waits for a writer that hangs says for whom, and a signal ends the
// wait.
func TestInterruptWait(t *testing.T) {
	table := t.TempDir()
	folder := filepath.Join(table, "eventmonth=2023-05")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Create(filepath.Join(folder, ".plantrail-lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	fmt.Fprintln(lock, os.Getpid())
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("plantrail", "run", "--source", "testdata/trail", "--table", table)
	log, err := run.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	var ended time.Time
	var said strings.Builder
	for lines := bufio.NewScanner(log); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if strings.Contains(lines.Text(), "waiting for another writer") {
			ended = time.Now()
			if err := run.Process.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := run.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("it ended with %v", err)
	}
	if ended.IsZero() || time.Since(ended) > 15*time.Second {
		t.Errorf("signal at %s, ended at %s", ended, time.Now())
	}
	if !strings.Contains(said.String(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("the holder is not named: %s", said.String())
	}
}
