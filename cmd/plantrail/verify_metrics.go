package main

import (
	"time"

	"plantrail/pipeline"
)

// verifyMetrics returns what was verified as Prometheus text.
func verifyMetrics(r *pipeline.VerifyReport, ended time.Time, code int) []byte {
	var m metrics
	m.add("plantrail_verify_last_run_timestamp_seconds", "When the last verification ended.", sample(seconds(ended)))
	m.add("plantrail_verify_last_run_duration_seconds", "How long it took.", sample(r.ElapsedSeconds))
	m.add("plantrail_verify_last_run_exit_code", "Its exit code: 0 all proven, 1 failed, 3 something is not proven, 4 something is not what was signed, 130 interrupted.",
		sample(float64(code)))
	if r.Result == nil {
		return m.Bytes()
	}
	d, f := r.Digests, r.LogFiles
	m.add("plantrail_verify_last_run_digests", "Digests by verdict.",
		by("verdict", "altered", int64(d.Altered)), by("verdict", "missing", int64(d.Missing)), by("verdict", "unproven", int64(d.Unproven)),
		by("verdict", "unreadable", int64(d.Unreadable)), by("verdict", "verified", int64(d.Verified)))
	m.add("plantrail_verify_last_run_log_files", "Log files by verdict.",
		by("verdict", "altered", int64(f.Altered)), by("verdict", "missing", int64(f.Missing)), by("verdict", "unlisted", int64(f.Unlisted)),
		by("verdict", "unproven", int64(f.Unproven)), by("verdict", "unreadable", int64(f.Unreadable)), by("verdict", "verified", int64(f.Verified)))
	m.add("plantrail_verify_last_run_gaps", "Times of a trail without a proven digest.", sample(float64(len(r.Gaps))))
	early := int64(0)
	for _, c := range r.Chains {
		if c.EndsEarly {
			early++
		}
	}
	m.add("plantrail_verify_last_run_ended_chains", "Trails of an account and region whose newest digest is not of the last hours.", sample(float64(early)))
	m.add("plantrail_verify_last_run_unreachable", "Folders that the store did not give.", sample(float64(len(r.Unreachable))))
	return m.Bytes()
}

// writeMetrics replaces the file of metrics.
func (v *verifyCommand) writeMetrics(report *pipeline.VerifyReport, code int) error {
	if v.Metrics == "" {
		return nil
	}
	out := output{flag: "--metrics", name: v.Metrics, public: true}
	return out.write(verifyMetrics(report, time.Now(), code))
}
