package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
)

// A meter tells the rate of the last half minute, and the time left once
// listing is over.
func TestMeter(t *testing.T) {
	start := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	m := newMeter(start)
	s := pipeline.Snapshot{Listed: 10_000, AlreadyDone: 1000, Units: 3}
	for second := 1; second <= 100; second++ { // 10 a second, from the 60th on 20
		s.Finished += 10
		if second > 60 {
			s.Finished += 10
		}
		s.BytesRead = 100 * s.Finished
		m.add(start.Add(time.Duration(second)*time.Second), s)
		want := 10.0
		switch {
		case second > 90:
			want = 20
		case second > 60:
			want += float64(second-60) / 3 // the window is 30 seconds
		}
		if m.logFiles < want-0.01 || m.logFiles > want+0.01 || m.bytes < 100*m.logFiles-0.01 || m.bytes > 100*m.logFiles+0.01 {
			t.Fatalf("after %d s: %g log files, %g bytes a second; want %g", second, m.logFiles, m.bytes, want)
		}
	}
	if left, ok := m.left(); ok {
		t.Errorf("listing goes on, and %s are left", left)
	}
	if len(m.samples) > 32 {
		t.Errorf("%d samples kept", len(m.samples))
	}
	s.ListingOver = true
	m.add(start.Add(101*time.Second), s)
	// 9000 to read, 1400 read; 580 in the last 30 seconds.
	if left, ok := m.left(); !ok || left.Round(time.Second) != 393*time.Second {
		t.Errorf("%s left, %t", left, ok)
	}
	m.add(start.Add(time.Hour), s)
	m.add(start.Add(time.Hour+window), s)
	if left, ok := m.left(); ok {
		t.Errorf("nothing moves, and %s are left", left)
	}
}

// A line of progress at each tick, none while there is nothing to tell, and none when
// the run is over.
func TestLogProgress(t *testing.T) {
	var output strings.Builder
	log := slog.New(slog.NewTextHandler(&output, nil)).With(slog.String("run", "x"))
	ticks, done, ended := make(chan time.Time), make(chan struct{}), make(chan struct{})
	snapshots := make(chan pipeline.Snapshot, 3)
	for _, units := range []int64{0, 2, 2} {
		snapshots <- pipeline.Snapshot{Units: units}
	}
	go func() {
		defer close(ended)
		logProgress(log, func() pipeline.Snapshot { return <-snapshots }, ticks, done)
	}()
	ticks <- time.Now().Add(5 * time.Second)
	ticks <- time.Now().Add(10 * time.Second)
	ticks <- time.Now().Add(20 * time.Second)
	close(done)
	<-ended
	lines := strings.Split(strings.TrimSpace(output.String()), "\n")
	const want = ` level=INFO msg=progress run=x listing=true units=2 units_listed=0 listed=0 already_done=0 finished=0 bytes_read=0 ` +
		`events=0 rows_added=0 quarantined=0 unreachable=0 log_files_per_second=0 bytes_per_second=0`
	if len(lines) != 2 || !strings.HasSuffix(lines[0], want) || !strings.HasSuffix(lines[1], want) {
		t.Errorf("it logged %q", lines)
	}
}
