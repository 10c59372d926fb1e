package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"plantrail/pipeline"
)

// lastSuccess is the one metric that a failed run takes over from the file.
const lastSuccess = "plantrail_last_success_timestamp_seconds"

// metricsText returns what a run did as Prometheus text, for node_exporter's
// textfile collector. All are gauges: they speak of one run, and the next may
// have less to do. before is the file as the run before left it. Events are not
// told apart by name: a name is whatever the service comes up with.
func metricsText(r *pipeline.Report, ended time.Time, code int, before []byte) []byte {
	quarantined := map[string]bool{}
	for _, q := range r.Quarantined {
		quarantined[q.Key] = true
	}
	var m metrics
	m.add("plantrail_build_info", "The program that ran; always 1.",
		sample(1, "version", r.Version, "goversion", runtime.Version()))
	m.add("plantrail_last_run_timestamp_seconds", "When the last run ended.", sample(seconds(ended)))
	if success, ok := successOf(before); code == 0 || ok {
		if code == 0 {
			success = seconds(ended)
		}
		m.add(lastSuccess, "When the last run ended that reached and read everything selected (exit code 0).", sample(success))
	}
	m.add("plantrail_last_run_duration_seconds", "How long the last run took.", sample(r.ElapsedSeconds))
	m.add("plantrail_last_run_exit_code", "Exit code of the last run: 0 all done, 1 failed, 3 incomplete, 130 interrupted.", sample(float64(code)))
	m.add("plantrail_last_run_log_files", "Log files of the last run by what became of them. Listed ones are already done, read or unreachable; read ones may be matched or quarantined too.",
		by("state", "already_done", r.AlreadyDone), by("state", "listed", r.Listed), by("state", "matched", r.Matched),
		by("state", "known_bad", int64(countKeys(r.KnownBad))), by("state", "quarantined", int64(len(quarantined))), by("state", "read", r.Read))
	m.add("plantrail_last_run_skipped_objects", "Objects that are no log files.", sample(float64(r.Skipped)))
	m.add("plantrail_last_run_foreign_records", "What exports hold beside CloudTrail records.", sample(float64(r.Foreign)))
	m.add("plantrail_last_run_empty_exports", "Exports that hold no record and say so.", sample(float64(r.Empty)))
	m.add("plantrail_last_run_unreachable", "Folders and log files that the store did not give.", sample(float64(len(r.Unreachable))))
	m.add("plantrail_last_run_known_bad_over", "Log files that are named as known to be bad, and are not.", sample(float64(len(r.KnownBadOver))))
	m.add("plantrail_last_run_read_bytes", "Bytes of log files as delivered.", sample(float64(r.BytesRead)))
	m.add("plantrail_last_run_inflated_bytes", "Bytes of log files as JSON.", sample(float64(r.BytesInflated)))
	m.add("plantrail_last_run_events", "Events kept, copies included.", sample(float64(r.Events)))
	m.add("plantrail_last_run_rows_added", "Rows new in the table.", sample(float64(r.RowsAdded)))
	m.add("plantrail_last_run_changes", "Plan changes among the rows added, and those of an earlier run that only this one has told.", sample(float64(r.Changes+r.ChangesRecovered)))
	m.add("plantrail_last_run_duplicates", "Copies of events of which another was kept.", sample(float64(r.Duplicates)))
	m.add("plantrail_last_run_differing", "Duplicates that say something else than the copy beside them.", sample(float64(r.Differing)))
	m.add("plantrail_last_run_partitions_written", "Files of the table replaced.", sample(float64(r.PartitionsWritten)))
	m.add("plantrail_last_run_requests", "Requests as sent, retries included.",
		by("kind", "get", r.Requests.Get), by("kind", "head", r.Requests.Head), by("kind", "list", r.Requests.List), by("kind", "lookup", r.Requests.Lookup), by("kind", "put", r.Requests.Put))
	return m.Bytes()
}

// countKeys returns how many log files there are among failures.
func countKeys(failures []pipeline.KnownBad) int {
	keys := map[string]bool{}
	for _, f := range failures {
		keys[f.Key] = true
	}
	return len(keys)
}

// successOf finds in a file of metrics when a run last succeeded. A file that
// is not there, or of another kind, does not say.
func successOf(text []byte) (float64, bool) {
	for line := range bytes.Lines(text) {
		value, found := bytes.CutPrefix(line, []byte(lastSuccess+" "))
		if !found {
			continue
		}
		at, err := strconv.ParseFloat(string(bytes.TrimSpace(value)), 64)
		return at, err == nil && !math.IsNaN(at) && !math.IsInf(at, 0)
	}
	return 0, false
}

// writeMetrics replaces the file of metrics.
func (r *runCommand) writeMetrics(report *pipeline.Report, code int) error {
	out := r.metrics()
	if out.name == "" {
		return nil
	}
	var before []byte
	if info, err := os.Stat(out.name); err == nil && info.Mode().IsRegular() {
		if before, err = os.ReadFile(out.name); err != nil {
			return fmt.Errorf("read %s: %w", out.flag, err)
		}
	}
	return out.write(metricsText(report, time.Now(), code, before))
}

// metrics are gauges in the text format of Prometheus, one after the other.
type metrics struct{ bytes.Buffer }

// add adds a gauge of one or more values. help is a line without a backslash.
func (m *metrics) add(name, help string, samples ...gauge) {
	m.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n")
	for _, s := range samples {
		m.WriteString(name + s.labels + " " + strconv.FormatFloat(s.value, 'f', -1, 64) + "\n")
	}
}

// A gauge is a value, and the labels that tell it from others of its name.
type gauge struct {
	labels string // as written, in braces
	value  float64
}

// sample returns a value with labels, a name and a value each.
func sample(value float64, labels ...string) gauge {
	var pairs []string
	for label := range slices.Chunk(labels, 2) {
		// A byte that is not UTF-8 would make the whole file unreadable.
		text := strings.ToValidUTF8(label[1], "\ufffd")
		pairs = append(pairs, label[0]+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text)+`"`)
	}
	if len(pairs) == 0 {
		return gauge{value: value}
	}
	return gauge{labels: "{" + strings.Join(pairs, ",") + "}", value: value}
}

func by(label, which string, n int64) gauge { return sample(float64(n), label, which) }

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
