package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"plantrail/pipeline"
)

// lastSuccess is the one metric that a failed run takes over from the file.
const lastSuccess = "plantrail_last_success_timestamp_seconds"

// metricsText returns what a run did as Prometheus text, for node_exporter's
// textfile collector. All are gauges: they speak of one run, and the next may
// have less to do. before is the file as the run before left it. Events are not
// told apart by name: a name is whatever the service comes up with.
func metricsText(r *pipeline.Report, ended time.Time, code int, before []byte) ([]byte, error) {
	quarantined := map[string]bool{}
	for _, q := range r.Quarantined {
		quarantined[q.Key] = true
	}
	m := metrics{}
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
		by("state", "quarantined", int64(len(quarantined))), by("state", "read", r.Read))
	m.add("plantrail_last_run_skipped_objects", "Objects that are no log files.", sample(float64(r.Skipped)))
	m.add("plantrail_last_run_unreachable", "Folders and log files that the store did not give.", sample(float64(len(r.Unreachable))))
	m.add("plantrail_last_run_read_bytes", "Bytes of log files as delivered.", sample(float64(r.BytesRead)))
	m.add("plantrail_last_run_inflated_bytes", "Bytes of log files as JSON.", sample(float64(r.BytesInflated)))
	m.add("plantrail_last_run_events", "Events kept, copies included.", sample(float64(r.Events)))
	m.add("plantrail_last_run_rows_added", "Rows new in the table.", sample(float64(r.RowsAdded)))
	m.add("plantrail_last_run_duplicates", "Copies of events of which another was kept.", sample(float64(r.Duplicates)))
	m.add("plantrail_last_run_partitions_written", "Files of the table replaced.", sample(float64(r.PartitionsWritten)))
	m.add("plantrail_last_run_requests", "Requests as sent, retries included.",
		by("kind", "get", r.Requests.Get), by("kind", "head", r.Requests.Head), by("kind", "list", r.Requests.List), by("kind", "put", r.Requests.Put))
	return m.text()
}

// successOf finds in a file of metrics when a run last succeeded. A file that
// is not there, or of another kind, does not say.
func successOf(text []byte) (float64, bool) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil || families[lastSuccess] == nil {
		return 0, false
	}
	for _, metric := range families[lastSuccess].GetMetric() {
		return metric.GetGauge().GetValue(), metric.GetGauge() != nil
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
	text, err := metricsText(report, time.Now(), code, before)
	if err != nil {
		return fmt.Errorf("write %s: %w", out.flag, err)
	}
	return out.write(text)
}

// metrics are gauges by name.
type metrics []*dto.MetricFamily

func (m *metrics) add(name, help string, samples ...*dto.Metric) {
	*m = append(*m, &dto.MetricFamily{Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum(), Metric: samples})
}

func (m *metrics) text() ([]byte, error) {
	var text bytes.Buffer
	for _, family := range *m {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// sample returns a value with labels, a name and a value each.
func sample(value float64, labels ...string) *dto.Metric {
	m := &dto.Metric{Gauge: &dto.Gauge{Value: &value}}
	for label := range slices.Chunk(labels, 2) {
		m.Label = append(m.Label, &dto.LabelPair{Name: &label[0], Value: &label[1]})
	}
	return m
}

func by(label, which string, n int64) *dto.Metric { return sample(float64(n), label, which) }

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
