package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"plantrail/pipeline"
	"plantrail/pipeline/digest"
)

// errAltered says that something is not what CloudTrail signed.
var errAltered = errors.New("not what was signed")

// verifyCommand is plantrail verify.
type verifyCommand struct {
	selectFlags
	PublicKeys  []string `help:"A file of public keys, as aws cloudtrail list-public-keys and plantrail keys write it. Repeatable. Default: CloudTrail is asked." placeholder:"FILE" sep:"none"`
	Workers     number   `help:"Log files hashed at once (default: one per core)." placeholder:"N" default:"${workers}"`
	Memory      size     `help:"Bound on bytes between reading and hashing (default ${default})." placeholder:"SIZE" default:"256MiB"`
	JSON        bool     `help:"Print the result as JSON."`
	Report      string   `help:"Write the same JSON to this file." placeholder:"FILE"`
	Certificate string   `help:"Write a certificate of what is proven to this file, as JSON: of all hours from --from to --to, with each plan change in them. Refused if anything of that is not proven." placeholder:"FILE"`
	Metrics     string   `help:"Write counts to this file as Prometheus text: NAME.prom in node_exporter's textfile directory." placeholder:"FILE"`
}

// Help is shown by plantrail verify --help.
func (verifyCommand) Help() string {
	return `Checks log files against the digests that CloudTrail signs every hour: that the digests are CloudTrail's and without a gap, and that each log file is there and unaltered. Names what is altered, missing, or named by no digest, and which hours are proven. With --table, compares each row with what its log file says. Writes nothing to the sources or the table.

Example:

  plantrail verify --source s3://my-trail --from 7d --to yesterday

Exit codes: 0 all of it is proven. 1 could not run, or gave up. 2 wrong usage. 3 finished, but something is not proven or could not be reached; each is named. 4 something is not what was signed. 130 interrupted.`
}

// Run carries out the command.
func (v *verifyCommand) Run(ctx context.Context, voice *voice) error {
	c, err := v.config(voice)
	if err != nil {
		return err
	}
	c.Workers, c.Memory = int(v.Workers), int64(v.Memory)
	keys, err := readKeys(v.PublicKeys)
	if err != nil {
		return err
	}
	config := pipeline.VerifyConfig{Config: c, PublicKeys: keys, BoundedFrom: v.From != "", BoundedTo: v.To != "", Changes: v.Certificate != ""}
	if v.Certificate != "" && (v.From == "" || v.To == "") {
		return usage(errors.New("--certificate is of a span of days: name it with --from and --to"))
	}
	if err := usage(config.Check()); err != nil {
		return err
	}
	outs := []output{{flag: "--report", name: v.Report}, {flag: "--certificate", name: v.Certificate}, {flag: "--metrics", name: v.Metrics, public: true}}
	for _, out := range outs {
		if err := out.check(); err != nil {
			return err
		}
	}
	stop := v.watch(ctx, &config.Config, voice, slog.String("run", c.RunID))
	report, err := pipeline.Verify(ctx, config)
	stop()
	if err != nil {
		return cmp.Or(v.writeMetrics(&pipeline.VerifyReport{}, exitCode(ctx, err)), err)
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if v.JSON {
		_, err = os.Stdout.Write(append(text, '\n'))
	} else {
		err = printVerified(os.Stdout, report, summary{report: v.Report, width: terminalColumns(os.Stdout)})
	}
	if v.Report != "" {
		err = errors.Join(err, outs[0].write(append(text, '\n')))
	}
	if v.Certificate != "" {
		err = errors.Join(err, certify(report, &config, outs[1]))
	}
	outcome := outcomeOf(report)
	if voice.json {
		logVerified(voice.log, report, err == nil && outcome == nil)
	}
	if errors.Is(err, pipeline.ErrNoCertificate) && outcome != nil {
		voice.fail(err, 0)
		err = nil // the exit code says more
	}
	return cmp.Or(errors.Join(err, v.writeMetrics(report, exitCode(ctx, outcome))), outcome)
}

// logVerified says in one line of the log what a person reads on standard output: an
// alarm on it needs no more than the log.
func logVerified(log *slog.Logger, r *pipeline.VerifyReport, proven bool) {
	d, f := r.Digests, r.LogFiles
	attrs := []any{
		slog.Bool("proven", proven), slog.Int("units", len(r.Units)), slog.Int("gaps", len(r.Gaps)), slog.Int("unreachable", len(r.Unreachable)),
		slog.Int("digests", d.Verified), slog.Int("digests_altered", d.Altered), slog.Int("digests_missing", d.Missing), slog.Int("digests_unproven", d.Unproven+d.Unreadable),
		slog.Int("log_files", f.Verified), slog.Int("log_files_altered", f.Altered), slog.Int("log_files_missing", f.Missing), slog.Int("log_files_unlisted", f.Unlisted),
		slog.Int("log_files_unproven", f.Unproven+f.Unreadable),
	}
	if t := r.Table; t != nil {
		attrs = append(attrs, slog.Int("rows", t.Verified), slog.Int("rows_missing", t.Missing), slog.Int("rows_extra", t.Extra), slog.Int("rows_different", t.Different))
	}
	log.Info("verified", attrs...)
}

// certify writes the certificate, or says why there is none.
func certify(report *pipeline.VerifyReport, c *pipeline.VerifyConfig, out output) error {
	certificate, err := report.Certify(c)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(certificate, "", "  ")
	if err != nil {
		return err
	}
	return out.write(append(text, '\n'))
}

// outcomeOf returns how verification ended.
func outcomeOf(r *pipeline.VerifyReport) error {
	switch altered, unproven := r.Worst(); {
	case altered, r.Table != nil && r.Table.Altered():
		return errAltered
	case unproven, len(r.Units) == 0 && r.Selection.Shard == "": // a misspelled account proves nothing
		return errIncomplete
	}
	return nil
}

// readKeys reads files of public keys.
func readKeys(names []string) ([]digest.Key, error) {
	var all []digest.Key
	for _, name := range names {
		text, err := readAll(name)
		if err != nil {
			return nil, fmt.Errorf("--public-keys %w", err)
		}
		keys, err := digest.ReadKeys(text)
		if err != nil {
			return nil, fmt.Errorf("--public-keys %s: %w", name, err)
		}
		all = append(all, keys...)
	}
	if len(names) > 0 && len(all) == 0 {
		return nil, fmt.Errorf("--public-keys: no key in %q", names)
	}
	return all, nil
}
