package measure_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"plantrail/bench/measure"
)

// roleVariable tells this program, run as a child of itself, what to do.
const roleVariable = "MEASURE_TEST_ROLE"

const megabyte = 1 << 20

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(m.Run()) //nolint:forbidigo // it is the main function of a test
	case "nothing":
	case "sleep":
		time.Sleep(100 * time.Millisecond)
	case "spin":
		for began := time.Now(); time.Since(began) < 200*time.Millisecond; {
			continue
		}
	case "grow":
		touch(200 * megabyte)
	case "fail":
		fmt.Fprintln(os.Stderr, "the reason")
		os.Exit(7) //nolint:forbidigo // as a child
	}
}

// touch takes so much memory.
func touch(size int) {
	memory := make([]byte, size)
	for i := 0; i < len(memory); i += 1024 {
		memory[i] = 1
	}
	runtime.KeepAlive(memory)
}

func child(role string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), roleVariable+"="+role)
	return c
}

func TestRun(t *testing.T) {
	tests := []struct {
		name  string
		roles []string
		holds func(measure.Usage) bool
	}{
		{"takes a little", []string{"nothing"}, func(u measure.Usage) bool {
			return u.Wall > 0 && u.CPU > 0 && u.Peak > megabyte/2 && u.Peak < 150*megabyte
		}},
		{"sleep is no CPU", []string{"sleep"}, func(u measure.Usage) bool {
			return u.Wall >= 100*time.Millisecond && u.CPU < u.Wall
		}},
		{"work is CPU", []string{"spin"}, func(u measure.Usage) bool { return u.CPU >= 20*time.Millisecond }},
		{"memory", []string{"grow"}, func(u measure.Usage) bool { return u.Peak >= 200*megabyte }},
		{"two are added", []string{"grow", "grow"}, func(u measure.Usage) bool { return u.Peak >= 400*megabyte }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var commands []*exec.Cmd
			for _, role := range test.roles {
				commands = append(commands, child(role))
			}
			if got, err := measure.Run(commands...); err != nil || !test.holds(got) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestRunFails(t *testing.T) {
	_, err := measure.Run(child("nothing"), child("fail"))
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("got %v", err)
	}
	if _, err := measure.Run(exec.Command("/no/such/program")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestPairs(t *testing.T) {
	t.Parallel()
	var order strings.Builder
	runs := func(name string, seconds ...int) func() (measure.Usage, error) {
		return func() (measure.Usage, error) {
			order.WriteString(name)
			s := time.Duration(seconds[0]) * time.Second
			seconds = seconds[1:]
			return measure.Usage{Wall: s, CPU: 2 * s, Peak: int64(s.Seconds())}, nil
		}
	}
	// The pairs' ratios are 4, 3 and 1.
	got, err := measure.Pairs(3, runs("A", 100, 3, 1, 5), runs("B", 1, 12, 3, 5))
	if err != nil {
		t.Fatal(err)
	}
	if order.String() != "ABABABAB" {
		t.Errorf("ran in the order %s", order.String())
	}
	if want := (measure.Usage{Wall: 3 * time.Second, CPU: 6 * time.Second, Peak: 3}); measure.Median(got.A) != want {
		t.Errorf("median is %+v, want %+v", measure.Median(got.A), want)
	}
	if got.Wall() != 3 || got.CPU() != 3 {
		t.Errorf("ratios are %v and %v, want 3", got.Wall(), got.CPU())
	}
}

func TestPairsFail(t *testing.T) {
	t.Parallel()
	works := func() (measure.Usage, error) { return measure.Usage{}, nil }
	fails := func() (measure.Usage, error) { return measure.Usage{}, io.ErrUnexpectedEOF }
	if _, err := measure.Pairs(1, works, fails); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if _, err := measure.Pairs(0, works, works); err == nil {
		t.Error("no pairs: no error")
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	runs := []measure.Usage{{Peak: 8}, {Peak: 1}, {Peak: 4}, {Peak: 2}}
	if got := measure.Median(runs).Peak; got != 3 {
		t.Errorf("median of 1, 2, 4, 8 is %d, want 3", got)
	}
}
