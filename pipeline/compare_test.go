package pipeline_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

func planChange(hour int, level string) []byte {
	return fmt.Appendf(nil, `{"Records":[{"eventVersion":"1.08","eventTime":%q,"eventSource":"supportplans.amazonaws.com","eventName":"StartSupportPlanUpdate",`+
		`"eventID":"id-%d","recipientAccountId":"111122223333","awsRegion":"us-west-2","readOnly":false,"requestParameters":{"update":{"supportLevel":%q}},`+
		`"resources":[],"userIdentity":{"type":"Root","accountId":"111122223333"}}]}`, signedFrom.Add(time.Duration(hour)*time.Hour).Format(time.RFC3339), hour, level)
}

// planTrail is a trail of two days with a plan change in every hour, each in a log file of
// its own, whose paths are returned in order.
func planTrail(t *testing.T) (dir string, files []string) {
	objects := digesttest.Bucket{}
	signed := signedTrail(objects, 1, 0)
	for hour := range 48 {
		file := signed.LogFile(planChange(hour, "BASIC"))
		files = append(files, file.S3Object)
		signed.Digest(nil, file)
	}
	deliver(signed, 2, 0) // for the copy's newest digest
	return writeBucket(t, objects), files
}

// The table is compared with the log files row by row.
func TestVerifyTable(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const hours = 48
	for name, test := range map[string]struct {
		before, after func(dir string, files []string) // what is done before and after the table is written
		to            trail.Day                        // of the run
		want          pipeline.TableReport
		unread        int
		altered       bool
	}{
		"equal": {want: pipeline.TableReport{Verified: hours}},
		"another level": {
			before:  func(dir string, files []string) { overwrite(dir, files[5], planChange(5, "BUSINESS")) },
			after:   func(dir string, files []string) { overwrite(dir, files[5], planChange(5, "BASIC")) },
			want:    pipeline.TableReport{Verified: hours - 1, Different: 1},
			altered: true,
		},
		"an event less and another more": {
			before:  func(dir string, files []string) { overwrite(dir, files[5], planChange(500, "BASIC")) },
			after:   func(dir string, files []string) { overwrite(dir, files[5], planChange(5, "BASIC")) },
			want:    pipeline.TableReport{Verified: hours - 1, Missing: 1, Extra: 1},
			altered: true,
		},
		"a log file altered since": {
			after:   func(dir string, files []string) { overwrite(dir, files[7], []byte(`{"Records":[]}`)) },
			want:    pipeline.TableReport{Verified: hours - 1, Extra: 1},
			altered: true,
		},
		"a log file that no digest names": {
			before: func(dir string, files []string) {
				overwrite(dir, strings.Replace(files[7], ".json", "x.json", 1), planChange(900, "BASIC"))
			},
			want:    pipeline.TableReport{Verified: hours, Extra: 1},
			altered: true,
		},
		"a day not read": {to: trail.DayOf(signedFrom), want: pipeline.TableReport{Verified: 22}, unread: 1},
		"no digest at all": {
			after: func(dir string, _ []string) {
				os.RemoveAll(filepath.Join(dir, "AWSLogs/111122223333/CloudTrail-Digest"))
			},
			want: pipeline.TableReport{Unproven: hours},
		},
		"expired": {
			after: func(dir string, _ []string) {
				for _, folder := range []string{"CloudTrail", "CloudTrail-Digest"} {
					os.RemoveAll(filepath.Join(dir, "AWSLogs/111122223333", folder, "us-west-2/2026/11/01"))
				}
			},
			want: pipeline.TableReport{Verified: hours - 22, Expired: 22},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, files := planTrail(t)
			if test.before != nil {
				test.before(dir, files)
			}
			run := pipeline.DefaultConfig()
			source, err := store.ParseURL(dir)
			if err != nil {
				t.Fatal(err)
			}
			where, err := store.ParseURL(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			run.Sources, run.Table, run.Log = []store.URL{source}, where, slog.New(slog.DiscardHandler)
			if test.to > 0 {
				run.Selection.To = test.to
			}
			if _, err := pipeline.Run(t.Context(), run); err != nil {
				t.Fatal(err)
			}
			if test.after != nil {
				test.after(dir, files)
			}
			got := verifyDir(t, dir, func(c *pipeline.VerifyConfig) { c.Table = where }).Table
			if len(got.Unread) != test.unread || got.Altered() != test.altered || len(got.Findings) != got.Missing+got.Extra+got.Different {
				t.Errorf("unread %v, altered %t, findings %v", got.Unread, got.Altered(), got.Findings)
			}
			if len(got.Files) == 0 || len(got.Files[0].SHA256) != 64 || !strings.HasPrefix(got.Files[0].Key, where.String()) {
				t.Errorf("files %v", got.Files)
			}
			findings := got.Findings
			got.Unread, got.Findings, got.Files = nil, nil, nil
			if fmt.Sprint(*got) != fmt.Sprint(test.want) {
				t.Errorf("%+v\nwant %+v\n%v", *got, test.want, findings)
			}
		})
	}
}

func overwrite(dir, key string, raw []byte) {
	if err := os.WriteFile(filepath.Join(dir, key), digesttest.Gzip(raw), 0o600); err != nil {
		panic(err)
	}
}
