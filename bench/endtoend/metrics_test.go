package endtoend_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"plantrail/bench/soak"
)

// Prometheus's own linter finds nothing in the names, help texts and types of a run
// that succeeds and of one that does not, and its parser reads what the report says.
func TestMetrics(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.prom")
	for account, exit := range map[string]int{"111122223333": 0, "444455556666": 3} {
		outcome := start(t, soak.Job{Source: sample, Table: t.TempDir(), Flags: []string{"--account", account, "--metrics", file}})
		if outcome.Exit != exit {
			t.Fatalf("exit code %d: %s", outcome.Exit, outcome.Said)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		problems, err := promlint.New(bytes.NewReader(text)).Lint()
		if err != nil || len(problems) > 0 {
			t.Errorf("%v %+v\n%s", err, problems, text)
		}
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		r := outcome.Report
		for name, want := range map[string]float64{
			"plantrail_build_info":                  1,
			"plantrail_last_run_exit_code":          float64(exit),
			"plantrail_last_run_duration_seconds":   r.ElapsedSeconds,
			"plantrail_last_run_events":             float64(r.Events),
			"plantrail_last_run_rows_added":         float64(r.RowsAdded),
			"plantrail_last_run_duplicates":         float64(r.Duplicates),
			"plantrail_last_run_changes":            float64(r.Changes),
			"plantrail_last_run_differing":          float64(r.Differing),
			"plantrail_last_run_read_bytes":         float64(r.BytesRead),
			"plantrail_last_run_unreachable":        float64(len(r.Unreachable)),
			"plantrail_last_run_partitions_written": float64(r.PartitionsWritten),
		} {
			if family := families[name]; len(family.GetMetric()) != 1 || family.GetMetric()[0].GetGauge().GetValue() != want {
				t.Errorf("%s is %v, want %v", name, family, want)
			}
		}
		labels := map[string]float64{}
		for _, m := range families["plantrail_last_run_log_files"].GetMetric() {
			labels[m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
		}
		if len(labels) != 6 || labels["known_bad"] != 0 || labels["read"] != float64(r.Read) || labels["quarantined"] != float64(len(r.Quarantined)) {
			t.Errorf("log files %v, want those of %+v", labels, r)
		}
		if families["plantrail_last_success_timestamp_seconds"] == nil && exit == 0 {
			t.Errorf("no last success:\n%s", text)
		}
	}
}
