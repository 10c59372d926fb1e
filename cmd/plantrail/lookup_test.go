package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plantrail/pipeline/history/historytest"
)

// A lookups is Event history of two accounts at the service's pace.
type lookups struct {
	server      *historytest.Server
	table       string
	few, many   historytest.Place
	fewN, manyN int
}

func newLookups(t *testing.T) *lookups {
	l := &lookups{
		server: historytest.New(t), table: t.TempDir(), fewN: 3, manyN: 160,
		few: historytest.Place{Account: "111122223333", Region: "us-east-1"}, many: historytest.Place{Account: "444455556666", Region: "us-east-1"},
	}
	add := func(p historytest.Place, n int) {
		for i := range n {
			at := time.Now().UTC().Truncate(time.Second).Add(-time.Duration(i+1) * time.Hour)
			id := fmt.Sprintf("%s-%d", p.Account, i)
			l.server.Add(p, historytest.Event{ID: id, Source: "supportplans.amazonaws.com", Name: "StartSupportPlanUpdate", At: at, Text: fmt.Sprintf(
				`{"eventSource":"supportplans.amazonaws.com","eventName":"StartSupportPlanUpdate","eventTime":%q,"eventID":%q,"awsRegion":%q,"recipientAccountId":%q}`,
				at.Format(time.RFC3339), id, p.Region, p.Account)})
		}
	}
	add(l.few, l.fewN)
	add(l.many, l.manyN)
	return l
}

// command returns a run over Event histories, each by an account and a role's name.
func (l *lookups) command(table string, flags []string, sources ...string) *exec.Cmd {
	args := append([]string{"run", "--table", table}, flags...)
	for _, source := range sources {
		account, role, _ := strings.Cut(source, "/")
		args = append(args, "--source", fmt.Sprintf("cloudtrail://us-east-1?role_arn=arn:aws:iam::%s:role/%s", account, role))
	}
	run := exec.Command("plantrail", args...)
	run.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+l.server.URL, "AWS_ACCESS_KEY_ID=AKIA000000000001", "AWS_SECRET_ACCESS_KEY=x",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	return run
}

// rows returns what show counts as calls in a table.
func (l *lookups) rows(t *testing.T, table string) int {
	t.Helper()
	out, err := exec.Command("plantrail", "show", "--table", table, "--limit", "0", "--csv").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(out), "StartSupportPlanUpdate")
}

// checkRate fails where three requests of a place came within a second.
func (l *lookups) checkRate(t *testing.T) {
	t.Helper()
	if _, fast, _ := l.server.Counts(); fast > 0 {
		t.Errorf("%d requests came too fast", fast)
	}
	for _, p := range []historytest.Place{l.few, l.many} {
		arrivals := l.server.Arrivals(p)
		for i := 2; i < len(arrivals); i++ {
			if within := arrivals[i].Sub(arrivals[i-2]); within < time.Second {
				t.Errorf("%s: three requests within %s", p.Account, within)
			}
		}
	}
}

// SIGTERM in the middle of a lookup keeps what is done, with 130. The next run goes on,
// by two roles of the account, and has the rest, each event once. No request of either
// comes before its time.
func TestLookUpInterrupted(t *testing.T) {
	t.Parallel()
	l := newLookups(t)
	run := l.command(l.table, nil, "111122223333/r", "444455556666/r")
	var output strings.Builder
	run.Stderr = &output
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	l.server.At(6, func() { run.Process.Signal(syscall.SIGTERM) })
	var exit *exec.ExitError
	if err := run.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted || !strings.Contains(output.String(), "the same command goes on from there") {
		t.Fatalf("%v: %s", err, output.String())
	}
	if got := l.rows(t, l.table); got != l.fewN {
		t.Errorf("%d rows are kept of the %d that were done", got, l.fewN)
	}
	if out, err := l.command(l.table, nil, "111122223333/r", "444455556666/r", "444455556666/other").CombinedOutput(); err != nil || !strings.Contains(string(out), " of Event history looked up in ") {
		t.Fatalf("%v: %s", err, out)
	}
	plan := l.command(l.table, nil, "111122223333/r", "444455556666/r")
	plan.Args[1] = "plan"
	if out, err := plan.Output(); err != nil || !strings.HasPrefix(string(out), "Event history of 2 accounts and regions: about ") {
		t.Errorf("%v: %s", err, out)
	}
	if got := l.rows(t, l.table); got != l.fewN+l.manyN {
		t.Errorf("%d rows of %d", got, l.fewN+l.manyN)
	}
	l.checkRate(t)
}

// Shards side by side keep to the pace together. Runs that know nothing of each other are
// throttled, and have everything all the same.
func TestLookUpProcesses(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][][]string{"shards": {{"--shard", "0/2"}, {"--shard", "1/2"}}, "strangers": {nil, nil}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLookups(t)
			var group sync.WaitGroup
			for i, f := range flags {
				table := l.table
				if name == "strangers" {
					table = filepath.Join(table, fmt.Sprint(i))
				}
				group.Go(func() {
					if out, err := l.command(table, f, "111122223333/r", "444455556666/r", "444455556666/other").CombinedOutput(); err != nil {
						t.Errorf("%v: %s", err, out)
					}
				})
			}
			group.Wait()
			if name == "shards" {
				l.checkRate(t)
				if got := l.rows(t, l.table); got != l.fewN+l.manyN {
					t.Errorf("%d rows of %d", got, l.fewN+l.manyN)
				}
				return
			}
			for i := range flags {
				if got := l.rows(t, filepath.Join(l.table, fmt.Sprint(i))); got != l.fewN+l.manyN {
					t.Errorf("%d rows of %d", got, l.fewN+l.manyN)
				}
			}
		})
	}
}
